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
from inspect import iscoroutinefunction, signature
from typing import Any, get_type_hints

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from exchange.api.answer import Ready
from exchange.api.cycle import WHOLE
from exchange.errors import ExchangeError

PREFIX = "/v1"
_AT_ONCE = frozenset({Response, Ready})
_SIMPLE = (str, int, type(None))

Handler = Callable[[Request, Exception], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Step:
    """One function that is called, and the places of what it is given: see ``Way``."""

    call: Callable[..., Awaitable[Any]]
    given: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """One route, and what is asked in its order; its own function is last.

    All that is given to a function has a place, in one row: the request, what a query that is not
    there leaves (``defaults``), the ``fields`` that may be there, the parts of the ``path``, and
    then what each function gave.
    """

    route: APIRoute
    defaults: tuple[Any, ...]
    fields: tuple[str, ...]
    path: tuple[str, ...]
    steps: tuple[Step, ...]

    async def answer(self, request: Request) -> Response:
        """Take the steps; raises what they raise."""
        row: list[Any] = [request, *self.defaults]
        for field in self.fields:
            row.append(request.headers.get(field))  # noqa: PERF401  mostly there is none
        for part in self.path:
            row.append(request.path_params[part])  # noqa: PERF401  as above
        for step in self.steps:
            row.append(await step.call(*[row[place] for place in step.given]))
        response: Response = row[-1]
        return response


Thing = tuple[str, Any]
"""What a function is given: of which kind, and which of them."""

_REQUEST: Thing = ("request", None)
_DEFAULT, _FIELD, _PATH, _CALL = "default", "field", "path", "call"
_BESIDE = (_DEFAULT, _FIELD, _PATH)

Pattern = tuple[re.Pattern[str], Way | None]
Found = tuple[Way, dict[str, str]]


class Fields(Headers):
    """The fields of a request, each found at once; of two by one name it is the first."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(raw=scope["headers"])
        self._first: dict[str, str] = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in reversed(scope["headers"])
        }

    def __getitem__(self, key: str) -> str:
        return self._first[key.lower()]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in self._first

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401  Mapping's own
        """Give a field, or ``default``."""
        return self._first.get(key.lower(), default)


class Asked(Request):
    """A request whose fields are read once: every step asks for some of them."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        self._fields = Fields(scope)

    @property
    def headers(self) -> Headers:
        """Give the fields."""
        return self._fields


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
        scope.update(own)
        request = Asked(scope, receive, send)
        try:
            try:
                response = await way.answer(request)
            except ExchangeError as error:
                response = await self._problem(request, error)
        except Exception as error:
            await _give(await self._unforeseen(request, error), request, send)
            raise
        await _give(response, request, send)


async def _give(response: Response, request: Request, send: Send) -> None:
    """Answer at once when all of it is there."""
    if type(response) not in _AT_ONCE or response.background is not None:
        await response(request.scope, request.receive, send)
        return
    status, headers = response.status_code, response.raw_headers
    await send({"type": WHOLE, "status": status, "headers": headers, "body": response.body})


def direct_ways(routers: Iterable[APIRouter]) -> Mapping[str, Sequence[Pattern]]:
    """Give the routes of each method in their order: the first that a path fits is its route.

    Those that FastAPI must serve have no way. All is taken from the routes themselves, so that a
    new one need not be entered anywhere.
    """
    ways: defaultdict[str, list[Pattern]] = defaultdict(list)
    for route in (route for router in routers for route in router.routes):
        if not isinstance(route, APIRoute):
            raise TypeError(type(route).__name__)  # its place in the order would be unknown
        way = _way(route)
        for method in route.methods or ():
            ways[method].append((route.path_regex, way))
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


def _way(route: APIRoute) -> Way | None:
    """Give the way to a route; None when it asks what is left to FastAPI."""
    asked: dict[Any, Dependant] = {}
    for one in _asked(route.dependant):
        asked.setdefault(one.call, one)
    if not _answers_itself(route) or not all(_is_plain(one) for one in asked.values()):
        return None
    given = {call: _given(one) for call, one in asked.items()}
    things = dict.fromkeys(thing for named in given.values() for thing in named.values())
    defaults, fields, path = ([what for kind, what in things if kind is of] for of in _BESIDE)
    row = [_REQUEST, *((of, what) for of in _BESIDE for kind, what in things if kind is of)]
    places = {thing: place for place, thing in enumerate([*row, *((_CALL, c) for c in asked)])}
    steps = [
        Step(call, tuple(places[named[name]] for name in _takes(call)))
        for call, named in given.items()
    ]
    left = tuple(default for _, _, default in defaults)
    return Way(route, left, tuple(fields), tuple(path), tuple(steps))


def _takes(call: Callable[..., Any]) -> list[str]:
    """Name what a function can be given by its place, in order."""
    parameters = signature(call).parameters.values()
    return [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]


def _asked(dependant: Dependant) -> Iterator[Dependant]:
    """Give what it depends on and then itself."""
    for one in dependant.dependencies:
        yield from _asked(one)
    yield dependant


def _given(dependant: Dependant) -> dict[str, Thing]:
    """Give what each parameter of a function takes."""
    request = dependant.request_param_name
    return {
        **({request: _REQUEST} if request else {}),
        **{one.name: (_FIELD, one.alias) for one in dependant.header_params},
        **{one.name: (_PATH, one.name) for one in dependant.path_params},
        **{one.name: (_CALL, one.call) for one in dependant.dependencies if one.name},
        **{
            one.name: (_DEFAULT, (dependant.call, one.name, one.field_info.default))
            for one in dependant.query_params
        },
    }


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
        and _given(dependant).keys() == set(_takes(dependant.call))
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
