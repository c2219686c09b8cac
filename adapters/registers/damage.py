"""Says what is wrong with a register file, line by line; never what stands there."""

from __future__ import annotations

from exchange.errors import Code, Invalid, Violation

_MOST_SHOWN = 20


class Damage:
    """Collects every fault of a file, so that a reader of the report learns all of them at once."""

    def __init__(self) -> None:
        self._found: list[Violation] = []
        self._more = 0

    def __bool__(self) -> bool:
        return bool(self._found)

    def note(self, line: int, what: str) -> None:
        """Remember what is wrong with a line, counted from 1."""
        if len(self._found) < _MOST_SHOWN:
            self._found.append(_violation(line, what))
        else:
            self._more += 1

    def fatal(self, line: int, what: str) -> Invalid:
        """Give the error to raise at once: what follows this line cannot be judged."""
        self.note(line, what)
        return self._error()

    def require_none(self) -> None:
        """Raise ``Invalid`` if anything was wrong."""
        if self._found:
            raise self._error()

    def _error(self) -> Invalid:
        more = [_violation(0, f"en nog {self._more} fouten")] if self._more else []
        return Invalid([*more, *self._found])


def _violation(line: int, what: str) -> Violation:
    # Zero-padded: violations are shown in the order of their pointers.
    pointer = f"/regel/{line:08d}" if line else "/regel/9…"
    return Violation(pointer, Code.WAARDE_ONGELDIG, f"regel {line}: {what}" if line else what)
