"""A form as it is shown: what each field asks, what was rightly filled in, and what was not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a list."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """One question; ``value`` is never what was refused, for it may be a number of a pupil."""

    name: str
    label: str
    hint: str = ""
    kind: str = "text"
    options: tuple[Option, ...] = ()
    value: str = ""
    error: str = ""

    @property
    def described_by(self) -> str:
        """Give the ids of hint and error, for who hears the field."""
        ends = (("hulp", self.hint), ("fout", self.error))
        return " ".join(f"{self.name}-{end}" for end, text in ends if text)

    @property
    def complaint(self) -> str:
        """Give the error with the question before it, for the list on top of the form."""
        return f"{self.label}{'' if self.label.endswith('?') else ':'} {self.error}"


def wrong(fields: Iterable[Field]) -> tuple[Field, ...]:
    """Give the fields with an error."""
    return tuple(one for one in fields if one.error)


def choices(first: str, options: Iterable[tuple[str, str]]) -> tuple[Option, ...]:
    """Give the options of a list, with one on top that chooses none."""
    return (Option("", first), *(Option(value, text) for value, text in options))
