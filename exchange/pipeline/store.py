"""Step 8: message, parcels, idempotency, log record, links and receipt in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from exchange.accountability.receipt import ReceiptFacts, signed_receipt
from exchange.accountability.record import Action, Happening, LogRecord, Subject, record
from exchange.crypto.canonical import Prepared, list_of
from exchange.errors import Code, Fault, Refused
from exchange.pipeline.accounts import at_rest_status, line_of
from exchange.pipeline.at_rest import column_key, receipt_context
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.stages import Account, Encrypted, Outdated, Overtaken, Parcel, Stored
from exchange.policy.necessity import Reach
from exchange.policy.status import Status
from exchange.storage import acceptance, counting, log, tally
from exchange.storage.database import Connection
from exchange.storage.rows import (
    Acceptance,
    IdempotencyRow,
    MessageRow,
    ParcelRow,
    TelstandRow,
    Withdrawal,
)
from exchange.values import Value

_ACCEPTED = 202


class _Dispatch(Value, frozen=True):
    """What really leaves: a withdrawal before the download has nothing left to tell anybody.

    ``untold`` are the roles whose recipient did download the message and is no longer connected.
    """

    parcels: tuple[Parcel, ...]
    unsent: Status
    untold: tuple[str, ...] = ()


async def store(encrypted: Encrypted, gateway: Gateway) -> Stored:
    """Commit everything that belongs to one acceptance, or nothing.

    What changes no other row goes with its neighbours in one transaction (ADR 0022); what
    withdraws, or restarts a count, and what could not go with the others, has one of its own.

    Raises ``Overtaken`` when a twin (same key, or the same withdrawal) was first, ``al-gemeld``
    with the id of the message that says the same, ``Outdated`` when what the rules looked at has
    changed, and ``logboek-onbeschikbaar`` when the record cannot be written: then nothing was
    accepted.
    """
    if encrypted.header.withdraws is None and encrypted.telling is None:
        rows, receipt = _rows(encrypted, _Dispatch(encrypted.parcels, Status.GEEN), gateway)
        if await gateway.lane.commit(rows, partial(gateway.steps.passed, "8 written", None)):
            return gateway.steps.passed("8 committed", Stored(receipt, status=_ACCEPTED))
    return await _store_alone(encrypted, gateway)


async def _store_alone(encrypted: Encrypted, gateway: Gateway) -> Stored:
    header = encrypted.header
    async with gateway.database.transaction(party=header.sender, today=header.today) as conn:
        await _claim_key(conn, encrypted)
        dispatch = await _withdraw_earlier(conn, encrypted)
        await _claim_natural_key(conn, encrypted)
        telstand = await _claim_count(conn, encrypted)
        rows, receipt = _rows(encrypted, dispatch, gateway)
        await acceptance.insert_message(conn, rows.message)
        await _mark(conn, encrypted)
        await acceptance.insert_parcels(conn, rows.parcels)
        if telstand:
            await counting.restart(conn, telstand)
        await log.append(conn, rows.log, rows.links)
        gateway.steps.passed("8 written", None)
    return gateway.steps.passed("8 committed", Stored(receipt, status=_ACCEPTED))


async def _claim_key(conn: Connection, encrypted: Encrypted) -> None:
    if not await acceptance.claim_idempotency(conn, _key(encrypted)):
        raise Overtaken(Code.IDEMPOTENTIESLEUTEL_BEZIG)


async def _withdraw_earlier(conn: Connection, encrypted: Encrypted) -> _Dispatch:
    header = encrypted.header
    if header.withdraws is None:
        return _Dispatch(encrypted.parcels, Status.GEEN)
    withdrawal = await acceptance.withdraw(
        conn, header.withdraws, by=header.bericht_id, at=header.received_at
    )
    if withdrawal is None:
        raise Overtaken(Code.OVERGANG_ONGELDIG)
    if header.replaces:
        _require_told(withdrawal, encrypted)
        return _Dispatch(encrypted.parcels, Status.GEEN)
    fetched = [parcel for parcel in withdrawal.parcels if parcel.was_fetched]
    if not fetched:
        return _Dispatch((), Status.INGETROKKEN)
    sent = {parcel.account.role.value for parcel in encrypted.parcels}
    untold = tuple(parcel.rol for parcel in fetched if parcel.rol not in sent)
    return _Dispatch(encrypted.parcels, Status.INGETROKKEN, untold)


def _require_told(withdrawal: Withdrawal, encrypted: Encrypted) -> None:
    """Judge again when somebody fetched the replaced message since, who would not hear of it."""
    told = {parcel.recipient for parcel in encrypted.parcels}
    for parcel in withdrawal.parcels:
        kept = parcel.was_fetched and parcel.status is not Status.GEWEIGERD
        if kept and parcel.recipient not in told:
            raise Outdated


async def _claim_natural_key(conn: Connection, encrypted: Encrypted) -> None:
    if encrypted.same_again is None:
        return
    other = await acceptance.claim_natural_key(
        conn, encrypted.same_again, encrypted.header.bericht_id
    )
    if other is not None:
        raise Refused(Code.AL_GEMELD, berichtId=str(other))


async def _claim_count(conn: Connection, encrypted: Encrypted) -> TelstandRow | None:
    """Have the pupil's count to ourselves until the commit, and see that it stands as judged."""
    header, telling, pupil = encrypted.header, encrypted.telling, encrypted.pupil
    if telling is None or pupil is None:
        return None
    await counting.hold(conn, header.vestigingscode, pupil)
    standing = await counting.meldingen(conn, header.vestigingscode, header.schooljaar, pupil)
    if standing != telling.known:
        raise Outdated
    if telling.reported is not None:
        raise Refused(Code.AL_GEMELD, berichtId=str(telling.reported))
    return TelstandRow(
        bericht_id=header.bericht_id,
        vestigingscode=header.vestigingscode,
        schooljaar=header.schooljaar,
        pupil=pupil,
        verzuimsoort=telling.verzuimsoort.value,
        begin=telling.begin,
        eind=telling.eind,
    )


