"""What every record of the log must be, whoever wrote it: looked at when a world ends."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator

from exchange.accountability.record import Action
from exchange.errors import Code
from tests.integration.api.world import LogLine

_SCHEMA = Path(__file__).resolve().parents[3] / "schemas" / "logrecord" / "v1" / "schema.json"
VALIDATOR = Draft202012Validator(json.loads(_SCHEMA.read_text("utf-8")))
_ACTIONS = {action.value for action in Action}
_CODES = {code.value for code in Code}


def require_conforming(line: LogLine) -> None:
    """Hold one record against the published schema, the closed lists and the row it stands in."""
    document = line.document
    assert [error.message for error in VALIDATOR.iter_errors(document)] == [], document
    assert document["name"] in _ACTIONS
    assert document.get("code") in {None, *_CODES}
    assert document["end_time"] >= document["start_time"]
    assert document["attributes"]["dpl.core.processing_activity_id"] == line.activity
    assert document["uitkomst"] == line.outcome
    assert _children(line) >= len(line.links)  # which go before the record does, each in its year


def _children(line: LogLine) -> int:
    """Say of how many pupils the record itself tells: a child for each under one parent."""
    attributes = line.document["attributes"]
    alone = "dpl.core.data_subject_id" in attributes
    return int(attributes.get("aantal_betrokkenen", alone))
