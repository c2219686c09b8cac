"""Rows as the pipeline makes them, with sealed columns that are just random bytes."""

import secrets
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from exchange.messages.identifiers import Oin, Periode, Schooljaar, Vestigingscode
from exchange.policy.parties import Dienst, Mandate, Role
from exchange.storage import acceptance, directory, log
from exchange.storage.database import Connection, Database
from exchange.storage.forwarding import PushResult
from exchange.storage.rows import (
    DuePush,
    IdempotencyRow,
    LogRow,
    MessageRow,
    ParcelRow,
    SubjectLinkRow,
    TerugmeldingRow,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TODAY = date(2026, 11, 21)
YEAR = Schooljaar(2026)
A, B, C = (Vestigingscode(code) for code in ("99AA00", "99BB00", "99CC00"))


def oin(number: int) -> Oin:
    return Oin(f"00000099{number:09d}000")


LAS, SCHOOL, LEERPLICHT, OTHER_LEERPLICHT, FG, OCW = (oin(number) for number in range(1, 7))


def digest() -> bytes:
    """A keyed digest: a version byte and an HMAC."""
    return b"\x01" + secrets.token_bytes(32)


def idempotency(key: bytes | None = None, bericht_id: UUID | None = None) -> IdempotencyRow:
    return IdempotencyRow(key or digest(), digest(), bericht_id or uuid7(), 202, NOW)


def message(
    vestiging: Vestigingscode = A,
    *,
    bericht_id: UUID | None = None,
    schooljaar: Schooljaar = YEAR,
    periode: Periode = Periode(2026, 11),  # noqa: B008  frozen
    soort: str = "signaal",
    betreft: UUID | None = None,
) -> MessageRow:
    return MessageRow(
        bericht_id=bericht_id or uuid7(),
        soort=soort,
        vestigingscode=vestiging,
        schooljaar=schooljaar,
        periode=periode,
        event_day=periode.last_day,
        sender=LAS,
        received_at=NOW,
        betreft=betreft,
        digest=digest(),
        policy_date=date(2025, 8, 1),
        entry=uuid7(),
        receipt=secrets.token_bytes(900),
    )


def parcel(
    of: MessageRow,
    recipient: Oin = LEERPLICHT,
    *,
    push: bool = False,
    created_at: datetime = NOW,
) -> ParcelRow:
    return ParcelRow(
        bericht_id=of.bericht_id,
        rol="leerplicht",
        recipient=recipient,
        soort=of.soort,
        vestigingscode=of.vestigingscode,
        schooljaar=of.schooljaar,
        purpose="signaal-leerplicht/1",
        kid="thumbprint",
        payload=secrets.token_bytes(3000),
        created_at=created_at,
        push=push,
    )


def record(
    of: MessageRow | None = None, *, actor: Oin | None = LAS, recipient: Oin | None = None
) -> LogRow:
    return LogRow(
        entry=of.entry if of else uuid7(),
        recorded_at=NOW,
        activity="signaal-leerplicht/1",
        actor=str(actor) if actor else None,
        recipient=recipient,
        bericht_id=of.bericht_id if of else None,
        action="bericht-aangenomen",
        outcome="ok",
        leaf=b'{"versie":1}',
        leaf_hash=secrets.token_bytes(32),
    )


def link(
    vestiging: Vestigingscode = A, blind_index: bytes | None = None, schooljaar: Schooljaar = YEAR
) -> SubjectLinkRow:
    return SubjectLinkRow(vestiging, schooljaar, secrets.token_bytes(16), blind_index or digest())


def pushed(due: DuePush, after: float | None, *, delivered: bool) -> PushResult:
    """What came of a notice: delivered, due again after some seconds, or given up."""
    made = due.attempt + 1
    if delivered:
        return PushResult(due, "bezorgd", made)
    again = None if after is None else NOW + timedelta(seconds=after)
    return PushResult(due, "wachtend" if again else "opgegeven", made, again)


def terugmelding(
    of: MessageRow,
    status: str = "in-behandeling",
    *,
    afsluitreden: str | None = None,
    reden: str | None = None,
) -> TerugmeldingRow:
    return TerugmeldingRow(
        id=uuid7(),
        bericht_id=of.bericht_id,
        vestigingscode=of.vestigingscode,
        schooljaar=of.schooljaar,
        status=status,
        afsluitreden=afsluitreden,
        reden=reden,
        received_at=NOW,
    )


async def accept(
    database: Database,
    vestiging: Vestigingscode = A,
    recipient: Oin = LEERPLICHT,
    *,
    pupil: bytes | None = None,
    push: bool = False,
    created_at: datetime = NOW,
    schooljaar: Schooljaar = YEAR,
    periode: Periode = Periode(2026, 11),  # noqa: B008  frozen
) -> MessageRow:
    """Take in one message with one parcel, as one transaction of the gateway."""
    row = message(vestiging, schooljaar=schooljaar, periode=periode)
    async with database.transaction(party=LAS, today=TODAY) as conn:
        await write(conn, row, parcel(row, recipient, push=push, created_at=created_at), pupil)
    return row


async def write(
    conn: Connection, row: MessageRow, sealed: ParcelRow, pupil: bytes | None = None
) -> None:
    await acceptance.insert_message(conn, row)
    await acceptance.insert_parcels(conn, [sealed])
    subject = link(row.vestigingscode, pupil, row.schooljaar)
    await log.append(conn, record(row, recipient=sealed.recipient), [subject])


async def connect_everybody(operator: Database) -> None:
    """LAS acts for A and B by mandate, SCHOOL is 99AA itself; two leerplicht, one FG, OCW."""
    async with operator.transaction() as conn:
        for number, party in enumerate((LAS, SCHOOL, LEERPLICHT, OTHER_LEERPLICHT, FG, OCW)):
            await directory.add_party(conn, party, f"party-{number}", None, NOW)
        await directory.grant(conn, LAS, Role.LEVERANCIER)
        await directory.grant(conn, SCHOOL, Role.SCHOOL, "99AA")
        await directory.grant(conn, LEERPLICHT, Role.LEERPLICHT, "0361")
        await directory.grant(conn, OTHER_LEERPLICHT, Role.LEERPLICHT, "0599")
        await directory.grant(conn, FG, Role.FG)
        await directory.grant(conn, OCW, Role.OCW)
        for vestiging in (A, B):
            await directory.add_mandate(conn, uuid7(), mandate(LAS, vestiging))


def mandate(
    supplier: Oin,
    vestiging: Vestigingscode,
    van: date = date(2026, 8, 1),
    tot: date | None = date(2027, 7, 31),
) -> Mandate:
    return Mandate(supplier, str(vestiging), Dienst.AANLEVEREN, van, tot, date(2026, 8, 1))
