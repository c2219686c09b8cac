"""Judges a route: every caller, every place, and all that is refused once more for its owner."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.integration.api.world import World
from tests.privacy.territory import CALLERS, NOORD, PLACES, ROUTES, Call, Place, verdict

DOCUMENT = Path(__file__).resolve().parents[2] / "openapi" / "openapi.json"
METHODS = {"get", "put", "post", "delete", "patch"}
STATUS = {
    "niet-aangemeld": 401,
    "geen-recht": 403,
    "geen-mandaat": 403,
    "onbekende-vestiging": 403,
    "niet-gevonden": 404,
}
"""The refusals of this matrix; anything else is a wrong verdict, whatever was expected."""

Operation = tuple[str, str]
Ask = Callable[[Call, str | None], Awaitable[httpx.Response]]
Verdict = Callable[[Operation, str | None, Place], str | None]


@dataclass(frozen=True)
class Cell:
    """One caller at one route about one place: what it should hear and what it heard.

    The caller ``TWIN`` is whoever may make the very request that the others were refused.
    """

    operation: Operation
    caller: str | None
    place: Place
    expected: str | None
    heard: str | None


TWIN = "twin"


def operations() -> Iterator[tuple[Operation, bool]]:
    """Give every operation of the document that is published, and whether it takes ``namens``."""
    document = json.loads(DOCUMENT.read_text("utf-8"))
    for path, item in document["paths"].items():
        for method in METHODS & set(item):
            given = [*item.get("parameters", ()), *item[method].get("parameters", ())]
            named = {_parameter(document, one)["name"] for one in given}
            yield (method.upper(), path), "namens" in named


def callers(operation: Operation) -> tuple[str | None, ...]:
    """Give who calls an operation; who names a principal only where that can be done."""
    takes_namens = OPERATIONS[operation]
    return tuple(name for name in CALLERS if takes_namens or ">" not in (name or ""))


def cells() -> Iterator[tuple[Operation, str | None, Place]]:
    """Give every cell of the matrix."""
    for operation in OPERATIONS:
        for place in PLACES:
            for caller in callers(operation):
                yield operation, caller, place


async def judge(
    world: World, operation: Operation, ask: Ask, verdict: Verdict = verdict
) -> list[Cell]:
    """Give every cell of an operation as it was heard.

    All who must be refused try one and the same request; afterwards its rightful caller makes it.
    So it was the caller that was refused, and refusing left nothing behind.
    """
    found = []
    for place in PLACES:
        shared = await ROUTES[operation].make(world, place)
        refused = False
        for caller in callers(operation):
            expected = verdict(operation, caller, place)
            refused = refused or expected is not None
            call = shared if expected else await ROUTES[operation].make(world, place)
            heard = code(await ask(call, caller))
            found.append(Cell(operation, caller, place, expected, heard))
        if refused:
            found.append(await _twin(world, operation, place, shared, ask))
    return found


def wrong(found: list[Cell]) -> list[Cell]:
    """Give the cells in which another thing was heard than should have been."""
    return [cell for cell in found if cell.heard != cell.expected]


def code(answer: httpx.Response) -> str | None:
    """Give the code of a refusal with its own status; None for 2xx; else what it was."""
    if answer.is_success:
        return None
    told: dict[str, Any] = {}
    if answer.headers.get("content-type") == "application/problem+json":
        told = answer.json()
    refused = str(told.get("code"))
    if STATUS.get(refused) == answer.status_code:
        return refused
    return f"{answer.status_code} {refused}"


async def _twin(world: World, operation: Operation, place: Place, shared: Call, ask: Ask) -> Cell:
    """Have the refused request made by whom it is for.

    Nobody is that for what does not exist: then it is made about what does.
    """
    owner = ROUTES[operation].owner(place)
    if owner is None:
        place = NOORD
        shared, owner = await ROUTES[operation].make(world, place), ROUTES[operation].owner(place)
    return Cell(operation, TWIN, place, None, code(await ask(shared, owner)))


def _parameter(document: Any, given: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401  JSON
    if "$ref" not in given:
        return given
    found: dict[str, Any] = document["components"]["parameters"][given["$ref"].rpartition("/")[2]]
    return found


OPERATIONS = dict(sorted(operations()))
"""Every operation of the document; true for one that takes ``namens``."""
