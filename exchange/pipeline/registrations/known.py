"""What the gateway knows about the vestigingen of one delivery, each looked up once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date

from exchange.accountability.record import Subject
from exchange.crypto.canonical import framed
from exchange.errors import Code, ExchangeError, Refused, Violation
from exchange.messages.identifiers import LocalReason, Periode, Pgn, Schooljaar, Vestigingscode
from exchange.messages.wire import Categorie
from exchange.pipeline.concerning import may_link, year_to_link
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.registrations.pupils import Pupils
from exchange.pipeline.registrations.stages import (
    SchoolDay,
    SchoolMonth,
    SchoolYear,
    subject_of,
)
from exchange.pipeline.school_policy import reason_digest
from exchange.pipeline.stages import Authenticated
from exchange.policy.future import FUTURE
from exchange.policy.mandates import require_mandate
from exchange.policy.parties import Vestiging
from exchange.policy.retention import is_open
from exchange.storage import month_sources, school_facts
from exchange.storage.school_facts import BeleidRow

REGISTRATIES = "registraties"
_AT_ONCE = 500


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
    lawful: dict[tuple[SchoolDay, str | None, Categorie | None], Categorie] = field(
        default_factory=dict, repr=False
    )
    _allowed: dict[tuple[Vestigingscode, date], Vestiging | ExchangeError | None] = field(
        default_factory=dict
    )
    schools: dict[Vestigingscode, School] = field(default_factory=dict)
    _open: dict[Periode, bool] = field(default_factory=dict)
    _years: dict[tuple[Vestigingscode, Schooljaar], SchoolYear] = field(default_factory=dict)
    _months: dict[tuple[SchoolYear, Periode], SchoolMonth] = field(default_factory=dict)
    _days: dict[tuple[Vestigingscode, date], SchoolDay] = field(default_factory=dict)
    _subjects: dict[tuple[SchoolMonth, str], Subject] = field(default_factory=dict, repr=False)
    _noted: list[tuple[int, tuple[SchoolMonth, str], Pgn]] = field(default_factory=list, repr=False)
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

    def may_deliver(self, code: Vestigingscode) -> bool:
        """Whether the caller may act for a vestiging today, about whatever day."""
        directory, today = self.gateway.directory(), self.caller.received.today
        try:
            require_mandate(self.caller.party, code, directory, today)
        except ExchangeError:
            return False
        return True

    def day(self, code: Vestigingscode, datum: date) -> SchoolDay:
        """Give the vestiging on that day."""
        found = self._days.get((code, datum))
        if found is None:
            month = self._month(code, Schooljaar.of(datum), Periode.of(datum))
            link = self._month(code, *self._to_link_under(datum))
            found = SchoolDay(month, link, datum, framed(datum.isoformat()))
            self._days[code, datum] = found
        return found

    def moment_faults(self, datum: date) -> Iterator[Violation]:
        """Say what is wrong with the day: not yet there, or in a month that has closed."""
        if datum > self.caller.received.today:
            yield Violation("/datum", Code.DATUM_ONGELDIG, FUTURE)
        elif not self.is_open(Periode.of(datum)):
            yield Violation(
                "/datum",
                Code.PERIODE_GESLOTEN,
                "Deze maand is gesloten voor registraties en correcties.",
            )

    def note_pupil(self, number: int, day: SchoolDay, pgn: object) -> None:
        """Note whom a line is about, in case it is refused.

        The link goes with the registrations of the line's month, or of today's if that has closed.
        """
        if may_link(pgn, self.gateway.mode):
            self.note(number, day, pgn)

    def note(self, number: int, day: SchoolDay, pgn: Pgn) -> None:
        """Note it of a pupil that may be linked."""
        self._noted.append((number, (day.link, pgn.reveal()), pgn))

    def name_noted(self) -> None:
        """Give the pupils that were noted their names, all that are new together."""
        noted, subjects = self._noted, self._subjects
        new = {named: pgn for _, named, pgn in noted if named not in subjects}
        self.pupils.meet((link.year, pgn) for (link, _), pgn in new.items())
        for (link, number), pgn in new.items():
            subjects[link, number] = subject_of(self.pupils.named(link.year, pgn), link)
        self.caller.received.concerned.by_line.update(
            [(line, subjects[named]) for line, named, _ in noted]
        )
        noted.clear()

    def is_open(self, periode: Periode) -> bool:
        """Whether a month still takes registrations and corrections."""
        if periode not in self._open:
            today = self.caller.received.today
            self._open[periode] = is_open(periode, today, self.gateway.law)
        return self._open[periode]

    def school(self, code: Vestigingscode) -> School:
        """Give what ``look_up`` found."""
        return self.schools[code]

    def category_of(
        self, code: Vestigingscode, reden: LocalReason, beleid: BeleidRow
    ) -> Categorie | None:
        """Give the category that a policy gives a local reason; None for one it does not know."""
        key = (code, reden.reveal())
        if key not in self._digests:
            self._digests[key] = reason_digest(*key, self.gateway)
        found = beleid.redenen.get(self._digests[key])
        return Categorie(found) if found else None

    async def look_up(self, codes: Collection[Vestigingscode]) -> None:
        """Read about these vestigingen, in one short transaction, before anything is decided."""
        async with self.gateway.database.transaction(
            party=self.caller.party.oin, today=self.caller.received.today
        ) as conn:
            wanted = list(codes)
            for start in range(0, len(wanted), _AT_ONCE):
                some = wanted[start : start + _AT_ONCE]
                counted = await month_sources.delivered_as(conn, some, "schoolcijfers")
                beleid = await school_facts.beleid_of_all(conn, some)
                for code in some:
                    self.schools[code] = School(beleid[code], counted[code])

    def vestigingen(self, codes: Collection[Vestigingscode]) -> set[Vestiging]:
        """Give each of these vestigingen, as it was on each day that a line is about."""
        found = (v for (code, _), v in self._allowed.items() if code in codes)
        return {v for v in found if isinstance(v, Vestiging)}

    def _month(self, code: Vestigingscode, schooljaar: Schooljaar, periode: Periode) -> SchoolMonth:
        year = self._years.setdefault((code, schooljaar), SchoolYear(code, schooljaar))
        return self._months.setdefault((year, periode), SchoolMonth(year, periode))

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
        if code not in self.schools:  # the mandate is newer than the look-up
            return Refused(Code.GEEN_MANDAAT)
        return directory.vestiging_on(code, datum)
