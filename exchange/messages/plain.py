"""Reads a body that is written plainly in one pass: its values, and the JSON that they were.

What is taken here the strict reading (``document``) would give in the same way: every member is
known and stands there once, and every value was held against the type of its member, now or in an
earlier message. Whatever is less plain is not judged here at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from operator import itemgetter
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

import msgspec
from pydantic import ConfigDict, TypeAdapter
from pydantic_core import to_json

from exchange.messages.contracts import CONTRACTS, Contract
from exchange.messages.identifiers import Gemeentecode, Identifier, Vestigingscode
from exchange.messages.judged import Judged, NotPlain
from exchange.messages.schoolcijfers import Minutentelling
from exchange.messages.soort import Soort
from exchange.messages.verzuimmelding import Verzuimdag
from exchange.messages.wire import Contact, Venster

Plain = tuple[dict[str, Any], dict[str, Any]]
"""The members of a message by Python name, and their JSON values by wire name."""

_Read = Callable[[Any], Any]

_MOST_KNOWN = 4096
_CLOSED = (StrEnum, date, Gemeentecode, Vestigingscode)
"""What comes again in other messages, and holds neither a pupil nor a school's own words."""
_PARTS: Mapping[type[Any], tuple[str, ...]] = MappingProxyType(
    {
        part: tuple(part.__dataclass_fields__)
        for part in (Contact, Minutentelling, Venster, Verzuimdag)
    }
)
"""What messages are made of; all members of these are always there."""

_decode = msgspec.json.Decoder().decode


class _Member(NamedTuple):
    """One member: its names, how it is read, and the members of what it is made of."""

    wire: str
    name: str
    read: _Read
    parts: tuple[str, ...]
    may_miss: bool


def read_plainly(contract: Contract, body: bytes) -> Plain | None:
    """Give a faultless message, its members in the order of the model; None for any other body.

    Each member has its colon: one that stands there twice, or that a part should not have, shows as
    a colon too many. A body that has one for another reason is not plain either.
    """
    try:
        document = _decode(body)
        values, wire, members = _read(_plan(contract.soort), document)
    except (NotPlain, msgspec.DecodeError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return (values, wire) if body.count(b":") == members else None


def _read(plan: tuple[_Member, ...], document: Any) -> tuple[dict[str, Any], dict[str, Any], int]:  # noqa: ANN401  JSON
    """Give a message with the number of members that it has, those of its parts too."""
    if type(document) is not dict:
        raise NotPlain
    values: dict[str, Any] = {}
    wire: dict[str, Any] = {}
    count = len(document)
    for member, name, read, parts, may_miss in plan:
        if member in document:
            written = document[member]
            values[name] = read(written)
            if parts:
                written = _in_order(written, parts)
                count += len(parts) * (len(written) if type(written) is list else 1)
            wire[member] = written
        elif not may_miss:
            raise NotPlain
    if len(wire) != len(document):
        raise NotPlain  # of an unknown member
    return values, wire, count


def _in_order(written: Any, parts: tuple[str, ...]) -> Any:  # noqa: ANN401  JSON
    """Give the members of one part, or of each, in the order of their model."""
    if type(written) is list:
        return [_in_order(one, parts) for one in written]
    return {part: written[part] for part in parts}


@cache
def _plan(soort: Soort) -> tuple[_Member, ...]:
    """Give the members of a message in the order of the model."""
    contract = CONTRACTS[soort]
    hints = get_type_hints(contract.model, include_extras=True)
    return tuple(_member(wire, name, hints[name]) for wire, name in contract.members.items())


def _member(wire: str, name: str, hint: Any) -> _Member:  # noqa: ANN401  a type
    """Plan one member; where it may be absent, what is null is not plain."""
    may_miss = type(None) in get_args(hint)
    given = get_args(hint)[0] if may_miss else hint
    kind = get_args(given)[0] if get_origin(given) is Annotated else given
    many = get_origin(kind) is tuple
    each = get_args(kind)[0] if many else kind
    return _Member(wire, name, _reader(given, each, many=many), _PARTS.get(each, ()), may_miss)


def _reader(given: Any, kind: type[Any], *, many: bool) -> _Read:  # noqa: ANN401  a type
    """Give the quickest way to hold what is written against ``given``, (many) of one ``kind``."""
    validator = TypeAdapter(given, config=None if given in _PARTS else _STRICT).validator

    def judge(written: object) -> object:
        return validator.validate_json(to_json(written), by_alias=True, by_name=False)

    if kind is Venster:
        return _pairs(kind, judge)
    if kind in _PARTS:
        return judge
    if issubclass(kind, _CLOSED):
        return _lists(judge) if many else _known(judge).__getitem__
    if issubclass(kind, Identifier) and not many:
        return kind
    if kind in {int, bool} and not many:
        return validator.validate_python
    return _written_as(judge)


_STRICT = ConfigDict(strict=True)


def _known(judge: _Read) -> Judged[Any]:
    return Judged(judge, _MOST_KNOWN)


def _pairs(kind: type[Any], judge: _Read) -> _Read:
    """Read parts whose members are texts: by these, in order."""
    names = _PARTS[kind]
    known = _known(lambda texts: judge(dict(zip(names, texts, strict=True))))
    ends = itemgetter(*names)

    def read(written: Any) -> object:  # noqa: ANN401  JSON
        return known[ends(written)]

    return read


def _lists(judge: _Read) -> _Read:
    """Read lists of texts."""
    known = _known(judge)

    def read(written: object) -> object:
        if type(written) is not list:
            raise NotPlain
        return known[tuple(written)]

    return read


def _written_as(judge: _Read) -> _Read:
    """Read anything else, as long as it is a text and written as we would."""

    def read(written: object) -> object:
        value = judge(written)
        if str(value) != written:
            raise NotPlain
        return value

    return read
