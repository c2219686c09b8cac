"""Releases the month's figures as an operator would, and lets every recipient collect its part."""

from __future__ import annotations

from dataclasses import dataclass, replace

from exchange.bootstrap.releasing import make_release
from exchange.config import Settings
from exchange.messages.identifiers import Periode
from exchange.policy.parties import Role
from exchange.sandbox.callers import Callers
from exchange.sandbox.layout import Layout
from exchange.sandbox.screen.board import Board
from exchange.sandbox.screen.month import spoken
from exchange.sandbox.setup.files import write_private
from exchange.sandbox.setup.memory import Memory
from exchange.sandbox.story.levering import Collected, collect, levering_faults
from exchange.sandbox.story.levering_told import LeveringTold
from exchange.sandbox.world import World

_BUDGET_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Releasing:
    """What the release of a sandbox is made with."""

    world: World
    layout: Layout
    board: Board

    def make(self, settings: Settings, memory: Memory, periode: Periode) -> Memory:
        """Release the month, once for every week that is told; give the memory with its number."""
        if memory.released == memory.week:
            return memory
        self.board.note(f"de cijfers van {spoken(periode)} beveiligen, controleren en vrijgeven")
        released = make_release(settings, periode, _BUDGET_SECONDS, self.board.note)
        nummer = released.release.levering.nummer
        memory = replace(memory, released=memory.week, levering=nummer)
        memory.keep(self.layout.memory)
        return memory

    def collect(self, callers: Callers, memory: Memory, periode: Periode) -> LeveringTold | None:
        """Let everybody collect it; None when somebody withdrew it since."""
        ocw = callers(self.world.holders(Role.OCW)[0].name)
        listed = {one["nummer"]: one for one in ocw.get("/v1/leveringen?limit=500")["leveringen"]}
        found = listed.get(memory.levering)
        if found is None or found.get("ingetrokkenOp"):
            self.board.note(f"levering {memory.levering} is ingetrokken")
            return None
        collected = collect(memory.levering, self.world, callers)
        self._keep_pages(collected)
        faults = levering_faults(collected, found["manifest"], ocw.get("/v1/sleutels")["keys"])
        return LeveringTold(
            nummer=memory.levering,
            periode=periode,
            stand=found["stand"],
            pages=self.layout.leveringen,
            collected=collected,
            faults=tuple(faults),
        )

    def _keep_pages(self, collected: list[Collected]) -> None:
        self.layout.leveringen.mkdir(mode=0o700, exist_ok=True)
        for one in collected:
            write_private(self.layout.leveringen / f"{one.party.name}.html", one.page)
