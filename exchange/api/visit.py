"""One request at the door: who knocks, in which role, with what in hand. Every route asks here."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import TypeAdapter
from starlette.requests import ClientDisconnect
from starlette.types import Message

from exchange.api.cycle import AT_HAND
from exchange.api.negotiation import require_acceptable
from exchange.api.queries import ONLY_NAMENS, require_known_query
from exchange.api.rate_limits import RawHeaders, rate_limit_headers
from exchange.errors import Code, Invalid, Refused, Violation
from exchange.messages.document import read_body, require_json
from exchange.messages.identifiers import Oin, Vestigingscode
from exchange.pipeline.authenticate import identify
from exchange.pipeline.body import Body, Packing
from exchange.pipeline.concerned import Concerned
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.logbook import require_sealing
from exchange.pipeline.mailbox import Collector
from exchange.pipeline.onlooker import Onlooker
from exchange.pipeline.school_side import Reader
from exchange.pipeline.stages import Peer
from exchange.policy.grounds import FIGURE_ROLES
from exchange.policy.inspection import inspector
from exchange.policy.mandates import recipient_for, require_on_behalf, require_school_side
from exchange.policy.parties import RECIPIENT_ROLES, Party, Role
from exchange.telemetry.trace import Trace
from exchange.values import Value, replace

_Model = TypeVar("_Model")

PeerOf = Callable[[Any], Peer | None]
"""Reads the verified client certificate off an ASGI scope; which header or extension it believes
is a matter of the listener, chosen once by ``bootstrap``."""


@dataclass(frozen=True, slots=True)
class Door:
    """What the application was built with."""

    gateway: Gateway
    peer_of: PeerOf
    refresh_directory: Callable[[], Awaitable[None]]


class Visit(Value, frozen=True):
    """A request whose caller is not yet known to have any right; ``namens`` is whom it names."""

    request: Request
    gateway: Gateway
    peer: Peer | None
    trace: Trace
    namens: Oin | None = None


class Caller(Value, frozen=True):
    """A visit by a registered party, which stands in its books."""

    visit: Visit
    party: Party
    peer: Peer


async def anyone(request: Request) -> Visit:
    """Admit everybody: for what is published."""
    state = request.scope["state"]
    door: Door = state["door"]
    state["route"] = f"/v1{request.scope['route'].path}"
    return Visit(request, door.gateway, door.peer_of(request.scope), state["trace"])


async def counted(visit: Annotated[Visit, Depends(anyone)]) -> Caller:
    """Name the registered party that calls, and count the request against its quota.

    Who is nobody here is counted to nobody; what is published (``anyone``) has no quota.
    """
    gateway, state = visit.gateway, visit.request.scope["state"]
    now = gateway.clock.now()
    state |= {"started_at": now, "concerned": Concerned(), "knocking": visit.peer}
    party, peer = identify(visit.peer, gateway.directory(), gateway.mode)

    def rate_limits() -> RawHeaders:
        return rate_limit_headers(gateway.quotas.standing(party.oin, gateway.clock.now()))

    state["rate_limits"] = rate_limits
    gateway.quotas.take_request(party.oin, now)
    if not party.has(Role.FG):  # who must find out what is wrong with the log can still look
        require_sealing(gateway)
    return Caller(visit, party, peer)


Namens = Annotated[Oin | None, Query(description="OIN van de partij namens wie u handelt.")]


async def connected(caller: Annotated[Caller, Depends(counted)], namens: Namens = None) -> Visit:
    """Admit a registered party in whatever role; the flow decides the rest."""
    gateway = caller.visit.gateway
    require_known_query(caller.visit.request)
    if namens is None:
        return caller.visit
    require_on_behalf(caller.party, namens, gateway.directory(), gateway.today())
    return replace(caller.visit, namens=namens)


async def school_side(caller: Annotated[Caller, Depends(counted)], namens: Namens = None) -> Reader:
    """Admit a school or a supplier."""
    gateway = caller.visit.gateway
    require_acceptable(caller.visit.request.headers, "application/json")
    require_known_query(caller.visit.request)
    require_school_side(caller.party)
    party = require_on_behalf(caller.party, namens, gateway.directory(), gateway.today())
    return Reader(party, caller.peer, caller.visit.trace)


async def officer(caller: Annotated[Caller, Depends(counted)]) -> Onlooker:
    """Admit a privacy officer (FG)."""
    require_known_query(caller.visit.request)
    if not caller.party.has(Role.FG):
        raise Refused(Code.GEEN_RECHT)
    return Onlooker(caller.party, caller.visit.trace, caller.peer.thumbprint)


async def looking(caller: Annotated[Caller, Depends(counted)]) -> Onlooker:
    """Admit a registered party in whatever role to look into the log: it sees its own."""
    require_known_query(caller.visit.request)
    return Onlooker(caller.party, caller.visit.trace, caller.peer.thumbprint)


async def inspecting(
    caller: Annotated[Caller, Depends(counted)], namens: Namens = None
) -> Onlooker:
    """Admit who may ask what became of a pupil's data: the FG, or the pupil's school.

    To rehearse a look would be to look, so this cannot be rehearsed.
    """
    gateway = caller.visit.gateway
    require_known_query(caller.visit.request)
    if "valideer" in caller.visit.request.query_params:
        detail = "Een inzageverzoek kan niet alleen worden gecontroleerd: kijken is kijken."
        raise Invalid([Violation("/valideer", Code.ONBEKEND_VELD, detail)])
    party = inspector(caller.party, namens, gateway.directory(), gateway.today())
    return Onlooker(party, caller.visit.trace, caller.peer.thumbprint)


def collecting(*roles: Role) -> Callable[..., Awaitable[Collector]]:
    """Build the dependency that admits a recipient in one of ``roles``, or its mandated helper."""

    async def admit(
        caller: Annotated[Caller, Depends(counted)], namens: Namens = None
    ) -> Collector:
        require_known_query(caller.visit.request, ONLY_NAMENS)
        return _collector(caller, namens, roles)

    return admit


def gateway_of(request: Request) -> Gateway:
    """Give the gateway behind this door."""
    return door_of(request).gateway


def door_of(request: Request) -> Door:
    """Give the door at which this request stands."""
    door: Door = request.scope["state"]["door"]
    return door


async def read_limited(request: Request, limit: int) -> bytes:
    """Give the body, or refuse as soon as it grows past ``limit`` bytes.

    It may have been half an hour on its way: whose certificate ended meanwhile is nobody now.
    """
    chunks: list[bytes] = []
    await _receive(request, limit, chunks.append)
    return b"".join(chunks)


async def read_packing(request: Request, limit: int) -> Body:
    """Do the same with a body that may be large: what is large is packed as it comes."""
    arriving = Packing()
    await _receive(request, limit, arriving.append)
    return arriving.body()


async def _receive(request: Request, limit: int, take: Callable[[bytes], None]) -> None:
    size, more = 0, True
    message: Message = {}
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk, more = message.get("body", b""), message.get("more_body", False)
        size += len(chunk)
        if size > limit:
            raise Refused(Code.TE_GROOT)
        take(chunk)
    if AT_HAND not in message:
        require_still_known(request)


def require_still_known(request: Request) -> None:
    """Judge the caller's certificate again, after a wait; what was public still is."""
    door_of(request).peer_of(request.scope)


