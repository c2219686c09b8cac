"""The direct way to a route: its own functions in their own order, without FastAPI in between.

FastAPI tries a path against every route and solves every parameter anew, which costs more than all
that we do ourselves. A call without a query leaves little to solve: what its route asks, as FastAPI
itself read it at start, is asked in the same order with the same values. Any other call, and any
route that asks more than this, goes by FastAPI.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any, get_type_hints

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from exchange.errors import ExchangeError

PREFIX = "/v1"
_SIMPLE = (str, int, type(None))

Handler = Callable[[Request, Exception], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Step:
    """One function that is called, and what it is given, by the names of its parameters.

    ``asked`` are the results of other functions, ``headers`` the fields that may be there, ``path``
    the parts of the path, ``defaults`` what a query that is not there leaves.
    """

    call: Callable[..., Awaitable[Any]]
    asked: tuple[tuple[str, Callable[..., Any]], ...]
    headers: tuple[tuple[str, str], ...]
    path: tuple[str, ...]
    defaults: Mapping[str, Any]
    request: str | None


@dataclass(frozen=True, slots=True)
class Way:
    """One route, and what is asked in its order; its own function is last."""

    route: APIRoute
    steps: tuple[Step, ...]

    async def answer(self, request: Request) -> Response:
        """Take the steps; raises what they raise."""
        found: dict[Callable[..., Any], Any] = {}
        for step in self.steps:
            given = {name: found[call] for name, call in step.asked}
            for name, header in step.headers:
                given[name] = request.headers.get(header)
            for name in step.path:
                given[name] = request.path_params[name]
            if step.request:
                given[step.request] = request
            found[step.call] = await step.call(**given, **step.defaults)
        response: Response = found[step.call]
        return response


Pattern = tuple[re.Pattern[str], Way | None]
Found = tuple[Way, dict[str, str]]


class Direct:
    """The routes of ``app`` that can be reached directly; errors go to the app's own handlers."""

    def __init__(
        self, app: FastAPI, routers: Iterable[APIRouter], problem: Handler, unforeseen: Handler
    ) -> None:
        """Find the ways once."""
        self._app = app
        self._problem = problem
        self._unforeseen = unforeseen
        self._ways = direct_ways(routers)
        self._fixed = dict(_fixed(self._ways))

    def way(self, scope: Scope) -> Found | None:
        """Give the way of this request and the parts of its path; None when it goes by FastAPI."""
        method, path = scope["method"], scope["path"]
        if scope["query_string"] or not path.startswith(PREFIX):
            return None
        if fixed := self._fixed.get((method, path)):
            return fixed, {}
        for pattern, way in self._ways.get(method, ()):
            if match := pattern.match(path[len(PREFIX) :]):
                return (way, match.groupdict()) if way else None
        return None

    async def go(self, found: Found, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request; what nobody foresaw is answered and raised on, as Starlette does."""
        way, parts = found
        own = {"root_path": PREFIX, "app": self._app, "route": way.route, "path_params": parts}
        inner = {**scope, **own}
        request = Request(inner, receive, send)
        try:
            response = await self._answer(way, request)
        except Exception as error:
            response = await self._unforeseen(request, error)
            await response(inner, receive, send)
            raise
        await response(inner, receive, send)

    async def _answer(self, way: Way, request: Request) -> Response:
        try:
            return await way.answer(request)
        except ExchangeError as error:
            return await self._problem(request, error)


def direct_ways(routers: Iterable[APIRouter]) -> Mapping[str, Sequence[Pattern]]:
    """Give the routes of each method in their order: the first that a path fits is its route.

    Those that FastAPI must serve have no way. All is taken from the routes themselves, so that a
    new one need not be entered anywhere.
    """
    ways: defaultdict[str, list[Pattern]] = defaultdict(list)
    for route in (route for router in routers for route in router.routes):
        if not isinstance(route, APIRoute):
            raise TypeError(type(route).__name__)  # its place in the order would be unknown
        steps = _taken(route.dependant) if _answers_itself(route) else ()
        for method in route.methods or ():
            ways[method].append((route.path_regex, Way(route, steps) if steps else None))
    return ways


def _fixed(ways: Mapping[str, Sequence[Pattern]]) -> Iterable[tuple[tuple[str, str], Way]]:
    """Give the ways whose path has no parts, where no other route comes first."""
    for method, patterns in ways.items():
        for _, way in patterns:
            path = way.route.path if way else "{"
            first = next((one for pattern, one in patterns if pattern.match(path)), None)
            if way and way is first and "{" not in path:
                yield (method, f"{PREFIX}{path}"), way


def _answers_itself(route: APIRoute) -> bool:
    """Whether it builds its own answer; anything else FastAPI would still have to turn into one."""
    return get_type_hints(route.endpoint).get("return") is Response


def _taken(dependant: Dependant) -> tuple[Step, ...]:
    """Give all steps, each once, however often it is asked for; none when one is FastAPI's."""
    steps: dict[Callable[..., Any], Step] = {}
    for step in _steps(dependant):
        if step is None:
            return ()
        steps.setdefault(step.call, step)
    return tuple(steps.values())


def _steps(dependant: Dependant) -> Iterator[Step | None]:
    """Give what it depends on and then itself; None for what is left to FastAPI."""
    for one in dependant.dependencies:
        yield from _steps(one)
    yield _step(dependant) if _is_plain(dependant) else None


def _step(dependant: Dependant) -> Step | None:
    below = [(one.name, one.call) for one in dependant.dependencies]
    asked = tuple((name, call) for name, call in below if name and call)
    if dependant.call is None or len(asked) < len(below):
        return None
    return Step(
        call=dependant.call,
        asked=asked,
        headers=tuple((one.name, one.alias) for one in dependant.header_params),
        path=tuple(one.name for one in dependant.path_params),
        defaults={one.name: one.field_info.default for one in dependant.query_params},
        request=dependant.request_param_name,
    )


def _is_plain(dependant: Dependant) -> bool:
    """Whether all it asks, when nothing is in the query, is known beforehand or stands there."""
    others = (
        *(dependant.cookie_params, dependant.body_params),
        *(dependant.own_oauth_scopes, dependant.parent_oauth_scopes, dependant.concurrency),
        *(dependant.websocket_param_name, dependant.http_connection_param_name),
        *(dependant.response_param_name, dependant.background_tasks_param_name),
        dependant.security_scopes_param_name,
    )
    return (
        not any(others)
        and iscoroutinefunction(dependant.call)
        and all(
            not one.field_info.is_required() and isinstance(one.field_info.default, _SIMPLE)
            for one in dependant.query_params
        )
        and all(_is_text(one, str | None) for one in dependant.header_params)
        and all(_is_text(one, str) and one.alias == one.name for one in dependant.path_params)
    )


def _is_text(one: Any, annotation: object) -> bool:  # noqa: ANN401  FastAPI names no public type
    """Whether any text will do, as it stands."""
    return bool(one.field_info.annotation == annotation and not one.field_info.metadata)