async def _mark(conn: Connection, encrypted: Encrypted) -> None:
    """Have the month of the message counted anew, and that of the one it takes back."""
    header = encrypted.header
    if header.withdraws is None:
        await tally.mark(conn, [(header.vestigingscode, header.periode)])
    else:
        await tally.mark_messages(conn, [header.bericht_id, header.withdraws])


def _rows(encrypted: Encrypted, dispatch: _Dispatch, gateway: Gateway) -> tuple[Acceptance, bytes]:
    """Give all that is written of an acceptance, but for what it changes, and its receipt."""
    streams = _streams(encrypted, dispatch)
    made = record(_happening(encrypted, dispatch, streams, gateway), gateway.keys, gateway.ids)
    receipt = signed_receipt(_facts(encrypted, made), streams, gateway.keys)
    rows = Acceptance(
        key=_key(encrypted),
        same_again=encrypted.same_again,
        message=_message(encrypted, made, receipt, gateway),
        parcels=tuple([_parcel(parcel, encrypted) for parcel in dispatch.parcels]),
        log=made.row,
        links=made.links,
    )
    return rows, receipt


def _key(encrypted: Encrypted) -> IdempotencyRow:
    header = encrypted.header
    return IdempotencyRow(
        key_digest=encrypted.key_digest,
        body_digest=encrypted.body_digest,
        bericht_id=header.bericht_id,
        status=_ACCEPTED,
        created_at=header.received_at,
    )


def _happening(
    encrypted: Encrypted, dispatch: _Dispatch, streams: list[Prepared], gateway: Gateway
) -> Happening:
    header = encrypted.header
    subject = (
        (Subject(header.vestigingscode, header.schooljaar, encrypted.blind_index),)
        if encrypted.blind_index
        else ()
    )
    return Happening(
        action=Action.AANGENOMEN,
        activiteit=_activity(encrypted.accounts),
        actor=header.sender,
        namens=str(header.vestigingscode),
        trace=header.trace,
        started_at=header.received_at,
        ended_at=gateway.clock.now(),
        bericht_id=header.bericht_id,
        recipient=dispatch.parcels[0].recipient if dispatch.parcels else None,
        thumbprint=header.thumbprint,
        beleid=header.beleid.isoformat(),
        bijzonderheden={
            "soort": header.soort.value,
            "stromen": list_of(streams),
            **({"nietVerteld": list(dispatch.untold)} if dispatch.untold else {}),
        },
        velden=encrypted.accounts[0].decided.members,
        subjects=subject,
    )


def _activity(accounts: Sequence[Account]) -> str:
    """The activity of the stream that gets most: the sealed one, else the first that counts."""
    for reach in _NEAREST:
        for account in accounts:
            if account.clause.reach is reach:
                return account.clause.activiteit
    raise Fault("a message that is for no role")


_NEAREST = tuple(Reach)


def _facts(encrypted: Encrypted, made: LogRecord) -> ReceiptFacts:
    header = encrypted.header
    return ReceiptFacts(
        bericht_id=header.bericht_id,
        soort=header.soort,
        received_at=header.received_at,
        entry=made.row.entry,
        leaf_hash=made.row.leaf_hash,
        zout=encrypted.zout,
        inhoudshash=encrypted.inhoudshash,
    )


def _streams(encrypted: Encrypted, dispatch: _Dispatch) -> list[Prepared]:
    sent = {parcel.account.role for parcel in dispatch.parcels}
    beleid = encrypted.header.beleid
    return [
        line_of(
            account,
            Status.WACHTEND if account.role in sent else at_rest_status(account, dispatch.unsent),
            beleid,
        )
        for account in encrypted.accounts
    ]


def _message(encrypted: Encrypted, made: LogRecord, receipt: bytes, gateway: Gateway) -> MessageRow:
    header = encrypted.header
    key = column_key(header.vestigingscode, header.schooljaar)
    return MessageRow(
        bericht_id=header.bericht_id,
        soort=header.soort.value,
        vestigingscode=header.vestigingscode,
        schooljaar=header.schooljaar,
        periode=header.periode,
        event_day=header.event_day,
        sender=header.sender,
        received_at=header.received_at,
        betreft=header.withdraws,
        digest=encrypted.body_digest,
        policy_date=header.beleid,
        entry=made.row.entry,
        receipt=gateway.keys.seal(key, receipt, receipt_context(header.bericht_id)),
    )


def _parcel(parcel: Parcel, encrypted: Encrypted) -> ParcelRow:
    header = encrypted.header
    return ParcelRow(
        bericht_id=header.bericht_id,
        rol=parcel.account.role.value,
        recipient=parcel.recipient,
        soort=header.soort.value,
        vestigingscode=header.vestigingscode,
        schooljaar=header.schooljaar,
        purpose=parcel.account.clause.activiteit,
        kid=parcel.kid,
        payload=parcel.payload,
        created_at=header.received_at,
        push=parcel.push,
    )
