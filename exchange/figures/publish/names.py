"""What people call a recipient and the places that a levering knows by code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Names:
    """The recipient's name, and those of places; a place without a name is called by its code."""

    ontvanger: str
    vestigingen: Mapping[str, str] = field(default_factory=dict)
    gemeenten: Mapping[str, str] = field(default_factory=dict)
    swvs: Mapping[str, str] = field(default_factory=dict)
