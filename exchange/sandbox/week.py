"""Lives the school week of one start: what parties do first, the telling, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from exchange.policy.parties import Role
from exchange.sandbox.callers import Callers
from exchange.sandbox.furnishing import lay_down, register_keys
from exchange.sandbox.layout import Layout
from exchange.sandbox.screen.board import Board
from exchange.sandbox.screen.summary import Outcome
from exchange.sandbox.setup.memory import Memory
from exchange.sandbox.story.caller import Pause
from exchange.sandbox.story.check import check
from exchange.sandbox.story.journals import Journals
from exchange.sandbox.story.planning import plan_week
from exchange.sandbox.story.telling import Teller
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
    ) -> None:
        """Let the parties do what must come first, and remember that it is done."""
        self.board.note("sleutels, verzuimbeleid en schoolkalenders vastleggen")
        register_keys(self.layout, callers, keyless)
        lay_down(self.world, callers, memory, today).keep(self.layout.memory)

    def live(self, callers: Callers, memory: Memory) -> Outcome:
        """Tell the week, wait for what must arrive, and check all of it."""
        self.board.note("de schoolweek versturen")
        journals = self._journals()
        teller = Teller(self.world, callers, journals, self.board, self.pause)
        told = teller.tell(plan_week(self.world, memory.reference, memory.week))
        arrived = teller.await_all()
        self.board.note("controleren wat aankwam")
        faults = check(told, self.world, callers, journals, self.pause)
        return Outcome(tuple(told.values()), faults, arrived, self.receives)

    def _journals(self) -> Journals | None:
        if not self.receives:
            return None
        names = (party.name for party in self.world.holders(Role.LEERPLICHT))
        return Journals({name: self.layout.journal(name) for name in names})
