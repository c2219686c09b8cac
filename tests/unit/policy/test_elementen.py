"""Which elements a verzuimbeleid lacks on a day, and what stops the gateway."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from exchange.bootstrap.law import SCHEMAS, open_elementen
from exchange.errors import Fault
from exchange.policy.elementen import read_elementen
from exchange.policy.necessity import LegalStatus

TEXT = (SCHEMAS / "elementen.toml").read_text("utf-8")
SHIPPED = open_elementen()
FIRST = SHIPPED.lists[0]
LATER = """
[[lijst]]
geldig_vanaf = 2027-08-01
status = "geldend"
bron = "AMvB"
codes = ["SAMENWERKING", "NAZORG"]
"""


def test_names_what_is_missing_in_its_own_order() -> None:
    assert SHIPPED.missing((), FIRST.geldig_vanaf) == FIRST.codes
    assert SHIPPED.missing(FIRST.codes[:1], FIRST.geldig_vanaf) == FIRST.codes[1:]
    assert SHIPPED.missing((*FIRST.codes, "EIGEN"), FIRST.geldig_vanaf) == ()


def test_asks_nothing_of_a_policy_from_before_the_first_list() -> None:
    assert SHIPPED.missing((), FIRST.geldig_vanaf - timedelta(days=1)) == ()


def test_a_later_list_asks_from_its_date_and_not_a_day_before() -> None:
    both = read_elementen(TEXT + LATER)
    assert both.missing((), date(2027, 7, 31)) == FIRST.codes
    assert both.missing((), date(2027, 8, 1)) == ("SAMENWERKING", "NAZORG")
    assert both.lists[1].status is LegalStatus.GELDEND


def test_nothing_is_required_by_law_yet() -> None:
    """The complete list is not public: a list that says ``geldend`` would claim that it is."""
    assert {required.status for required in SHIPPED.lists} == {LegalStatus.VOORSTEL}
    assert all("36 663" in required.bron for required in SHIPPED.lists)


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "= geen toml",
        LATER + TEXT,
        TEXT + TEXT[TEXT.index("[[lijst]]") :],
        TEXT.replace("codes = [", "kodes = ["),
        TEXT.replace("2025-08-01", '"2025-08-01"'),
        TEXT.replace('status = "voorstel"', 'status = "misschien"'),
        TEXT.replace('status = "voorstel"\n', ""),
        TEXT.replace('bron = "36 663', 'bron = ""  # "'),
        TEXT.replace('"SAMENWERKING"', '"SIGNAALCRITERIA"'),
        TEXT.replace('"SAMENWERKING"', '"samenwerking"'),
        TEXT.replace("codes = [", "codes = [] # ["),
        TEXT + 'extra = "x"\n',
    ],
)
def test_stops_on_lists_that_are_not_whole(broken: str) -> None:
    assert broken != TEXT
    with pytest.raises(Fault):
        read_elementen(broken)
