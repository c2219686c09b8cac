"""The operator's port: alive, ready (with reasons), metrics; plain, local, without parties."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from exchange.telemetry.metrics import Metrics

Readiness = Callable[[], Awaitable[list[str]]]
"""Gives the reasons for not being ready; none when ready."""

Measure = Callable[[], Awaitable[None]]
"""Brings the gauges up to date, just before they are read."""


def build_operator_app(metrics: Metrics, readiness: Readiness, measure: Measure) -> Starlette:
    """Give the application of the operator's port."""

    async def livez(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        reasons = await readiness()
        if reasons:
            return PlainTextResponse("".join(f"{r}\n" for r in reasons), status_code=503)
        return PlainTextResponse("ok\n")

    async def page(_: Request) -> Response:
        await measure()
        return Response(metrics.page(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return Starlette(
        routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", page)]
    )
