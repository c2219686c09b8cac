"""What a sandbox remembers between starts: which school week it tells, and what it laid down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from exchange.messages.identifiers import Schooljaar
from exchange.sandbox.setup.files import write_private
from exchange.sandbox.setup.folder import trouble
from exchange.sandbox.story.plan import EDITION

_TELLS_AGAIN = timedelta(days=80)
"""Idempotency keys are kept for 90 days; an older week would be sent as if it were new."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Which school week is told, and for which schooljaren the schools laid down calendars.

    ``figures`` is the week with whose month the schools delivered their figures, ``released`` that
    whose month was released, as number ``levering``.

    All that a story says follows from its number, its reference date and the edition of the plan,
    so that a repeat sends the same bytes under the same keys.
    """

    week: int
    reference: date
    edition: int
    laid_down: tuple[int, ...] = ()
    figures: int = 0
    released: int = 0
    levering: int = 0

    @classmethod
    def begin(cls, path: Path, today: date) -> Memory:
        """Read what is remembered; the first start begins a new week today.

        So does a start long after, and one whose plan is another.
        """
        memory = cls._read(path) or cls(1, today, EDITION)
        if today - memory.reference > _TELLS_AGAIN or memory.edition != EDITION:
            memory = replace(memory, week=memory.week + 1, reference=today, edition=EDITION)
        memory.keep(path)
        return memory

    def keep(self, path: Path) -> None:
        """Write it down."""
        write_private(path, _MEMORY.dump_json(self, indent=2) + b"\n")

    def in_an_empty_database(self, today: date) -> Memory:
        """Give this memory where nothing was laid down or sent: its week is that before today."""
        return replace(self, reference=today, laid_down=(), figures=0, released=0, levering=0)

    def lacks(self, today: date) -> tuple[Schooljaar, ...]:
        """Give the schooljaren in use whose calendars were not laid down yet."""
        newest = Schooljaar.of(today).start
        oldest = Schooljaar.of(self.reference).start - 1
        years = range(min(oldest, newest - 1), newest + 1)
        return tuple(Schooljaar(year) for year in years if year not in self.laid_down)

    def with_laid_down(self, *years: Schooljaar) -> Memory:
        """Give this memory with schooljaren that are done."""
        known = {*self.laid_down, *(year.start for year in years)}
        return replace(self, laid_down=tuple(sorted(known)))

    @classmethod
    def _read(cls, path: Path) -> Memory | None:
        try:
            return _MEMORY.validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError):
            raise trouble(f"{path} is onleesbaar; een lege map begint opnieuw") from None


_MEMORY = TypeAdapter(Memory)
