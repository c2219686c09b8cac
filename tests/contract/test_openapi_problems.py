"""Every problem that the description tells is a real one, and every code is told somewhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exchange.api.problems import problem, status_of
from exchange.errors import Code, Invalid, Refused, Violation
from tests.described import PROBLEM, Description
from tests.generate import openapi
from tests.pure import TRACE

DOCUMENT = openapi()
CHECK = Description(DOCUMENT)
SCHEMA = {"$ref": "#/components/schemas/Probleem"}


def told() -> dict[tuple[str, str, str], dict[str, Any]]:
    """Give every example of a problem, by operation, status and name."""
    return {
        (operation["operationId"], status, name): CHECK.resolved(example)["value"]
        for item in DOCUMENT["paths"].values()
        for operation in item.values()
        for status, answer in operation["responses"].items()
        if status >= "400"
        for name, example in CHECK.resolved(answer)["content"][PROBLEM]["examples"].items()
    }


TOLD = told()


@pytest.mark.parametrize("code", list(Code))
def test_a_real_problem_is_as_described(code: Code) -> None:
    for error in (
        Refused(code, berichtId="01a1f3c2-5b00-7c3e-9d41-3f6a8e2b7c90", reden="stays inside"),
        Invalid([Violation("/pgn", code, "Dit is het."), Violation("", code, "En dit.")]),
    ):
        status, headers, body = problem(error, TRACE)
        document = json.loads(body)
        assert CHECK.fault(SCHEMA, document) is None
        assert document["status"] == status
        assert headers["content-type"] == "application/problem+json"
        assert "stays inside" not in body.decode()


def test_the_description_of_a_problem_refuses_something() -> None:
    status, _, body = problem(Refused(Code.NIET_GEVONDEN), TRACE)
    document = json.loads(body)
    for name in document:
        assert CHECK.fault(SCHEMA, {k: v for k, v in document.items() if k != name})
    assert CHECK.fault(SCHEMA, {**document, "status": str(status)})
    assert CHECK.fault(SCHEMA, {**document, "waarde": "999990019"})


def test_every_code_is_told_by_some_operation() -> None:
    """But for 405, which is no operation's own: it is told once, beside them."""
    codes = {example["code"] for example in TOLD.values()}
    assert set(Code) - codes == {Code.METHODE_NIET_TOEGESTAAN}
    aside = DOCUMENT["components"]["responses"]["MethodeNietToegestaan"]
    assert "Allow" in aside["headers"]
    assert "`methode-niet-toegestaan`" in DOCUMENT["info"]["description"]


def test_every_example_of_a_problem_has_the_status_under_which_it_stands() -> None:
    assert len(TOLD) > 300
    for (operation, status, name), example in TOLD.items():
        assert example["status"] == int(status), (operation, name)
        of_a_line = name.startswith("regel-")
        assert example["code"] == name.removeprefix("regel-")
        assert of_a_line or status_of(Code(example["code"])) == int(status)


def test_only_a_delivery_of_many_lines_is_refused_for_a_line() -> None:
    found = {operation for operation, _, name in TOLD if name.startswith("regel-")}
    assert found == {"postVerzuimregistraties"}


def test_whatever_takes_input_can_say_that_it_is_wrong() -> None:
    for path, item in DOCUMENT["paths"].items():
        for operation in item.values():
            takes = "requestBody" in operation or "parameters" in operation
            assert ("400" in operation["responses"]) == takes, path
            if "requestBody" in operation:
                assert {"413", "415"} <= set(operation["responses"]), path


def test_what_asks_who_calls_can_refuse_the_caller() -> None:
    for item in DOCUMENT["paths"].values():
        for operation in item.values():
            answers = set(operation["responses"])
            assert {"406", "500"} <= answers
            if "401" in answers:
                assert {"429", "503"} <= answers
