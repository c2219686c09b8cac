"""``/console/integriteit``: whether the log is what was signed, and how to verify that alone."""

from __future__ import annotations

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from exchange.accountability.checkpoint import checkpoint_vkey, origin_of
from exchange.console.downloads import download
from exchange.console.page import Visitor, read_form, render, require_csrf, signed_in
from exchange.console.views.integrity import (
    CheckResult,
    IntegrityPage,
    check_result,
    integrity_page,
)
from exchange.pipeline.logbook import cosigned_checkpoints, integrity, newest_checkpoint

_PATH, _TEMPLATE, _TITLE = "/console/integriteit", "pages/integriteit.html", "Integriteit"
_MOST_SIGNATURES = 10
_VERIFIER = "verify_log.py"


async def show(request: Request) -> Response:
    """Show the newest head; nothing is checked yet."""
    visitor = await signed_in(request)
    return _page(request, await _head(visitor), None)


async def check(request: Request) -> Response:
    """Run the quick check, and say in words what it found."""
    visitor = await signed_in(request)
    require_csrf(request, await read_form(request))
    found = await integrity(visitor.onlooker, visitor.gateway)
    return _page(request, await _head(visitor), check_result(found))


async def verifier(request: Request) -> Response:
    """Give the one file with which anybody verifies without us."""
    await signed_in(request)
    content = files("exchange.crypto").joinpath(_VERIFIER).read_bytes()
    return download(content, _VERIFIER, "text/x-python; charset=utf-8")


async def _head(visitor: Visitor) -> IntegrityPage:
    gateway = visitor.gateway
    return integrity_page(
        await newest_checkpoint(gateway),
        await cosigned_checkpoints(gateway, _MOST_SIGNATURES),
        gateway.sealing_lag(),
        checkpoint_vkey(origin_of(gateway.oin), gateway.keys),
    )


def _page(request: Request, page: IntegrityPage, result: CheckResult | None) -> Response:
    return render(request, _TEMPLATE, _TITLE, page=page, result=result)


ROUTES = [
    Route(_PATH, show, methods=["GET"]),
    Route(_PATH, check, methods=["POST"]),
    Route(f"{_PATH}/{_VERIFIER}", verifier),
]
