"""Decides what changes in a dated register when a new state of it is known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Generic, TypeVar

from exchange.errors import Code, Refused
from exchange.messages.identifiers import Gemeentecode
from exchange.policy.parties import Gemeente

Key = TypeVar("Key")
Content = TypeVar("Content")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Dated(Generic[Content]):
    """What holds from ``geldig_van`` to ``geldig_tot``, both inclusive, or until further notice."""

    content: Content
    geldig_van: date
    geldig_tot: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether this holds on ``day``."""
        return self.geldig_van <= day and (self.geldig_tot is None or day <= self.geldig_tot)


@dataclass(slots=True)
class Changes(Generic[Key, Content]):
    """What to write: rows to close, by key and first day, and rows to open or replace."""

    close: dict[tuple[Key, date], date] = field(default_factory=dict)
    write: dict[tuple[Key, date], Content] = field(default_factory=dict)
    new: int = 0
    changed: int = 0
    ended: int = 0
    unchanged: int = 0

    def __bool__(self) -> bool:
        return bool(self.close or self.write)


def changes_by(
    latest: Mapping[Key, Dated[Content]],
    said: Mapping[Key, Content],
    peildatum: date,
    may_end: Callable[[Key, Content], bool],
) -> Changes[Key, Content]:
    """Compare the ``latest`` version of everything with what a register says on ``peildatum``.

    What changed is closed the day before and opened anew; what is no longer said is closed, if
    ``may_end`` it; what is the same stays untouched. Within one day the last word replaces the
    earlier one, so that no version has an end before its beginning.

    Raises:
        Refused: something has a version from after ``peildatum``: the past is not rewritten.
    """
    found: Changes[Key, Content] = Changes()
    for key, content in said.items():
        _say(found, key, content, latest.get(key), peildatum)
    for key in latest.keys() - said.keys():
        if may_end(key, latest[key].content):
            _end(found, key, latest[key], peildatum)
    return found


def changes_of_gemeenten(
    standing: Mapping[tuple[Gemeentecode, date], Dated[tuple[str, bool]]],
    said: Collection[Gemeente],
    peildatum: date,
) -> Changes[Gemeentecode, Gemeente]:
    """Compare all gemeenten with a list that brings its own dates: these are simply taken over.

    ``standing`` says of each row its name and whether an earlier list brought it. A row that such a
    list brought, or whose code this list knows, ends if the list does not have it any more.
    """
    found: Changes[Gemeentecode, Gemeente] = Changes()
    listed, codes = {(g.code, g.geldig_van): g for g in said}, {g.code for g in said}
    for key, gemeente in listed.items():
        before = standing.get(key)
        if before == Dated((gemeente.naam, True), gemeente.geldig_van, gemeente.geldig_tot):
            found.unchanged += 1
            continue
        found.write[key] = gemeente
        found.new += before is None
        found.changed += before is not None
    for key in standing.keys() - listed.keys():
        _, was_listed = standing[key].content
        if was_listed or key[0] in codes:
            _close(found, key[0], standing[key], peildatum)
    return found


def _say(
    found: Changes[Key, Content],
    key: Key,
    content: Content,
    before: Dated[Content] | None,
    peildatum: date,
) -> None:
    if before is not None:
        _require_no_later(key, before, peildatum)
    if before is None or not before.holds_on(peildatum):
        found.new += 1
    elif before.content == content and before.geldig_tot is None:
        found.unchanged += 1
        return
    else:
        found.changed += 1
        if before.geldig_van < peildatum:
            found.close[key, before.geldig_van] = peildatum - _DAY
    found.write[key, peildatum] = content


def _end(found: Changes[Key, Content], key: Key, before: Dated[Content], peildatum: date) -> None:
    _require_no_later(key, before, peildatum)
    _close(found, key, before, peildatum)


def _close(found: Changes[Key, Content], key: Key, before: Dated[Any], peildatum: date) -> None:
    last_day = max(before.geldig_van, peildatum - _DAY)
    if before.geldig_tot is None or before.geldig_tot > last_day:
        found.close[key, before.geldig_van] = last_day
        found.ended += 1


def _require_no_later(key: Key, before: Dated[Content], peildatum: date) -> None:
    if before.geldig_van > peildatum:
        raise Refused(
            Code.DATUM_ONGELDIG,
            rule=f"de peildatum ligt voor {before.geldig_van}, waarop {key} al is vastgelegd",
        )
