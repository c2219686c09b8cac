"""Step 8: every good line of a delivery, its log record, links and receipt in one commit."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from exchange.accountability.ledger import append_record
from exchange.accountability.receipt import sign_receipt
from exchange.accountability.record import Happening, LogRecord, record
from exchange.errors import Code, Fault
from exchange.messages.soort import Soort
from exchange.pipeline.at_rest import body_digest, column_key, key_digest, receipt_context
from exchange.pipeline.body import Body, size_of
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.registrations.aside import LARGE_BODY, MANY_PUPILS, aside
from exchange.pipeline.registrations.evidence import accepted, fallen_out, receipt_of
from exchange.pipeline.registrations.stages import Kept, SealedLine, Summary, Underway
from exchange.pipeline.registrations.write import AT_ONCE, Portions, Writer
from exchange.pipeline.stages import Authenticated, Overtaken, Stored
from exchange.storage import acceptance, registrations
from exchange.storage.database import Connection
from exchange.storage.rows import IdempotencyRow, MessageRow

_ACCEPTED = 202
_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class _Digests:
    """The body as the gateway recognises it again, and as the receipt proves it."""

    body: bytes
    zout: bytes
    inhoudshash: bytes


async def store_lines(
    sealed: AsyncIterator[Sequence[SealedLine]],
    delivery: Underway,
    gateway: Gateway,
    at_once: int = AT_ONCE,
) -> Stored:
    """Commit every good line of one delivery, or nothing.

    Nothing is opened for a delivery without a good line.

    Raises ``Overtaken`` when a request with the same key was first, and ``NothingAccepted`` when
    no line is left: a line that corrects a registration of a closed month falls out only here.
    """
    portions = Portions(sealed, at_once)
    if not await portions.begin():
        delivery.summary(Kept())
        raise Fault("a delivery without a line was not refused")
    received, party = delivery.caller.received, delivery.caller.party
    body = received.content
    digests = await aside(size_of(body), LARGE_BODY, partial(_digests, body, gateway))
    bericht_id = gateway.ids.uuid7()
    async with gateway.database.transaction(party=party.oin, today=received.today) as conn:
        await _claim_key(conn, delivery.caller, digests, bericht_id, gateway)
        await registrations.lock(conn, delivery.vestigingen)
        writer = Writer(conn, delivery, bericht_id, gateway)
        await writer.write_all(portions)
        whole = delivery.summary(writer.kept)
        await writer.claim_months()
        receipt = await _conclude(conn, whole, digests, bericht_id, gateway)
        gateway.steps.passed("8 written", None)
    return gateway.steps.passed("8 committed", Stored(receipt, status=_ACCEPTED))


def _digests(body: Body, gateway: Gateway) -> _Digests:
    zout = gateway.ids.random(_SALT_BYTES)
    content = hashlib.sha256(zout)
    for piece in [body] if isinstance(body, bytes) else body:
        content.update(piece)
    return _Digests(body_digest(body, gateway.keys), zout, content.digest())


async def _claim_key(
    conn: Connection,
    caller: Authenticated,
    digests: _Digests,
    bericht_id: UUID,
    gateway: Gateway,
) -> None:
    received, sender = caller.received, caller.party.oin
    row = IdempotencyRow(
        key_digest=key_digest(sender, received.path, received.idempotency_key, gateway.keys),
        body_digest=digests.body,
        bericht_id=bericht_id,
        status=_ACCEPTED,
        created_at=received.received_at,
    )
    if not await acceptance.claim_idempotency(conn, row):
        raise Overtaken(Code.IDEMPOTENTIESLEUTEL_BEZIG)


async def _conclude(
    conn: Connection, whole: Summary, digests: _Digests, bericht_id: UUID, gateway: Gateway
) -> bytes:
    """Write the message with its receipt, what it is about, and the records; give the receipt."""
    log = await _recorded(accepted(whole, bericht_id, gateway), gateway)
    proof = receipt_of(whole, log, bericht_id, digests.zout, digests.inhoudshash)
    receipt = sign_receipt(proof, gateway.keys)
    message = _message(whole, digests, bericht_id, log, receipt, gateway)
    await acceptance.insert_message(conn, message)
    scope = {(day.vestigingscode, day.month.periode) for day in whole.kept.days}
    await registrations.write_scope(conn, bericht_id, scope)
    await append_record(conn, log)
    if fallen := fallen_out(whole, bericht_id, gateway):
        await append_record(conn, await _recorded(fallen, gateway))
    return receipt


async def _recorded(happening: Happening, gateway: Gateway) -> LogRecord:
    work = partial(record, happening, gateway.keys, gateway.ids)
    return await aside(len(happening.subjects), MANY_PUPILS, work)


def _message(
    whole: Summary,
    digests: _Digests,
    bericht_id: UUID,
    log: LogRecord,
    receipt: bytes,
    gateway: Gateway,
) -> MessageRow:
    """A delivery is kept under its latest day; ``message_scope`` names all that it is about."""
    received, last = whole.caller.received, max(whole.kept.days, key=lambda day: day.datum)
    year = last.month.year
    key = column_key(year.vestigingscode, year.schooljaar)
    return MessageRow(
        bericht_id=bericht_id,
        soort=Soort.VERZUIMREGISTRATIES.value,
        vestigingscode=year.vestigingscode,
        schooljaar=year.schooljaar,
        periode=last.month.periode,
        event_day=last.datum,
        sender=whole.caller.party.oin,
        received_at=received.received_at,
        betreft=None,
        digest=digests.body,
        policy_date=whole.beleid,
        entry=log.entry,
        receipt=gateway.keys.seal(key, receipt, receipt_context(bericht_id)),
    )
