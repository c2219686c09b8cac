"""Writes a levering as JSON, and reads exactly what it wrote (contract, section 3 "Figures")."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from exchange.errors import Fault
from exchange.figures.levering import Dekking, Levering, Regel, Stand
from exchange.figures.measures import Measure, Niveau, measures_of
from exchange.figures.publish.cells import cell, hidden, leerlingen, number
from exchange.messages.identifiers import Periode


def as_json(levering: Levering) -> bytes:
    """Give the levering as one JSON object in UTF-8: its header, and ``rijen``."""
    document = {**header(levering), "rijen": [_rij(r, levering.periode) for r in levering.regels]}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def read_json(data: bytes) -> Levering:
    """Give the levering of which ``data`` is the JSON form, byte for byte; else raise ``Fault``.

    A release is compared with the ones before it: one that is not exactly as it was made would
    make that comparison worthless.
    """
    try:
        levering = _levering(json.loads(data))
        if as_json(levering) == data:
            return levering
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        pass
    raise Fault("levering-unreadable")


def header(levering: Levering) -> dict[str, Any]:
    """Give the facts about the release as a whole, under their names on the wire."""
    return {
        "nummer": levering.nummer,
        "periode": str(levering.periode),
        "stand": levering.stand.value,
        "vrijgegevenOp": levering.vrijgegeven_op.isoformat().replace("+00:00", "Z"),
        "drempel": levering.drempel,
        "dekking": {
            "vestigingen": levering.dekking.vestigingen,
            "geleverd": levering.dekking.geleverd,
        },
        "certificaat": levering.certificaat,
    }


def _rij(regel: Regel, periode: Periode) -> dict[str, Any]:
    place = {"gemeente": regel.gemeente, "swv": regel.swv}
    return {
        "niveau": regel.niveau.value,
        "code": regel.code,
        "periode": str(periode),
        "sector": regel.sector,
        **{name: code for name, code in place.items() if code is not None},
        "leerlingen": number(leerlingen(regel)),
        **{m.value: number(cell(regel, m)) for m in measures_of(regel.niveau)},
        "onderdrukt": [m.value for m in hidden(regel)],
        "ontbreekt": regel.ontbreekt,
    }


def _levering(document: dict[str, Any]) -> Levering:
    dekking = document["dekking"]
    return Levering(
        nummer=_count(document["nummer"]),
        periode=Periode.parse(document["periode"]),
        stand=Stand(document["stand"]),
        vrijgegeven_op=datetime.fromisoformat(document["vrijgegevenOp"]),
        drempel=_count(document["drempel"]),
        dekking=Dekking(_count(dekking["vestigingen"]), _count(dekking["geleverd"])),
        certificaat=document["certificaat"],
        regels=tuple(_regel(rij) for rij in document["rijen"]),
    )


def _regel(rij: dict[str, Any]) -> Regel:
    niveau = Niveau(rij["niveau"])
    columns: tuple[Measure, ...] = () if rij["ontbreekt"] else measures_of(niveau)
    return Regel(
        niveau=niveau,
        code=rij["code"],
        sector=rij["sector"],
        gemeente=rij.get("gemeente"),
        swv=rij.get("swv"),
        leerlingen=_count_if_there(rij["leerlingen"]),
        ontbreekt=rij["ontbreekt"],
        waarden={m: _count_if_there(rij[m.value]) for m in columns},
    )


def _count_if_there(value: object) -> int | None:
    return None if value is None else _count(value)


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("not a count")
    return value
