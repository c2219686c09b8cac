"""The pupils that a request turned out to be about, so that its refusal is found by them too.

Who sent what about a pupil and was refused is a question that a parent may ask. Of the pupil only
the blind index is kept, as the record of an acceptance has it; the PGN itself goes nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from exchange.accountability.record import Subject

_ALONE = 1


@dataclass(slots=True)
class Concerned:
    """The pupils of one request by the number of the line that names them; 1 for a message alone.

    Filled while the request is read, and only by who may act for the pupil's vestiging. Of the
    lines of a delivery only those in hand stand here by number: once it is known what became of
    them, each of their pupils is kept once.
    """

    by_line: dict[int, Subject] = field(default_factory=dict, repr=False)
    _seen: dict[bytes, Subject] = field(default_factory=dict, repr=False)
    _fallen: dict[bytes, tuple[int, Subject]] = field(default_factory=dict, repr=False)

    def note_alone(self, subject: Subject) -> None:
        """Note whom a message alone is about."""
        self.by_line[_ALONE] = subject

    @property
    def alone(self) -> Subject | None:
        """Give whom a message alone is about, once that was noted."""
        return self.by_line.get(_ALONE)

    def pupils(self) -> tuple[Subject, ...]:
        """Give each pupil once."""
        in_hand = {subject.blind_index: subject for subject in self.by_line.values()}
        return tuple((self._seen | in_hand).values())

    def fallen_out(self) -> tuple[Subject, ...]:
        """Give each pupil of a refused line once, as its last one says."""
        return tuple(subject for _, subject in self._fallen.values())

    def settle(self, passed: Iterable[int]) -> None:
        """Let the lines in hand go: those that passed the steps so far, and those that did not."""
        by_line, seen = self.by_line, self._seen
        for number in passed:
            subject = by_line.pop(number, None)
            if subject is not None:
                seen[subject.blind_index] = subject
        for number, subject in by_line.items():
            self.fell_out(number, subject)
        by_line.clear()

    def fell_out(self, number: int, subject: Subject) -> None:
        """Note the pupil of a line that was refused."""
        self._seen[subject.blind_index] = subject
        known = self._fallen.get(subject.blind_index)
        if known is None or known[0] < number:
            self._fallen[subject.blind_index] = (number, subject)
