"""Every route asks who calls, or stands on the short list of what is published."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from fastapi import APIRouter, Depends
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from exchange.api.queries import SEARCH
from exchange.api.v1 import ROUTERS
from exchange.api.visit import (
    anyone,
    collecting,
    connected,
    counted,
    inspecting,
    looking,
    officer,
    school_side,
)
from exchange.policy.parties import Role

API = Path(__file__).resolve().parents[2] / "exchange" / "api"
PUBLIC = {
    ("GET", "/openapi.json"),
    ("GET", "/sleutels"),
    ("GET", "/codelijsten"),
    ("GET", "/noodzaak"),
    ("GET", "/logboek/checkpoint"),
    ("GET", "/logboek/consistentie"),
    ("GET", "/logboek/tile/{niveau}/{tegel:path}"),
    ("POST", "/logboek/cosignatures"),  # only a registered witness's own signature is kept
    ("GET", "/verwerkingsactiviteiten"),
    ("GET", "/verwerkingsactiviteiten/{activiteit}/{versie}"),
}
"""What anybody may read without a certificate; a new line here is a decision."""

GUARDS = {
    *(connected.__qualname__, school_side.__qualname__, inspecting.__qualname__),
    collecting(Role.OCW).__qualname__,
    *(looking.__qualname__, officer.__qualname__),
}


def test_every_route_is_guarded_or_public_by_decision() -> None:
    assert set(unguarded(ROUTERS)) == PUBLIC


def test_an_unlisted_route_without_a_guard_would_be_found() -> None:
    forgotten = APIRouter()

    @forgotten.get("/geheim", dependencies=[Depends(anyone)])
    def _geheim() -> None: ...

    @forgotten.post("/bewaakt", dependencies=[Depends(connected)])
    def _bewaakt() -> None: ...

    assert set(unguarded([forgotten])) == {("GET", "/geheim")}


def test_every_route_counts_against_the_callers_quota_or_is_public_by_decision() -> None:
    assert set(uncounted(ROUTERS)) == PUBLIC


def test_an_unlisted_route_that_counts_nothing_would_be_found() -> None:
    forgotten = APIRouter()

    @forgotten.get("/gratis", dependencies=[Depends(anyone)])
    def _gratis() -> None: ...

    @forgotten.post("/geteld", dependencies=[Depends(connected)])
    def _geteld() -> None: ...

    assert set(uncounted([forgotten])) == {("GET", "/gratis")}


def test_a_caller_is_named_in_one_place_and_counted_there() -> None:
    naming = [
        f"{path.stem}.{function.name}"
        for path in sorted(API.rglob("*.py"))
        for function in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        if any(isinstance(n, ast.Name) and n.id == "identify" for n in ast.walk(function))
    ]
    assert naming == [f"visit.{counted.__name__}"]


def test_a_path_is_in_kebab_case_and_ends_without_a_slash() -> None:
    for _, path in routes(ROUTERS):
        for part in path.strip("/").split("/"):
            assert part.startswith("{") or part == part.lower(), path
        assert not path.endswith("/")
        assert "_" not in path.replace("{berichtId}", "").removesuffix(SEARCH)


def routes(routers: Iterable[APIRouter]) -> Iterator[tuple[APIRoute, str]]:
    """Give every route with its path below ``/v1``."""
    for router in routers:
        for route in router.routes:
            assert isinstance(route, APIRoute), "a mount or websocket would pass unseen"
            yield route, route.path


def unguarded(routers: Iterable[APIRouter]) -> Iterator[tuple[str, str]]:
    """Give method and path of every route that admits just anybody."""
    for route, path in routes(routers):
        if GUARDS.isdisjoint(_asked(route.dependant)):
            yield from ((method, path) for method in route.methods or ())


def uncounted(routers: Iterable[APIRouter]) -> Iterator[tuple[str, str]]:
    """Give method and path of every route that passes the books by."""
    for route, path in routes(routers):
        if counted.__qualname__ not in _asked(route.dependant):
            yield from ((method, path) for method in route.methods or ())


def _asked(dependant: Dependant) -> Iterator[str]:
    yield getattr(dependant.call, "__qualname__", "")
    for below in dependant.dependencies:
        yield from _asked(below)
