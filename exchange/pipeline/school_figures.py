"""A school puts figures about a month: judged as a whole, stored only if they change something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from exchange.accountability.record import Action
from exchange.crypto.canonical import Prepared
from exchange.errors import Code, ExchangeError, Fault, Invalid, Refused, Violation
from exchange.messages.contracts import CONTRACTS, Values
from exchange.messages.document import parse_object, read_message, to_wire
from exchange.messages.identifiers import Periode, Vestigingscode
from exchange.messages.schoolcijfers import Leerlingaantallen, Schoolcijfers
from exchange.messages.soort import Soort
from exchange.pipeline.accounts import account_of, at_rest_status, line_of
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.reading import ACCOUNTING
from exchange.pipeline.school_side import Reader, log_act
from exchange.pipeline.stages import Stream
from exchange.policy.mandates import require_mandate
from exchange.policy.necessity import Clause, Reach
from exchange.policy.parties import Vestiging
from exchange.policy.retention import is_open
from exchange.policy.schoolcijfers import contradictions
from exchange.policy.status import Status
from exchange.policy.territory import holder_at
from exchange.storage import month_sources, school_figures, tally
from exchange.storage.database import Connection
from exchange.storage.school_facts import Put

_SCHOOLCIJFERS = "schoolcijfers"
_ACTIONS = {
    Soort.LEERLINGAANTALLEN: Action.LEERLINGAANTALLEN_VASTGELEGD,
    Soort.SCHOOLCIJFERS: Action.SCHOOLCIJFERS_VASTGELEGD,
}


_READ = (Action.CIJFERS_INGEZIEN, ACCOUNTING)


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures about one month of one vestiging as they came in; ``soort`` is one that is put."""

    who: Reader
    soort: Soort
    vestiging: Vestigingscode
    periode: Periode
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Judged:
    """Figures with no fault left, and what comes of them for each role."""

    message: Leerlingaantallen | Schoolcijfers
    activity: str
    policy_date: str
    lines: tuple[Prepared, ...]


async def put_figures(figures: Figures, gateway: Gateway) -> bool:
    """Store and log the figures, unless they stand there already; True when there were none yet."""
    judged = _judge(figures, gateway)
    async with _transaction(figures.who, gateway) as conn:
        await _require_room(conn, figures, judged)
        change = await _store(conn, figures, judged, gateway)
        if change is not Put.UNCHANGED:
            await _log(conn, figures, judged, gateway)
    return change is Put.NEW


async def rehearse_figures(figures: Figures, gateway: Gateway) -> tuple[Prepared, ...]:
    """Run every check of ``put_figures``, claim and store nothing; say what each role would get."""
    judged = _judge(figures, gateway)
    async with _transaction(figures.who, gateway) as conn:
        await _require_room(conn, figures, judged)
        if figures.soort is Soort.SCHOOLCIJFERS and await month_sources.is_registered(
            conn, (figures.vestiging, figures.periode)
        ):
            raise Refused(Code.BRON_STRIJDIG)
    return judged.lines


async def read_figures(
    who: Reader, soort: Soort, vestiging: Vestigingscode, periode: Periode, gateway: Gateway
) -> Mapping[str, Any]:
    """Give what was put, as it was put; 404 when nothing was."""
    require_mandate(who.party, vestiging, gateway.directory(), gateway.today())
    async with _transaction(who, gateway) as conn:
        found: Leerlingaantallen | Schoolcijfers | None
        if soort is Soort.SCHOOLCIJFERS:
            found = await school_figures.schoolcijfers_of(conn, vestiging, periode)
        else:
            found = await school_figures.leerlingaantallen_of(conn, vestiging, periode)
        if found is None:
            raise Refused(Code.NIET_GEVONDEN)
        about = {"soort": soort.value, "periode": str(periode)}
        await log_act(conn, who, str(vestiging), _READ, gateway, **about)
    named: Mapping[str, Any] = CONTRACTS[soort].adapter.dump_python(found, by_alias=True)
    return named


