"""One contract per message type: its model, its members, and what the school words itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter
from pydantic.alias_generators import to_camel

from exchange.messages.intrekking import Intrekking
from exchange.messages.schoolcijfers import Leerlingaantallen, Schoolcijfers
from exchange.messages.signaal import Signaal
from exchange.messages.soort import Soort
from exchange.messages.verzuimmelding import Verzuimmelding
from exchange.messages.verzuimregistratie import Verzuimregistratie

Values = Mapping[str, Any]
"""Members of a message that are well-formed, by Python name; on success all of them."""


@dataclass(frozen=True, slots=True)
class Contract:
    """How to read one kind of message.

    ``event_day`` gives the legal day that the message concerns and ``counts_on`` the day in whose
    month it counts (the same unless given), if the members that say so are well-formed.
    ``free_text`` are the pointers of texts that a school words itself (P4). ``about``
    names the member that the path fills in: the id of the message that this one concerns;
    ``replaces`` the member that names a message which this one takes the place of. ``same_again``
    gives what, with vestiging and pupil, makes a second message the same one (``al-gemeld``).
    """

    soort: Soort
    model: type[Any]
    event_day: Callable[[Values], date | None]
    free_text: tuple[str, ...] = ()
    about: str | None = None
    replaces: str | None = None
    same_again: Callable[[Values], tuple[str, ...]] | None = None
    counts_on: Callable[[Values], date | None] | None = None

    def counted_on(self, values: Values) -> date | None:
        """Give the day in whose month the message counts, as far as well-formed members say."""
        return (self.counts_on or self.event_day)(values)

    @property
    def adapter(self) -> TypeAdapter[Any]:
        """Give the validator of the model; built once per model."""
        return _ADAPTERS[self.soort]

    @property
    def members(self) -> Mapping[str, str]:
        """Give each wire name with its Python name, in the order of the model."""
        return _MEMBERS[self.soort]

    @property
    def fields(self) -> tuple[str, ...]:
        """Give the wire names that a necessity table must decide about."""
        named = tuple(self.members)
        return named if self.about is None else (self.about, *named)


def _signaal_day(values: Values) -> date | None:
    venster = values.get("venster")
    return venster.tot if venster is not None else None


def _none(_: Values) -> None:
    return None


def _melding_begin(values: Values) -> date | None:
    return values.get("begindatum")


def _melding_month(values: Values) -> date | None:
    return values.get("einddatum") or values.get("begindatum")


def _registered_day(values: Values) -> date | None:
    return values.get("datum")


def _signaal_again(values: Values) -> tuple[str, ...]:
    venster = values["venster"]
    return (venster.van.isoformat(), venster.tot.isoformat(), values["criterium"].reveal())


CONTRACTS: Mapping[Soort, Contract] = MappingProxyType(
    {
        Soort.SIGNAAL: Contract(
            Soort.SIGNAAL,
            Signaal,
            _signaal_day,
            free_text=("/criterium", "/contact/email"),
            replaces="vervangt",
            same_again=_signaal_again,
        ),
        Soort.VERZUIMMELDING: Contract(
            Soort.VERZUIMMELDING,
            Verzuimmelding,
            _melding_begin,
            free_text=("/contact/email",),
            replaces="vervangt",
            counts_on=_melding_month,
        ),
        Soort.VERZUIMREGISTRATIES: Contract(
            Soort.VERZUIMREGISTRATIES,
            Verzuimregistratie,
            _registered_day,
            free_text=("/registratieId",),
        ),
        Soort.INTREKKING: Contract(Soort.INTREKKING, Intrekking, _none, about="betreft"),
        Soort.LEERLINGAANTALLEN: Contract(Soort.LEERLINGAANTALLEN, Leerlingaantallen, _none),
        Soort.SCHOOLCIJFERS: Contract(Soort.SCHOOLCIJFERS, Schoolcijfers, _none),
    }
)

_ADAPTERS: Mapping[Soort, TypeAdapter[Any]] = {
    soort: TypeAdapter(contract.model) for soort, contract in CONTRACTS.items()
}
_MEMBERS: Mapping[Soort, Mapping[str, str]] = {
    soort: MappingProxyType({to_camel(name): name for name in contract.model.__dataclass_fields__})
    for soort, contract in CONTRACTS.items()
}
