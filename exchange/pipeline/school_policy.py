"""A school lays down its verzuimbeleid and its calendar; of local reasons only digests remain."""

from __future__ import annotations

from datetime import date

from exchange.accountability.record import Action
from exchange.crypto.canonical import canonical
from exchange.crypto.pseudonym import keyed_digest
from exchange.errors import Code, Invalid, Refused, Violation
from exchange.messages.identifiers import Schooljaar, Vestigingscode, spells_a_pgn
from exchange.messages.verzuimbeleid import SchoolkalenderVersie, VerzuimbeleidVersie
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.school_side import Reader, log_act
from exchange.policy.future import FUTURE
from exchange.policy.mandates import require_mandate
from exchange.ports import GatewayKey, KeyUse
from exchange.storage import school_facts
from exchange.storage.school_facts import BeleidRow, Put

_ACTIVITY = "verzuimbeleid-vastleggen/1"
_BELEID_PUT = (Action.BELEID_VASTGELEGD, _ACTIVITY)
_KALENDER_PUT = (Action.KALENDER_VASTGELEGD, _ACTIVITY)
_BELEID_READ = (Action.BELEID_INGEZIEN, _ACTIVITY)
_KALENDER_READ = (Action.KALENDER_INGEZIEN, _ACTIVITY)
_CODES = GatewayKey(KeyUse.POLICY_CODES)


async def put_beleid(
    who: Reader,
    vestiging: Vestigingscode,
    beleid: VerzuimbeleidVersie,
    gateway: Gateway,
    *,
    rehearsal: bool,
) -> bool:
    """Store a version of the policy, unless it is a rehearsal; True when it is a new one."""
    today = gateway.today()
    require_mandate(who.party, vestiging, gateway.directory(), today)
    _require_consistent(beleid, today)
    if rehearsal:
        return False
    async with gateway.database.transaction(party=who.party.oin, today=today) as conn:
        _, is_new = await school_facts.put_beleid(
            conn, vestiging, _row(who, vestiging, beleid, gateway)
        )
        if is_new:
            await log_act(conn, who, str(vestiging), _BELEID_PUT, gateway)
    return is_new


async def put_kalender(
    who: Reader,
    vestiging: Vestigingscode,
    schooljaar: Schooljaar,
    kalender: SchoolkalenderVersie,
    gateway: Gateway,
    *,
    rehearsal: bool,
) -> bool:
    """Store the lesson-free periods, unless it is a rehearsal; True when there were none yet.

    The same again changes nothing and leaves no record.
    """
    require_mandate(who.party, vestiging, gateway.directory(), gateway.today())
    _require_inside(kalender, schooljaar)
    if rehearsal:
        return False
    periods = tuple((p.van, p.tot) for p in kalender.lesvrije_perioden)
    async with gateway.database.transaction(party=who.party.oin, today=gateway.today()) as conn:
        put = await school_facts.put_kalender(
            conn, vestiging, schooljaar, periods, who.party.oin, gateway.clock.now()
        )
        if put is not Put.UNCHANGED:
            await log_act(conn, who, str(vestiging), _KALENDER_PUT, gateway)
    return put is Put.NEW


async def read_beleid(
    who: Reader, vestiging: Vestigingscode, day: date | None, gateway: Gateway
) -> BeleidRow:
    """Give the version in force on ``day``, without one that was put last; 404 if there is none."""
    require_mandate(who.party, vestiging, gateway.directory(), gateway.today())
    async with gateway.database.transaction(party=who.party.oin, today=gateway.today()) as conn:
        if day is None:
            latest = await school_facts.latest_beleid(conn, vestiging)
            row = latest[1] if latest else None
        else:
            row = school_facts.in_force(await school_facts.all_beleid(conn, vestiging), day)
        if row is None:
            raise Refused(Code.NIET_GEVONDEN)
        await log_act(conn, who, str(vestiging), _BELEID_READ, gateway)
    return row


