"""Leaves a record of a request that is refused, committed before the refusal is told.

Recorded is what a party asked that showed a certificate of our CA at a route that asks who calls.
A path that does not exist, a method that a path does not take, and what anybody may ask are counted
by the metrics alone. The record is written in the same way whatever the reason, so that the time
that a 404 takes does not tell whether there is such an id.
"""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from starlette.requests import Request

from exchange.api.visit import gateway_of
from exchange.errors import ExchangeError, Unavailable
from exchange.messages.identifiers import Oin, spells_a_pgn, spells_a_pgn_as_id
from exchange.pipeline.refusals import Attempt, RefusalBook
from exchange.pipeline.stages import Peer
from exchange.policy.parties import Directory

_UUID7 = 7


async def recorded(request: Request, error: ExchangeError) -> ExchangeError:
    """Give what to answer: ``error`` once its record is written, else why that could not be.

    Nothing was judged when something that we depend on did not answer: the sender comes again.
    """
    peer: Peer | None = getattr(request.state, "knocking", None)
    if peer is None or isinstance(error, Unavailable):
        return error
    book: RefusalBook = request.app.state.refusals
    try:
        await book.write(_attempt(request, peer), error)
    except ExchangeError as unwritten:
        return unwritten
    return error


def _attempt(request: Request, peer: Peer) -> Attempt:
    state = request.state
    method = "HEAD" if state.head else request.method
    return Attempt(
        peer=peer,
        verzoek=f"{method} {state.route}",
        namens=_namens(request, gateway_of(request).directory()),
        bericht_id=_bericht_id(request),
        trace=state.trace,
        started_at=state.started_at,
        pupils=state.concerned.pupils(),
    )


def _namens(request: Request, directory: Directory) -> Oin | None:
    """Give for whom the caller says to act, if such a party may exist.

    What a stranger is named by could hold anything, a pupil's number too; that is not kept.
    """
    with suppress(ValueError):
        named = Oin(request.query_params.get("namens", ""))
        if named in directory.parties or not spells_a_pgn(named.reveal()):
            return named
    return None


def _bericht_id(request: Request) -> UUID | None:
    """Give the id in the path, whosever it is, if it can be one of ours: none spells a PGN."""
    with suppress(ValueError):
        text = request.path_params.get("berichtId", "")
        found = UUID(text)
        ours = found.version == _UUID7 and str(found) == text.lower()
        return found if ours and not spells_a_pgn_as_id(found) else None
    return None
