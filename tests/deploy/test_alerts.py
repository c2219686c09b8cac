"""Every alert watches a metric that a real gateway gives, and names a page that helps."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.deploy.container import Container
from tests.deploy.prefix import ROOT

DEPLOY = ROOT / "deploy"
FILE = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text("utf-8"))
RULES: list[dict[str, Any]] = [rule for group in FILE["groups"] for rule in group["rules"]]
_OF_A_HISTOGRAM = ("_bucket", "_sum", "_count")


def metrics_in(page: str) -> set[str]:
    """Name every series that a page of metrics can give."""
    names = set()
    for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", page, re.MULTILINE):
        names |= {name + end for end in _OF_A_HISTOGRAM} if kind == "histogram" else {name}
    return names


def watched(expression: str) -> set[str]:
    """Name our metrics in an expression."""
    return set(re.findall(r"\bexchange_\w+", expression))


def test_every_metric_that_an_alert_watches_is_given_by_a_real_gateway(
    container: Container,
) -> None:
    given = metrics_in(container.site.operator("/metrics")[1])
    named = set().union(*(watched(rule["expr"]) for rule in RULES))
    assert len(named) >= 9
    assert named <= given
    assert not watched("exchange_message_parked > 0") <= given


def test_every_gauge_of_trouble_has_an_alert(container: Container) -> None:
    page = container.site.operator("/metrics")[1]
    gauges = set(re.findall(r"^# TYPE (\w+)(?<!_created) gauge$", page, re.MULTILINE))
    counts = {"exchange_log_unsealed_records", "exchange_retention_removed_rows"}
    named = set().union(*(watched(rule["expr"]) for rule in RULES))
    assert gauges - counts <= named


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert_says_what_is_wrong_how_bad_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert len(rule["annotations"]["summary"]) > 15
    assert (DEPLOY / rule["annotations"]["runbook"]).is_file()
    assert rule["expr"].count("(") == rule["expr"].count(")")