async def body_as(request: Request, adapter: TypeAdapter[_Model]) -> _Model:
    """Give a small JSON body as its model; raises with everything that is wrong with it."""
    require_json(request.headers)
    return read_body(adapter, await read_limited(request, gateway_of(request).limits.json_bytes))


def vestigingscode_of(text: str) -> Vestigingscode:
    """Read a vestigingscode from the path; its shape is the caller's to mend."""
    try:
        return Vestigingscode(text)
    except ValueError as error:
        fault = Violation("/vestigingscode", Code.VESTIGINGSCODE_ONGELDIG, str(error))
        raise Invalid([fault]) from None


def bericht_id_of(text: str) -> UUID:
    """Read an id from the path; what cannot be one is simply not found."""
    try:
        found = UUID(text)
    except ValueError:
        raise Refused(Code.NIET_GEVONDEN) from None
    if (
        str(found) != text.lower()
    ):  # braces, a urn, no hyphens: Python reads them, we never wrote it
        raise Refused(Code.NIET_GEVONDEN)
    return found


def nummer_of(text: str) -> int:
    """Read the number of a levering from the path, only as we write it; else it is not found."""
    if not _NUMMER.fullmatch(text):
        raise Refused(Code.NIET_GEVONDEN)
    return int(text)


_NUMMER = re.compile(r"[1-9][0-9]{0,8}")


def _collector(caller: Caller, namens: Oin | None, roles: Iterable[Role]) -> Collector:
    gateway = caller.visit.gateway
    recipient = recipient_for(caller.party, namens, gateway.directory(), gateway.today(), roles)
    return Collector(caller.party, recipient, caller.peer, caller.visit.trace)


Valideer = Annotated[
    str | None,
    Query(description="`true`: controleer alles en sla niets op.", pattern="^(true|false)$"),
]
Officer = Annotated[Onlooker, Depends(officer)]
Looking = Annotated[Onlooker, Depends(looking)]
Inspector = Annotated[Onlooker, Depends(inspecting)]
SchoolSide = Annotated[Reader, Depends(school_side)]
Leerplicht = Annotated[Collector, Depends(collecting(Role.LEERPLICHT))]
CijferOntvanger = Annotated[Collector, Depends(collecting(*FIGURE_ROLES))]
AnyRecipient = Annotated[Collector, Depends(collecting(*RECIPIENT_ROLES))]
Anyone = Annotated[Visit, Depends(anyone)]
Connected = Annotated[Visit, Depends(connected)]
