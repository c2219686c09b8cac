"""The public application: version 1 of the API under ``/v1``, and problem documents elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from exchange.api import API_VERSION
from exchange.api.direct import PREFIX, Direct
from exchange.api.edge import Edge, let_go, report_fault, send_problem
from exchange.api.openapi import describe
from exchange.api.problems import problem
from exchange.api.refusals import recorded
from exchange.api.v1 import ROUTERS
from exchange.api.visit import Door
from exchange.errors import Code, ExchangeError, Fault, Invalid, Refused, Violation
from exchange.pipeline.refusals import RefusalBook
from exchange.telemetry.metrics import Metrics

_BY_STATUS = {404: Code.NIET_GEVONDEN, 405: Code.METHODE_NIET_TOEGESTAAN}


def build_app(
    door: Door, metrics: Metrics, console: ASGIApp | None = None, *, direct: bool = True
) -> ASGIApp:
    """Give the whole public application for one listener; ``console`` serves ``/console``.

    Without ``direct`` every call goes by FastAPI, and nobody should be able to tell.
    """
    v1 = FastAPI(
        title="Verzuim Exchange",
        version=API_VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    v1.state.refusals = RefusalBook(door.gateway)
    for router in ROUTERS:
        v1.include_router(router)
    v1.add_exception_handler(ExchangeError, _problem)
    v1.add_exception_handler(RequestValidationError, _invalid_parameters)
    v1.add_exception_handler(HTTPException, _http_problem)
    v1.add_exception_handler(Exception, _unforeseen)
    describe(v1)
    ways = Direct(v1, ROUTERS if direct else (), _problem, _unforeseen)
    return Edge(_Mount(door, v1, ways, console), metrics)


class _Mount:
    """Sends ``/v1/...`` to the API and ``/console...`` to the console; no other path is found."""

    def __init__(self, door: Door, v1: FastAPI, direct: Direct, console: ASGIApp | None) -> None:
        self._door = door
        self._v1 = v1
        self._direct = direct
        self._console = console

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        scope["state"]["door"] = self._door
        if not path.isprintable():  # a route's pattern overlooks a line end behind the path
            await self._not_found(scope, send)
        elif found := self._direct.way(scope):
            await self._direct.go(found, scope, receive, send)
        elif path.startswith(f"{PREFIX}/"):
            await self._v1({**scope, "root_path": PREFIX}, receive, send)
        elif self._console is not None and f"{path}/".startswith("/console/"):
            await self._console(scope, receive, send)
        else:
            await self._not_found(scope, send)

    async def _not_found(self, scope: Scope, send: Send) -> None:
        await send_problem(Refused(Code.NIET_GEVONDEN), scope["state"]["trace"], send)


async def _problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, ExchangeError):
        raise error
    if isinstance(error, Fault):
        report_fault(error, request.state.trace)
    told = await recorded(request, error)
    for one in (error, told):
        let_go(one)
    return _answer(request, told)


def _answer(request: Request, error: ExchangeError) -> Response:
    status, headers, body = problem(error, request.state.trace)
    return Response(body, status, headers)


async def _invalid_parameters(request: Request, error: Exception) -> Response:
    """Name each wrong parameter by pointer and code; FastAPI's own answer would echo its value."""
    if not isinstance(error, RequestValidationError):
        raise error
    faults = [
        Violation(f"/{item['loc'][-1]}", _parameter_code(item), "Deze parameter is ongeldig.")
        for item in error.errors()
    ]
    return await _problem(request, Invalid(faults))


async def _http_problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code = _BY_STATUS.get(error.status_code, Code.ONGELDIGE_JSON)
    response = _answer(request, Refused(code))
    if code is Code.METHODE_NIET_TOEGESTAAN:
        response.headers["allow"] = ", ".join(sorted(_allowed(request)))
    return response


async def _unforeseen(request: Request, error: Exception) -> Response:
    """Answer 500 as a problem document; Starlette raises on, so that the edge reports the error."""
    fault = Fault(type(error).__name__)
    if isinstance(error, ClientDisconnect):
        return _answer(request, fault)  # nobody is left to hear it, and nothing was judged
    return _answer(request, await recorded(request, fault))


def _allowed(request: Request) -> Iterable[str]:
    """Collect the methods of every route on this path; Starlette names only the first one's."""
    methods: set[str] = set()
    for route in (route for router in ROUTERS for route in router.routes):
        match, _ = route.matches(request.scope)
        if match is not Match.NONE and isinstance(route, Route):
            methods |= route.methods or set()
    return methods | ({"HEAD"} if "GET" in methods else set())


def _parameter_code(item: dict[str, Any]) -> Code:
    try:
        return Code(item["type"])
    except ValueError:
        return Code.VERPLICHT_VELD if item["type"] == "missing" else Code.WAARDE_ONGELDIG
