"""What a message is carried in from step to step: values that nobody changes and that never print.

A frozen dataclass sets each member by a call of its own, which for some sixty values a message was
a tenth of its time; msgspec makes the same frozen, slotted value in one step (ADR 0027).
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict, replace

__all__ = ["Value", "asdict", "field", "replace"]


class Value(Struct, frozen=True):
    """A value with named members: compared as a whole, hashed as a whole, never changed.

    Its printed form is its name alone: what it holds may be about a child.
    """

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Name no member either to rich, which tracebacks are often shown with."""
        return []
