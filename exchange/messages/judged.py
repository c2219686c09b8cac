"""Values by how they are written, for bodies that are read in one pass: each is judged once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

_Read = TypeVar("_Read")


class NotPlain(Exception):
    """The strict reading has to say what this is."""


class Judged(dict[Any, _Read], Generic[_Read]):
    """What was read, by what was written; what ``judge`` raises for never gets in.

    Forgets everything when it holds ``most``: for values that come again in other messages.
    """

    def __init__(self, judge: Callable[[Any], _Read], most: int | None = None) -> None:
        super().__init__()
        self._judge, self._most = judge, most

    def __missing__(self, written: object) -> _Read:
        value = self._judge(written)
        if self._most is not None and len(self) >= self._most:
            self.clear()
        self[written] = value
        return value
