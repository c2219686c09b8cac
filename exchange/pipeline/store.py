"""Step 8: message, parcels, idempotency, log record, links and receipt in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exchange.accountability.ledger import append_record
from exchange.accountability.receipt import ReceiptFacts, StreamLine, make_receipt, sign_receipt
from exchange.accountability.record import Action, Happening, LogRecord, Subject, record
from exchange.errors import Code, Refused
from exchange.pipeline.at_rest import column_key, receipt_context
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.lines import at_rest_status, line_of
from exchange.pipeline.stages import Account, Encrypted, Parcel, Stored
from exchange.policy.necessity import Reach
from exchange.policy.status import Status
from exchange.storage import acceptance
from exchange.storage.database import Connection
from exchange.storage.rows import IdempotencyRow, MessageRow, ParcelRow

_ACCEPTED = 202


class Overtaken(Exception):
    """A twin of this request committed first: its answer is the answer, if it can be found.

    ``otherwise`` is what to refuse with when it cannot.
    """

    def __init__(self, otherwise: Code) -> None:
        super().__init__()
        self.otherwise = otherwise


@dataclass(frozen=True, slots=True)
class _Dispatch:
    """What really leaves: a withdrawal before the download has nothing left to tell anybody."""

    parcels: tuple[Parcel, ...]
    unsent: Status


async def store(encrypted: Encrypted, gateway: Gateway) -> Stored:
    """Commit everything that belongs to one acceptance, or nothing.

    Raises ``Overtaken`` when a twin (same key, or the same withdrawal) was first, ``al-gemeld``
    with the id of the message that says the same, and ``logboek-onbeschikbaar`` when the record
    cannot be written: then nothing was accepted.
    """
    header = encrypted.header
    async with gateway.database.transaction(party=header.sender, today=header.today) as conn:
        await _claim_key(conn, encrypted)
        dispatch = await _withdraw_earlier(conn, encrypted)
        await _claim_natural_key(conn, encrypted)
        log = record(_happening(encrypted, dispatch, gateway), gateway.keys, gateway.ids)
        receipt = sign_receipt(_receipt(encrypted, dispatch, log), gateway.keys)
        await acceptance.insert_message(conn, _message(encrypted, log, receipt, gateway))
        await acceptance.insert_parcels(conn, [_row(p, encrypted) for p in dispatch.parcels])
        await append_record(conn, log)
        gateway.steps.passed("8 written", None)
    return gateway.steps.passed("8 committed", Stored(receipt, status=_ACCEPTED))


async def _claim_key(conn: Connection, encrypted: Encrypted) -> None:
    header = encrypted.header
    row = IdempotencyRow(
        key_digest=encrypted.key_digest,
        body_digest=encrypted.body_digest,
        bericht_id=header.bericht_id,
        status=_ACCEPTED,
        created_at=header.received_at,
    )
    if not await acceptance.claim_idempotency(conn, row):
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
    if header.replaces or withdrawal.was_fetched:
        return _Dispatch(encrypted.parcels, Status.GEEN)
    return _Dispatch((), Status.INGETROKKEN)


async def _claim_natural_key(conn: Connection, encrypted: Encrypted) -> None:
    if encrypted.same_again is None:
        return
    other = await acceptance.claim_natural_key(
        conn, encrypted.same_again, encrypted.header.bericht_id
    )
    if other is not None:
        raise Refused(Code.AL_GEMELD, berichtId=str(other))


def _happening(encrypted: Encrypted, dispatch: _Dispatch, gateway: Gateway) -> Happening:
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
            "stromen": [line.as_json() for line in _lines(encrypted, dispatch)],
        },
        subjects=subject,
    )


def _activity(accounts: Sequence[Account]) -> str:
    """The activity of the stream that gets most: the sealed one, else the first that counts."""
    reached = min(accounts, key=lambda a: list(Reach).index(a.clause.reach))
    return reached.clause.activiteit


def _receipt(encrypted: Encrypted, dispatch: _Dispatch, log: LogRecord) -> dict[str, object]:
    header = encrypted.header
    facts = ReceiptFacts(
        bericht_id=header.bericht_id,
        soort=header.soort,
        received_at=header.received_at,
        entry=log.entry,
        leaf_hash=log.leaf_hash,
        zout=encrypted.zout,
        inhoudshash=encrypted.inhoudshash,
    )
    return make_receipt(facts, _lines(encrypted, dispatch))


def _lines(encrypted: Encrypted, dispatch: _Dispatch) -> list[StreamLine]:
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


def _message(encrypted: Encrypted, log: LogRecord, receipt: bytes, gateway: Gateway) -> MessageRow:
    header = encrypted.header
    key = column_key(header.vestigingscode, header.schooljaar)
    return MessageRow(
        bericht_id=header.bericht_id,
        soort=header.soort.value,
        vestigingscode=header.vestigingscode,
        schooljaar=header.schooljaar,
        periode=header.periode,
        sender=header.sender,
        received_at=header.received_at,
        betreft=header.withdraws,
        digest=encrypted.body_digest,
        policy_date=header.beleid,
        entry=log.entry,
        receipt=gateway.keys.seal(key, receipt, receipt_context(header.bericht_id)),
    )


def _row(parcel: Parcel, encrypted: Encrypted) -> ParcelRow:
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
