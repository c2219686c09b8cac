"""Lives the school week of one start: what parties do first, the telling, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from exchange.messages.soort import Soort
from exchange.policy.parties import Role
from exchange.sandbox.callers import Callers
from exchange.sandbox.furnishing import lay_down, put_figures, register_keys
from exchange.sandbox.layout import Layout
from exchange.sandbox.screen.board import Board
from exchange.sandbox.screen.month import spoken
from exchange.sandbox.screen.outcome import Outcome
from exchange.sandbox.screen.suppliers import counted
from exchange.sandbox.setup.memory import Memory
from exchange.sandbox.story.caller import Pause
from exchange.sandbox.story.check import check
from exchange.sandbox.story.delivery import Delivered, Delivery
from exchange.sandbox.story.drempel import Drempel, DrempelTold, look, plan_drempel
from exchange.sandbox.story.journals import Journals
from exchange.sandbox.story.month import Month, plan_month
from exchange.sandbox.story.month_check import drempel_faults, month_faults
from exchange.sandbox.story.month_told import MonthTold
from exchange.sandbox.story.plan import Story
from exchange.sandbox.story.planning import plan_week
from exchange.sandbox.story.registering import register
from exchange.sandbox.story.signed import Signed
from exchange.sandbox.story.telling import Teller
from exchange.sandbox.story.told import Told
from exchange.sandbox.world import Participant, World


@dataclass(frozen=True, slots=True)
class Week:
    """What a week is lived with; ``receives`` is whether anybody empties the mailboxes."""

    world: World
    layout: Layout
    board: Board
    pause: Pause
    receives: bool

    def furnish(
        self, callers: Callers, keyless: Iterable[Participant], memory: Memory, today: date
    ) -> Memory:
        """Let the parties do what must come first, and remember that it is done."""
        self.board.note("sleutels, verzuimbeleid en schoolkalenders vastleggen")
        register_keys(self.layout, callers, keyless)
        memory = lay_down(self.world, callers, memory, today)
        memory.keep(self.layout.memory)
        return memory

    def live(self, callers: Callers, memory: Memory) -> Outcome:
        """Tell the month and the week, wait for what must arrive, and check all of it."""
        story = plan_week(self.world, memory.reference, memory.week)
        month = plan_month(self.world, memory.reference, memory.week)
        drempel = self._drempel(story, memory)
        singles = drempel.deliveries if drempel else ()
        self.board.expects(len(story.messages), month.lines + len(singles))
        self._deliver_figures(callers, month, memory)
        delivered = self._register(callers, month, singles)
        before = look(drempel, callers) if drempel else None
        journals = self._journals()
        told, arrived = self._tell(callers, story, journals)
        stands = drempel is not None and look(drempel, callers) is not None
        month_told = MonthTold(
            month, delivered, DrempelTold(drempel, before, stands) if drempel else None
        )
        faults = self._faults(callers, month_told, told, journals)
        return Outcome(tuple(told.values()), month_told, faults, arrived, self.receives)

    def _drempel(self, story: Story, memory: Memory) -> Drempel | None:
        first = next(one for one in story.messages if one.soort is Soort.VERZUIMMELDING)
        return plan_drempel(self.world, memory.reference, memory.week, first)

    def _deliver_figures(self, callers: Callers, month: Month, memory: Memory) -> None:
        self.board.note(f"leerlingaantallen en schoolcijfers van {spoken(month.periode)} leveren")
        put_figures(self.world, callers, month, memory).keep(self.layout.memory)

    def _register(
        self, callers: Callers, month: Month, singles: Sequence[Delivery]
    ) -> list[Delivered]:
        self.board.note(f"de registraties van {spoken(month.periode)} versturen")
        told: list[Delivered] = []
        for name, deliveries in groupby(month.deliveries, lambda delivery: delivery.sender):
            now = register(deliveries, callers, self.board)
            told += now
            self.board.note(_sentence_about(name, now))
        return told + register(singles, callers, self.board)

    def _tell(
        self, callers: Callers, story: Story, journals: Journals | None
    ) -> tuple[Mapping[int, Told], int]:
        self.board.note("de schoolweek versturen")
        teller = Teller(self.world, callers, journals, self.board, self.pause)
        told = teller.tell(story)
        return told, teller.await_all()

    def _faults(
        self,
        callers: Callers,
        month: MonthTold,
        told: Mapping[int, Told],
        journals: Journals | None,
    ) -> list[str]:
        self.board.note("controleren wat aankwam")
        anybody = callers(self.world.holders(Role.LEVERANCIER)[0].name)
        signed = Signed(anybody.get("/v1/sleutels")["keys"])
        return [
            *month_faults(month.delivered, signed, callers),
            *drempel_faults(month.drempel, told),
            *check(told, self.world, signed, callers, journals, self.pause),
        ]

    def _journals(self) -> Journals | None:
        if not self.receives:
            return None
        names = (party.name for party in self.world.holders(Role.LEERPLICHT))
        return Journals({name: self.layout.journal(name) for name in names})


def _sentence_about(name: str, told: Sequence[Delivered]) -> str:
    accepted, refused = sum(one.accepted for one in told), sum(one.refused for one in told)
    known = "" if any(one.is_new for one in told) else " (al bekend)"
    return (
        f"{name}: {len(told)} leveringen, {counted(accepted)} regels aangenomen"
        f" en {refused} geweigerd{known}"
    )
