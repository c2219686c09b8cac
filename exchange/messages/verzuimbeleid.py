"""The verzuimbeleid (a school's absence policy) and the schoolkalender, as a school puts them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from exchange.messages.identifiers import LocalCode, LocalReason
from exchange.messages.wire import WIRE, Categorie, Datum


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class Reden:
    """A local reason and the legal category it belongs to; stored as a keyed digest only (P3)."""

    code: LocalReason
    categorie: Categorie


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class Criterium:
    """A criterion on which this school gives a signaal."""

    code: LocalCode


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class VerzuimbeleidVersie:
    """One version; ``lesuur_in_minuten`` is the length of a lesson, 60 unless stated.

    Below half an hour the threshold of 16 lessons would not be what the law means by it.
    """

    vastgesteld_op: Datum
    geldig_vanaf: Datum
    lesuur_in_minuten: Annotated[int, Field(ge=30, le=60)] = 60
    redenen: Annotated[tuple[Reden, ...], Field(max_length=200)]
    signaalcriteria: Annotated[tuple[Criterium, ...], Field(max_length=200)]
    elementen: Annotated[tuple[LocalCode, ...], Field(max_length=50)] = ()


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class LesvrijePeriode:
    """Days without lessons, both ends inclusive."""

    van: Datum
    tot: Datum


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class SchoolkalenderVersie:
    """The lesson-free periods of one schooljaar."""

    lesvrije_perioden: Annotated[tuple[LesvrijePeriode, ...], Field(max_length=100)]
