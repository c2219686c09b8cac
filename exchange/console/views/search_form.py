"""Reads the questions of the search page, and says at each field what is wrong with it.

What was refused is never repeated: somebody may have typed a pupil's number in the wrong place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any
from uuid import UUID

from exchange.console.views import words
from exchange.console.views.fields import Field, choices, wrong
from exchange.messages.identifiers import Oin
from exchange.policy.parties import Party

_MOST_CHARACTERS = 100
_PARTY_HINT = "Naam of OIN van de organisatie."
_DAY = "Vul een dag in als jaar-maand-dag, bijvoorbeeld 2026-11-18."


@dataclass(frozen=True, slots=True)
class Books:
    """What answers may be chosen from: the parties, and what the log knows the names of."""

    parties: Mapping[Oin, Party]
    actions: Iterable[str]
    activities: Iterable[str]
    outcomes: Iterable[str]
    today: date


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as it was typed: its fields to show again, and what was asked if all is well."""

    fields: tuple[Field, ...]
    answers: Mapping[str, Any]

    @property
    def is_wrong(self) -> bool:
        """Whether any field must be mended first."""
        return bool(wrong(self.fields))

    @property
    def query(self) -> dict[str, str]:
        """Give the answers as they stand in an address; only what was understood."""
        return {name: str(value) for name, value in self.answers.items()}


def read_search(form: Mapping[str, str], books: Books) -> Asked:
    """Read every field; an empty one asks nothing."""
    fields, answers = [], {}
    for field in _fields(books):
        text = form.get(field.name, "").strip()
        if not text:
            fields.append(field)
            continue
        try:
            answer = _read(field, text, books)
        except ValueError as error:
            fields.append(replace(field, error=str(error)))
        else:
            fields.append(replace(field, value=str(answer)))
            answers[field.name] = answer
    return Asked(tuple(_in_order(fields, answers)), MappingProxyType(answers))


def _fields(books: Books) -> tuple[Field, ...]:
    def listed(first: str, values: Iterable[str], said: Callable[[str], str]) -> Any:  # noqa: ANN401
        return choices(first, sorted(((v, said(v)) for v in values), key=lambda pair: pair[1]))

    return (
        Field("van", "Van", kind="date"),
        Field("tot", "Tot en met", kind="date"),
        Field("actor", "Wie deed het", _PARTY_HINT),
        Field("ontvanger", "Aan wie", _PARTY_HINT),
        Field("actie", "Wat", options=listed("Alles", books.actions, words.spoken)),
        Field("activiteit", "Waarvoor", options=listed("Alles", books.activities, words.activity)),
        Field("berichtId", "Berichtnummer", "Staat op het ontvangstbewijs: 36 tekens."),
        Field("uitkomst", "Uitkomst", options=listed("Alles", books.outcomes, words.outcome)),
    )


def _read(field: Field, text: str, books: Books) -> Any:  # noqa: ANN401  a value of the field's kind
    if len(text) > _MOST_CHARACTERS:
        raise ValueError("Dit is te lang.")
    if field.options:
        if text not in {option.value for option in field.options}:
            raise ValueError("Kies een van de mogelijkheden.")
        return text
    if field.kind == "date":
        return _day(text, books.today)
    return _message(text) if field.name == "berichtId" else _party(text, books.parties)


def _day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(_DAY) from None
    if day.isoformat() != text:
        raise ValueError(_DAY)
    if day > today:
        raise ValueError("Deze dag is nog niet geweest.")
    return day


def _message(text: str) -> UUID:
    try:
        found = UUID(text)
    except ValueError:
        found = None
    if found is None or str(found) != text.lower():
        raise ValueError("Een berichtnummer bestaat uit 36 tekens, met vier streepjes.") from None
    return found


def _party(text: str, parties: Mapping[Oin, Party]) -> Oin:
    """Give a party by its OIN, connected or not (it may have left), or by its name."""
    try:
        return Oin(text)
    except ValueError:
        pass
    named = {party.oin: party.name.casefold() for party in parties.values()}
    exact = [oin for oin, name in named.items() if name == text.casefold()]
    found = exact or [oin for oin, name in named.items() if text.casefold() in name]
    if not found:
        raise ValueError("Geen aangesloten organisatie heet zo. Vul de naam of het OIN in.")
    if len(found) > 1:
        raise ValueError(f"Deze naam past bij {len(found)} organisaties. Vul het OIN in.")
    return found[0]


def _in_order(fields: list[Field], answers: Mapping[str, Any]) -> Iterable[Field]:
    van, tot = answers.get("van"), answers.get("tot")
    if van is None or tot is None or van <= tot:
        return fields
    told = "Deze dag ligt voor de dag bij Van."
    return [replace(one, error=told) if one.name == "tot" else one for one in fields]