def _judge(figures: Figures, gateway: Gateway) -> _Judged:
    """Mandate, then ground (403), then all faults of form and rules (400), then the month (409)."""
    contract = CONTRACTS[figures.soort]
    values, faults = read_message(contract, figures.body, parse_object(figures.body))
    vestiging = _require_allowed(figures, faults, gateway)
    table = gateway.necessity.on(gateway.today())
    clauses = table.in_force(figures.soort, gateway.mode)
    if faults := (*faults, *_broken_rules(figures, values, gateway)):
        raise Invalid(faults)
    if figures.soort is Soort.SCHOOLCIJFERS and not is_open(
        figures.periode, gateway.today(), gateway.law
    ):
        raise Refused(Code.PERIODE_GESLOTEN)
    wire = to_wire(contract, values)
    streams = (_stream(clause, vestiging, gateway) for clause in clauses)
    accounts = [account_of(stream, wire) for stream in streams]
    return _Judged(
        message=contract.model(**values),
        activity=next(c.activiteit for c in clauses if c.reach is Reach.CIJFERS),
        policy_date=table.geldig_vanaf.isoformat(),
        lines=tuple(
            line_of(account, at_rest_status(account, Status.GEEN), table.geldig_vanaf)
            for account in accounts
        ),
    )


def _require_allowed(
    figures: Figures, faults: tuple[Violation, ...], gateway: Gateway
) -> Vestiging:
    """Refuse whoever may not tell about the whole month: its first day is the earliest event day.

    A body that cannot be read is told first, as it is for a message.
    """
    directory, today = gateway.directory(), gateway.today()
    month = figures.periode
    try:
        require_mandate(
            figures.who.party, figures.vestiging, directory, today, event_day=month.first_day
        )
    except ExchangeError:
        if faults:
            raise Invalid(faults) from None
        raise
    for day in (min(month.last_day, max(today, month.first_day)), month.first_day):
        if vestiging := directory.vestiging_on(figures.vestiging, day):
            return vestiging
    raise Refused(Code.ONBEKENDE_VESTIGING)


def _broken_rules(figures: Figures, values: Values, gateway: Gateway) -> Iterator[Violation]:
    if figures.periode.first_day > gateway.today():
        yield Violation("/periode", Code.DATUM_ONGELDIG, "De maand ligt in de toekomst.")
    if figures.soort is Soort.SCHOOLCIJFERS:
        yield from contradictions(values, gateway.law.on(figures.periode.last_day))


def _stream(clause: Clause, vestiging: Vestiging, gateway: Gateway) -> Stream:
    if clause.reach is Reach.BERICHT:
        raise Fault(f"clausule {clause.id} wil cijfers van een school als bericht versturen")
    return Stream(clause, holder_at(clause, vestiging, gateway.directory()))


async def _require_room(conn: Connection, figures: Figures, judged: _Judged) -> None:
    """Refuse numbers of pupils that the month's own registrations go beyond already."""
    if not isinstance(judged.message, Leerlingaantallen):
        return
    found = await tally.registered(conn, (figures.vestiging, figures.periode))
    faults = []
    if judged.message.leerlingen < found.leerlingen:
        text = "Van meer leerlingen is in deze maand al verzuim geregistreerd."
        faults.append(Violation("/leerlingen", Code.CIJFERS_STRIJDIG, text))
    if judged.message.geplande_minuten_per_leerling < found.grootste:
        text = "Van een leerling zijn in deze maand al meer minuten verzuim geregistreerd."
        faults.append(Violation("/geplandeMinutenPerLeerling", Code.CIJFERS_STRIJDIG, text))
    if faults:
        raise Invalid(faults)


async def _store(conn: Connection, figures: Figures, judged: _Judged, gateway: Gateway) -> Put:
    month = (figures.vestiging, figures.periode)
    put_by, put_at = figures.who.party.oin, gateway.clock.now()
    if isinstance(judged.message, Leerlingaantallen):
        return await school_figures.put_leerlingaantallen(
            conn, month, judged.message, put_by, put_at
        )
    held = await month_sources.claim(conn, [month], _SCHOOLCIJFERS)
    if held and not await month_sources.take_over(conn, month, _SCHOOLCIJFERS):
        raise Refused(Code.BRON_STRIJDIG)
    return await school_figures.put_schoolcijfers(conn, month, judged.message, put_by, put_at)


async def _log(conn: Connection, figures: Figures, judged: _Judged, gateway: Gateway) -> None:
    await log_act(
        conn,
        figures.who,
        str(figures.vestiging),
        (_ACTIONS[figures.soort], judged.activity),
        gateway,
        beleid=judged.policy_date,
        soort=figures.soort.value,
        periode=str(figures.periode),
        stromen=list(judged.lines),
    )


def _transaction(who: Reader, gateway: Gateway) -> AbstractAsyncContextManager[Connection]:
    return gateway.database.transaction(party=who.party.oin, today=gateway.today())
