"""The pupils that a request turned out to be about, so that its refusal is found by them too.

Who sent what about a pupil and was refused is a question that a parent may ask. Of the pupil only
the blind index is kept, as the record of an acceptance has it; the PGN itself goes nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from exchange.accountability.record import Subject


@dataclass(slots=True)
class Concerned:
    """The pupils of one request by the number of the line that names them; 1 for a message alone.

    Filled while the request is read, and only by who may act for the pupil's vestiging.
    """

    by_line: dict[int, Subject] = field(default_factory=dict, repr=False)

    def pupils(self, but: Iterable[int] = ()) -> tuple[Subject, ...]:
        """Give each pupil once, of the lines that are not in ``but``."""
        named = (self.by_line[number] for number in self.by_line.keys() - set(but))
        return tuple({subject.blind_index: subject for subject in named}.values())
