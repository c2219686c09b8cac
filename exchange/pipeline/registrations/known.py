"""What the gateway knows about the vestigingen of one delivery, each looked up once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from exchange.accountability.record import Subject
from exchange.errors import Code, ExchangeError, Violation
from exchange.messages.identifiers import Periode, Schooljaar, Vestigingscode
from exchange.messages.wire import Categorie
from exchange.pipeline.concerning import may_link, year_to_link
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.registrations.pupils import Pupils
from exchange.pipeline.school_policy import reason_digest
from exchange.pipeline.stages import Authenticated
from exchange.policy.mandates import require_mandate
from exchange.policy.parties import Vestiging
from exchange.policy.retention import is_open
from exchange.storage import month_sources, school_facts
from exchange.storage.school_facts import BeleidRow

REGISTRATIES = "registraties"


@dataclass(frozen=True, slots=True)
class School:
    """A vestiging's policies, newest first, and the months that it delivers as figures."""

    beleid: tuple[BeleidRow, ...]
    counted_itself: frozenset[Periode]


@dataclass(slots=True)
class Known:
    """Answers about vestigingen and days, remembered for as long as one delivery takes."""

    caller: Authenticated
    gateway: Gateway
    pupils: Pupils
    _allowed: dict[tuple[Vestigingscode, date], Vestiging | ExchangeError | None] = field(
        default_factory=dict
    )
    _schools: dict[Vestigingscode, School] = field(default_factory=dict)
    _open: dict[Periode, bool] = field(default_factory=dict)
    _linked_under: dict[date, tuple[Schooljaar, Periode]] = field(default_factory=dict)
    _digests: dict[tuple[Vestigingscode, str], bytes] = field(default_factory=dict, repr=False)

    def allowed(self, code: Vestigingscode, datum: date) -> Vestiging | None:
        """Give the vestiging as it was that day; raises when the caller has no mandate for it."""
        found = self._allowed.get((code, datum), self)
        if found is self:
            found = self._allowed[code, datum] = self._judge(code, datum)
        if isinstance(found, ExchangeError):
            # Remembered without its last traceback: that would keep every line that it refused.
            raise found.with_traceback(None)
        return found if isinstance(found, Vestiging) else None

    def moment_faults(self, datum: date) -> Iterator[Violation]:
        """Say what is wrong with the day: not yet there, or in a month that has closed."""
        if datum > self.caller.received.today:
            yield Violation("/datum", Code.DATUM_ONGELDIG, "De datum ligt in de toekomst.")
        elif not self.is_open(Periode.of(datum)):
            yield Violation(
                "/datum",
                Code.PERIODE_GESLOTEN,
                "Deze maand is gesloten voor registraties en correcties.",
            )

    def note_pupil(self, number: int, code: Vestigingscode, datum: date, pgn: object) -> None:
        """Note whom a line is about, in case it is refused.

        The link goes with the registrations of the line's month, or of today's if that has closed.
        """
        if not may_link(pgn, self.gateway.mode):
            return
        if datum not in self._linked_under:
            self._linked_under[datum] = self._to_link_under(datum)
        schooljaar, periode = self._linked_under[datum]
        index = self.pupils.named(code, schooljaar, pgn).blind_index
        subject = Subject(code, schooljaar, index, periode)
        self.caller.received.concerned.by_line[number] = subject

    def is_open(self, periode: Periode) -> bool:
        """Whether a month still takes registrations and corrections."""
        if periode not in self._open:
            today = self.caller.received.today
            self._open[periode] = is_open(periode, today, self.gateway.law)
        return self._open[periode]

    def school(self, code: Vestigingscode) -> School:
        """Give what ``look_up`` found."""
        return self._schools[code]

    def category_of(self, code: Vestigingscode, reden: str, beleid: BeleidRow) -> Categorie | None:
        """Give the category that a policy gives a local reason; None for one it does not know."""
        key = (code, reden)
        if key not in self._digests:
            self._digests[key] = reason_digest(code, reden, self.gateway)
        found = beleid.redenen.get(self._digests[key])
        return Categorie(found) if found else None

    async def look_up(self, codes: Iterable[Vestigingscode]) -> None:
        """Read what is not known yet about these vestigingen, in one short transaction."""
        new = set(codes) - self._schools.keys()
        if not new:
            return
        async with self.gateway.database.transaction(
            party=self.caller.party.oin, today=self.caller.received.today
        ) as conn:
            for code in new:
                counted = await month_sources.delivered_as(conn, code, "schoolcijfers")
                beleid = await school_facts.all_beleid(conn, code)
                self._schools[code] = School(beleid, counted)

    def vestigingen(self, codes: Collection[Vestigingscode]) -> set[Vestiging]:
        """Give each of these vestigingen, as it was on each day that a line is about."""
        found = (v for (code, _), v in self._allowed.items() if code in codes)
        return {v for v in found if isinstance(v, Vestiging)}

    def _to_link_under(self, datum: date) -> tuple[Schooljaar, Periode]:
        today, periode = self.caller.received.today, Periode.of(datum)
        lasting = periode if datum <= today and self.is_open(periode) else Periode.of(today)
        return year_to_link(datum, today, self.gateway.law), lasting

    def _judge(self, code: Vestigingscode, datum: date) -> Vestiging | ExchangeError | None:
        directory, today = self.gateway.directory(), self.caller.received.today
        try:
            require_mandate(self.caller.party, code, directory, today, datum)
        except ExchangeError as refusal:
            return refusal
        return directory.vestiging_on(code, datum)