async def read_kalender(
    who: Reader, vestiging: Vestigingscode, schooljaar: Schooljaar, gateway: Gateway
) -> tuple[tuple[date, date], ...]:
    """Give the lesson-free periods of a schooljaar; 404 when there is no calendar."""
    require_mandate(who.party, vestiging, gateway.directory(), gateway.today())
    async with gateway.database.transaction(party=who.party.oin, today=gateway.today()) as conn:
        periods = await school_facts.kalender(conn, vestiging, schooljaar)
        if periods is None:
            raise Refused(Code.NIET_GEVONDEN)
        await log_act(conn, who, str(vestiging), _KALENDER_READ, gateway)
    return periods


def reason_digest(vestiging: Vestigingscode, code: str, gateway: Gateway) -> bytes:
    """Give the keyed digest by which a local reason is recognised, and nothing else (P3)."""
    return keyed_digest(_CODES, gateway.keys, "reden/v1", str(vestiging), code)


def _row(
    who: Reader, vestiging: Vestigingscode, beleid: VerzuimbeleidVersie, gateway: Gateway
) -> BeleidRow:
    redenen = {
        reason_digest(vestiging, reden.code.reveal(), gateway): reden.categorie.value
        for reden in beleid.redenen
    }
    whole = canonical(
        {
            "vastgesteldOp": beleid.vastgesteld_op.isoformat(),
            "geldigVanaf": beleid.geldig_vanaf.isoformat(),
            "lesuurInMinuten": beleid.lesuur_in_minuten,
            "redenen": sorted([d.hex(), categorie] for d, categorie in redenen.items()),
            "criteria": sorted(c.code.reveal() for c in beleid.signaalcriteria),
            "elementen": sorted(e.reveal() for e in beleid.elementen),
        }
    )
    return BeleidRow(
        geldig_vanaf=beleid.geldig_vanaf,
        vastgesteld_op=beleid.vastgesteld_op,
        lesuur_in_minuten=beleid.lesuur_in_minuten,
        redenen=redenen,
        criteria=tuple(c.code.reveal() for c in beleid.signaalcriteria),
        elementen=tuple(e.reveal() for e in beleid.elementen),
        digest=keyed_digest(_CODES, gateway.keys, "beleid/v1", str(vestiging), whole),
        put_at=gateway.clock.now(),
        put_by=who.party.oin,
    )


def _require_consistent(beleid: VerzuimbeleidVersie, today: date) -> None:
    faults = []
    if beleid.vastgesteld_op > today:
        faults.append(Violation("/vastgesteldOp", Code.DATUM_ONGELDIG, FUTURE))
    codes: list[tuple[str, list[str]]] = [
        ("/redenen", [r.code.reveal() for r in beleid.redenen]),
        ("/signaalcriteria", [c.code.reveal() for c in beleid.signaalcriteria]),
        ("/elementen", [e.reveal() for e in beleid.elementen]),
    ]
    faults += [
        Violation(pointer, Code.WAARDE_ONGELDIG, "Noem elke code een keer.")
        for pointer, named in codes
        if len(set(named)) != len(named)
    ]
    faults += [
        Violation(pointer, Code.PGN_IN_VRIJE_TEKST, "In een eigen code staat geen PGN.")
        for pointer, named in codes
        if any(map(spells_a_pgn, named))
    ]
    if faults:
        raise Invalid(faults)


def _require_inside(kalender: SchoolkalenderVersie, schooljaar: Schooljaar) -> None:
    faults = [
        Violation(
            f"/lesvrijePerioden/{number}",
            Code.DATUM_ONGELDIG,
            "Een lesvrije periode ligt binnen het schooljaar en eindigt niet voor zij begint.",
        )
        for number, period in enumerate(kalender.lesvrije_perioden)
        if not schooljaar.first_day <= period.van <= period.tot <= schooljaar.last_day
    ]
    if faults:
        raise Invalid(faults)
