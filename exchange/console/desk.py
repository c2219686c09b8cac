"""What the console was built with; every page finds it on its request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from exchange.console.attempts import Attempts
from exchange.pipeline.gateway import Gateway
from exchange.ports import SignInProvider


@dataclass(frozen=True, slots=True)
class Desk:
    """``url`` is the address of the gateway as a browser knows it, without a path.

    Without a ``provider`` one-time links are the only way in.
    """

    gateway: Gateway
    url: str
    attempts: Attempts
    provider: SignInProvider | None = None


def desk_of(request: Request) -> Desk:
    """Give what the console was built with."""
    return cast(Desk, request.app.state.desk)


def open_desk(gateway: Gateway, url: str, provider: SignInProvider | None = None) -> Desk:
    """Set a desk up for one listener."""
    return Desk(gateway, url, Attempts(gateway.clock), provider)
