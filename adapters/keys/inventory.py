"""Says what a key is by the name of its root, for ``KeyProvider.inventory``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from exchange.messages.identifiers import Oin, Schooljaar, Vestigingscode
from exchange.ports import KeyFact, KeyKind, KeyState, KeyUse

_NO_KIDS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Standing:
    """What a store has under one name, and since when it is so, if the store knows."""

    name: str
    destroyed: bool = False
    since: datetime | None = None


def facts(standing: Iterable[Standing], kids: Mapping[str, str] = _NO_KIDS) -> tuple[KeyFact, ...]:
    """Read the names that ``exchange.crypto.keyring`` gives, in their order; pass over others.

    ``kids`` has the thumbprints of public halves, which outlive a signing key, by name of its root.
    """
    ordered = sorted(standing, key=lambda one: one.name)
    return tuple(
        KeyFact(**identity, state=_state(one, kids), since=one.since, kid=kids.get(one.name))
        for one in ordered
        if (identity := _identity(one.name))
    )


def _identity(name: str) -> dict[str, Any]:
    match name.split("."):
        case [("signing" | "checkpoint") as kind, number]:
            return {"kind": KeyKind(kind), "number": int(number)}
        case ["gateway", use]:
            return {"kind": KeyKind.GATEWAY, "number": 1, "use": KeyUse(use)}
        case ["vestiging", code, year]:
            place = {"vestiging": Vestigingscode(code), "schooljaar": Schooljaar.parse(year)}
            return {"kind": KeyKind.VESTIGING, "number": 1, **place}
        case ["pseudonym", year]:
            return {"kind": KeyKind.PSEUDONYM, "number": 1, "schooljaar": Schooljaar.parse(year)}
        case ["pseudonym", oin, year, generation]:
            whose = {"recipient": Oin(oin), "schooljaar": Schooljaar.parse(year)}
            return {"kind": KeyKind.PSEUDONYM, "number": int(generation), **whose}
        case _:
            return {}


def _state(one: Standing, kids: Mapping[str, str]) -> KeyState:
    if not one.destroyed:
        return KeyState.IN_USE
    return KeyState.PUBLIC_ONLY if one.name in kids else KeyState.DESTROYED
