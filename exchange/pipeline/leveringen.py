"""What a recipient does with the leveringen of its own territory: list, look, download; all logged.

A look gives no bytes: HEAD, or a repeat by who has them already (304). It is recorded all the same,
because it tells that the levering stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from exchange.accountability.ledger import append_record
from exchange.accountability.record import Action, Happening, record
from exchange.crypto.sealing import SealContext, seal_document
from exchange.crypto.sealing_keys import RecipientPublicKey
from exchange.errors import Code, Refused
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.mailbox import Collector
from exchange.storage import leveringen
from exchange.storage.database import Connection
from exchange.storage.release_rows import (
    FormKey,
    FormRow,
    ListedRelease,
    ReleaseFacts,
    SealedRow,
)
from exchange.storage.rows import Page

JSON, JOSE = "application/json", "application/jose"
ACTIVITY = "leveringen/1"

Choose = Callable[[FormRow], range]
"""Says which bytes of a form go out, by position; an empty range is a look."""


@dataclass(frozen=True, slots=True)
class HandedOut:
    """One form of a levering, and as much of its bytes as was chosen."""

    levering: ReleaseFacts
    form: FormRow
    content: bytes = field(repr=False)


async def list_leveringen(
    who: Collector, cursor: str | None, limit: int, gateway: Gateway
) -> Page[ListedRelease]:
    """Give one page of the releases with a part for the recipient; an empty one is not recorded."""
    async with gateway.database.transaction(party=who.recipient.oin, today=gateway.today()) as conn:
        page = await leveringen.list_leveringen(conn, who.recipient.oin, cursor, limit)
        if page.items:
            shown = {"leveringen": [item.nummer for item in page.items]}
            await _log(conn, who, Action.LEVERINGEN_INGEZIEN, shown, gateway)
    return page


async def hand_out(
    who: Collector, nummer: int, media_type: str, choose: Choose, gateway: Gateway
) -> HandedOut:
    """Give one form of the recipient's part; its record is committed before the first byte leaves.

    Raises 404 for a levering without a part for this recipient, as for one that does not exist,
    410 once it was withdrawn, and 409 for a sealed one when the recipient has no key.
    """
    async with gateway.database.transaction(party=who.recipient.oin, today=gateway.today()) as conn:
        levering = await leveringen.levering_of(conn, nummer, who.recipient.oin)
        if levering is None:
            raise Refused(Code.NIET_GEVONDEN)
        if levering.withdrawn_at is not None:
            raise Refused(Code.LEVERING_INGETROKKEN)
        key = FormKey(nummer, who.recipient.oin, media_type)
        if media_type == JOSE:
            key = await _sealed(conn, key, gateway)
        form = await _form(conn, key)
        span = choose(form)
        content = (await leveringen.body_of(conn, key))[span.start : span.stop] if span else b""
        await _log(conn, who, *_act(key, form, span), gateway)
    return HandedOut(levering, form, content)


async def _form(conn: Connection, key: FormKey) -> FormRow:
    form = await leveringen.form_of(conn, key)
    if form is None:
        raise Refused(Code.NIET_GEVONDEN)
    return form


async def _sealed(conn: Connection, key: FormKey, gateway: Gateway) -> FormKey:
    """Name the form that is sealed to the recipient's current key; the first request makes it.

    It is stored as it is, without the outer layer of a mailbox: a levering holds no pupil, and its
    other forms lie beside it in clear.
    """
    registered = gateway.directory().keys.get(key.recipient)
    if registered is None:
        raise Refused(Code.ONTVANGER_NIET_AANGESLOTEN)
    sealed = FormKey(key.nummer, key.recipient, JOSE, registered.kid)
    if await leveringen.form_of(conn, sealed) is None:
        document = await leveringen.body_of(conn, FormKey(key.nummer, key.recipient, JSON))
        now = gateway.clock.now()
        context = SealContext(key.recipient, str(key.nummer), ACTIVITY, now)
        public_key = RecipientPublicKey.parse(registered.jwk)
        body = seal_document(document, context, public_key, gateway.keys).encode()
        row = _sealed_row(sealed, registered.kid, body, now)
        await leveringen.keep_sealed(conn, row)
    return sealed


def _sealed_row(key: FormKey, kid: str, body: bytes, now: datetime) -> SealedRow:
    digest = hashlib.sha256(body).digest()
    return SealedRow(key.nummer, key.recipient, kid, body, digest, now)


def _act(key: FormKey, form: FormRow, span: range) -> tuple[Action, dict[str, Any]]:
    """Say what was done; of a part also which bytes, counted from 0 and both inclusive."""
    said: dict[str, Any] = {"leveringen": [key.nummer], "mediatype": form.media_type}
    if not span:
        return Action.LEVERINGEN_INGEZIEN, said
    part = {} if len(span) == form.size else {"bytes": [span.start, span.stop - 1]}
    return Action.LEVERING_OPGEHAALD, said | part


async def _log(
    conn: Connection, who: Collector, action: Action, said: dict[str, Any], gateway: Gateway
) -> None:
    now = gateway.clock.now()
    happening = Happening(
        action=action,
        activiteit=ACTIVITY,
        actor=who.party.oin,
        namens=str(who.recipient.oin),
        trace=who.trace,
        started_at=now,
        ended_at=now,
        recipient=who.recipient.oin,
        thumbprint=who.peer.thumbprint,
        bijzonderheden=said,
    )
    await append_record(conn, record(happening, gateway.keys, gateway.ids))
    gateway.steps.passed(action.value, None)
