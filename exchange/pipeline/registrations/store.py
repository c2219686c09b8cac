"""Step 8: every good line of a delivery, its log record, links and receipt in one commit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from uuid import UUID

from exchange.accountability.ledger import append_record
from exchange.accountability.receipt import ReceiptFacts, StreamLine, make_receipt, sign_receipt
from exchange.accountability.record import Action, Happening, LogRecord, Subject, record
from exchange.errors import Code, Invalid, NothingAccepted, Refused, Violation
from exchange.messages.identifiers import Periode, Vestigingscode
from exchange.messages.outcome import Outcome
from exchange.messages.soort import Soort
from exchange.pipeline.accounts import at_rest_status, line_of
from exchange.pipeline.at_rest import body_digest, column_key, key_digest, receipt_context
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.refusals import ACCESS_CONTROL
from exchange.pipeline.registrations.known import REGISTRATIES
from exchange.pipeline.registrations.stages import Batch, Refusals, SealedLine
from exchange.pipeline.stages import Authenticated, Overtaken, Stored
from exchange.policy.mandates import require_mandate
from exchange.policy.retention import is_open
from exchange.policy.status import Status
from exchange.storage import acceptance, month_sources, registrations
from exchange.storage.database import Connection
from exchange.storage.registrations import RegistrationRow
from exchange.storage.rows import IdempotencyRow, MessageRow

_ACCEPTED = 202
_AT_ONCE = 2_000
_SALT_BYTES = 16


async def store_lines(batch: Batch, gateway: Gateway) -> Stored:
    """Commit every good line of one delivery, or nothing.

    Raises ``Overtaken`` when a request with the same key was first, and ``NothingAccepted`` when
    no line is left: a line that corrects a registration of a closed month falls out only here.
    """
    received, party = batch.caller.received, batch.caller.party
    bericht_id = gateway.ids.uuid7()
    async with gateway.database.transaction(party=party.oin, today=received.today) as conn:
        await _claim_key(conn, batch, bericht_id, gateway)
        kept = await _replace(conn, batch, bericht_id, gateway)
        log = record(_happening(batch, kept, bericht_id, gateway), gateway.keys, gateway.ids)
        receipt = sign_receipt(_receipt(batch, kept, bericht_id, log, gateway), gateway.keys)
        message = _message(batch, kept, bericht_id, log, receipt, gateway)
        await acceptance.insert_message(conn, message)
        await registrations.write_scope(conn, bericht_id, _scope(kept))
        await append_record(conn, log)
        if fallen := _fallen_out(batch, kept, bericht_id, gateway):
            await append_record(conn, record(fallen, gateway.keys, gateway.ids))
        gateway.steps.passed("8 written", None)
    return gateway.steps.passed("8 committed", Stored(receipt, status=_ACCEPTED))


async def _claim_key(conn: Connection, batch: Batch, bericht_id: UUID, gateway: Gateway) -> None:
    received = batch.caller.received
    sender = batch.caller.party.oin
    row = IdempotencyRow(
        key_digest=key_digest(sender, received.path, received.idempotency_key, gateway.keys),
        body_digest=body_digest(received.body, gateway.keys),
        bericht_id=bericht_id,
        status=_ACCEPTED,
        created_at=received.received_at,
    )
    if not await acceptance.claim_idempotency(conn, row):
        raise Overtaken(Code.IDEMPOTENTIESLEUTEL_BEZIG)


async def _replace(
    conn: Connection, batch: Batch, bericht_id: UUID, gateway: Gateway
) -> list[SealedLine]:
    """Write what is new or changed, and give every line that was kept.

    The months are claimed last: a line that falls out here claims none.
    """
    await registrations.lock(conn, {line.pupil.vestigingscode for line in batch.lines})
    kept: list[SealedLine] = []
    for lines in _portions(batch.lines):
        kept += await _replace_some(conn, lines, batch, bericht_id, gateway)
    if not kept:
        raise NothingAccepted(
            (refusal.number, refusal.violations) for refusal in batch.refusals.in_order()
        )
    counted = _scope([line for line in kept if not line.ingetrokken])
    if await month_sources.claim(conn, counted, REGISTRATIES):
        raise Refused(Code.BRON_STRIJDIG)
    return kept


async def _replace_some(
    conn: Connection,
    lines: Sequence[SealedLine],
    batch: Batch,
    bericht_id: UUID,
    gateway: Gateway,
) -> list[SealedLine]:
    latest = {(line.pupil.vestigingscode, line.id_digest): line for line in lines}
    before = await registrations.standing(conn, list(latest))
    fixed = {
        key: refusal
        for key, found in before.items()
        if found.content != latest[key].content
        and (refusal := _standing_fast(key[0], found.datum, batch.caller, gateway))
    }
    changed = [
        _row(line)
        for key, line in latest.items()
        if key not in fixed and (key not in before or before[key].content != line.content)
    ]
    await registrations.replace(conn, changed, before, bericht_id)
    return list(_kept(lines, fixed, batch.refusals))


def _standing_fast(
    code: Vestigingscode, datum: date, caller: Authenticated, gateway: Gateway
) -> Violation | None:
    """Say why what stands under a number may not be changed, if it may not.

    Its month has closed, or the sender's mandate does not concern its day.
    """
    today = caller.received.today
    if not is_open(Periode.of(datum), today, gateway.law):
        return _STANDS_IN_CLOSED_MONTH
    try:
        require_mandate(caller.party, code, gateway.directory(), today, datum)
    except Refused as refused:
        return Violation("/registratieId", refused.code, _STANDS_ON_ANOTHERS_DAY)
    return None


def _kept(
    lines: Sequence[SealedLine], fixed: Mapping[registrations.Key, Violation], refusals: Refusals
) -> Iterator[SealedLine]:
    for line in lines:
        refusal = fixed.get((line.pupil.vestigingscode, line.id_digest))
        if refusal is None:
            yield line
        else:
            refusals.add(line.number, Invalid([refusal]))


_STANDS_IN_CLOSED_MONTH = Violation(
    "/registratieId",
    Code.PERIODE_GESLOTEN,
    "Deze registratie staat in een maand die gesloten is voor correcties.",
)
_STANDS_ON_ANOTHERS_DAY = "Deze registratie gaat over een dag waarover u niet mag leveren."


def _portions(lines: Sequence[SealedLine]) -> Iterator[Sequence[SealedLine]]:
    """Cut the delivery in portions of one round trip each, in the order in which it came."""
    for start in range(0, len(lines), _AT_ONCE):
        yield lines[start : start + _AT_ONCE]


def _row(line: SealedLine) -> RegistrationRow:
    return RegistrationRow(
        vestigingscode=line.pupil.vestigingscode,
        datum=line.datum,
        id_digest=line.id_digest,
        id_sealed=line.id_sealed,
        pupil=line.pupil.counting,
        minuten=line.minuten,
        categorie=line.categorie.value,
        content=line.content,
        withdrawn=line.ingetrokken,
    )


def _scope(lines: Sequence[SealedLine]) -> set[month_sources.Delivery]:
    return {(line.pupil.vestigingscode, Periode.of(line.datum)) for line in lines}


def _happening(
    batch: Batch, kept: Sequence[SealedLine], bericht_id: UUID, gateway: Gateway
) -> Happening:
    received = batch.caller.received
    codes = sorted({str(line.pupil.vestigingscode) for line in kept})
    return Happening(
        action=Action.AANGENOMEN,
        activiteit=next(a.clause.activiteit for a in batch.accounts if a.afgeleid),
        actor=batch.caller.party.oin,
        namens=codes[0] if len(codes) == 1 else None,
        trace=received.trace,
        started_at=received.received_at,
        ended_at=gateway.clock.now(),
        bericht_id=bericht_id,
        thumbprint=batch.caller.peer.thumbprint,
        beleid=batch.beleid.isoformat(),
        bijzonderheden={
            "soort": Soort.VERZUIMREGISTRATIES.value,
            "vestigingen": codes,
            "aangenomen": len(kept),
            "geweigerd": batch.refusals.count,
            "stromen": [line.as_json() for line in _streams(batch)],
        },
        velden=tuple(batch.members),
        subjects=_subjects(kept),
    )


def _fallen_out(
    batch: Batch, kept: Sequence[SealedLine], bericht_id: UUID, gateway: Gateway
) -> Happening | None:
    """Say of which pupils a line was refused, in a record of its own: theirs was not accepted.

    None when no refused line said whom it is about, for a school that the sender acts for.
    """
    received = batch.caller.received
    pupils = received.concerned.pupils(but=(line.number for line in kept))
    if not pupils:
        return None
    now = gateway.clock.now()
    return Happening(
        action=Action.REGELS_GEWEIGERD,
        activiteit=ACCESS_CONTROL,
        actor=batch.caller.party.oin,
        namens=str(received.namens) if received.namens else None,
        trace=received.trace.within(),
        started_at=received.received_at,
        ended_at=now,
        bericht_id=bericht_id,
        thumbprint=batch.caller.peer.thumbprint,
        beleid=batch.beleid.isoformat(),
        uitkomst=Outcome.GEWEIGERD,
        code=batch.refusals.in_order()[0].violations[0].code.value,
        bijzonderheden={"soort": Soort.VERZUIMREGISTRATIES.value, "regels": batch.refusals.count},
        subjects=pupils,
    )


def _subjects(kept: Sequence[SealedLine]) -> tuple[Subject, ...]:
    """Each pupil once; its link goes with the rows of the latest month it is about."""
    latest: dict[bytes, Subject] = {}
    for line in kept:
        pupil, periode = line.pupil, Periode.of(line.datum)
        known = latest.get(pupil.blind_index)
        if known is None or known.periode is None or known.periode < periode:
            latest[pupil.blind_index] = Subject(
                pupil.vestigingscode, pupil.schooljaar, pupil.blind_index, periode
            )
    return tuple(latest.values())


def _receipt(
    batch: Batch,
    kept: Sequence[SealedLine],
    bericht_id: UUID,
    log: LogRecord,
    gateway: Gateway,
) -> dict[str, object]:
    received = batch.caller.received
    salt = gateway.ids.random(_SALT_BYTES)
    facts = ReceiptFacts(
        bericht_id=bericht_id,
        soort=Soort.VERZUIMREGISTRATIES,
        received_at=received.received_at,
        entry=log.entry,
        leaf_hash=log.leaf_hash,
        zout=salt,
        inhoudshash=hashlib.sha256(salt + received.body).digest(),
    )
    about = {"vestigingen": sorted({str(line.pupil.vestigingscode) for line in kept})}
    found = counted(len(kept), batch.refusals)
    return {**make_receipt(facts, _streams(batch)), **about, **found}


def counted(accepted: int, refusals: Refusals) -> dict[str, object]:
    """Give what a receipt of registrations says besides: how many lines, and which were refused."""
    return {
        "aantalAangenomen": accepted,
        "aantalGeweigerd": refusals.count,
        "geweigerd": [refusal.as_json() for refusal in refusals.in_order()],
    }


def _streams(batch: Batch) -> list[StreamLine]:
    return [
        line_of(account, at_rest_status(account, Status.GEEN), batch.beleid)
        for account in batch.accounts
    ]


def _message(
    batch: Batch,
    kept: Sequence[SealedLine],
    bericht_id: UUID,
    log: LogRecord,
    receipt: bytes,
    gateway: Gateway,
) -> MessageRow:
    """A delivery is kept under its latest day; ``message_scope`` names all that it is about."""
    received, last = batch.caller.received, max(kept, key=lambda line: line.datum)
    code, schooljaar = last.pupil.vestigingscode, last.pupil.schooljaar
    sealed = gateway.keys.seal(column_key(code, schooljaar), receipt, receipt_context(bericht_id))
    return MessageRow(
        bericht_id=bericht_id,
        soort=Soort.VERZUIMREGISTRATIES.value,
        vestigingscode=code,
        schooljaar=schooljaar,
        periode=Periode.of(last.datum),
        event_day=last.datum,
        sender=batch.caller.party.oin,
        received_at=received.received_at,
        betreft=None,
        digest=body_digest(received.body, gateway.keys),
        policy_date=batch.beleid,
        entry=log.entry,
        receipt=sealed,
    )
