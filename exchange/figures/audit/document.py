"""Writes a certificate as canonical JSON, and reads it again only if it is about this table."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from exchange.crypto.canonical import canonical, strict_json
from exchange.figures.audit.claims import Claim, counts
from exchange.figures.audit.findings import NotProven
from exchange.figures.audit.view import WIDTH, Deviations, View
from exchange.figures.secrets import Problem
from exchange.policy.law import Parameters

_VERSION = 1
_WITNESSES, _SALT = "getuigen", "zout"

Statement = Mapping[str, Any]
"""What a certificate says it proves: of which table and pattern, under which numbers, of what."""


def statement(
    problem: Problem, known: View, numbers: Parameters, claimed: Sequence[Claim]
) -> Statement:
    """Say what must be proven; a table of another month, or another pattern, says otherwise."""
    return {
        "versie": _VERSION,
        "tabel": _digest(_rows(known, known.value)),
        "publicatie": _digest(_rows(known, _published(known))),
        "eerderGetoond": _digest(sorted(known.known)),
        "ingewijden": _digest([[one.name, sorted(one.rows)] for one in problem.insiders]),
        "getallen": asdict(numbers),
        "aantallen": dict(counts(problem, claimed)),
        "claims": [[c.number, c.down, c.up, int(c.insider)] for c in claimed],
    }


def write(said: Statement, witnesses: Iterable[Deviations], salt: bytes) -> bytes:
    """Give the certificate: what is said, and the witnesses as lists of cell, difference, ..."""
    flat = [
        [part for number in sorted(witness) for part in (number, witness[number])]
        for witness in witnesses
    ]
    return canonical({**said, _SALT: salt.hex(), _WITNESSES: flat})


def read(document: bytes, said: Statement) -> list[Deviations]:
    """Give the witnesses of a certificate; ``NotProven`` if it does not say what was ``said``."""
    try:
        found = strict_json(document)
    except ValueError:
        raise NotProven("het certificaat is geen JSON") from None
    if not isinstance(found, dict) or canonical(found) != document:
        raise NotProven("het certificaat is niet in zijn ene vorm")
    flat = found.pop(_WITNESSES, None)
    if not isinstance(found.pop(_SALT, None), str) or found != said:
        raise NotProven("het certificaat gaat over iets anders")
    if not isinstance(flat, list):
        raise NotProven("het certificaat heeft geen getuigen")
    return [_witness(parts) for parts in flat]


def _witness(parts: object) -> Deviations:
    if not isinstance(parts, list) or len(parts) % 2 or any(type(p) is not int for p in parts):
        raise NotProven("een getuige is geen lijst van cellen en verschillen")
    numbers, added = parts[::2], parts[1::2]
    if numbers != sorted(set(numbers)) or not all(added) or not numbers:
        raise NotProven("een getuige noemt een cel dubbel, of een cel zonder verschil")
    return dict(zip(numbers, added, strict=True))


def _published(known: View) -> list[int | None]:
    return [None if n in known.hidden else value for n, value in enumerate(known.value)]


def _rows(known: View, values: Sequence[int | None]) -> list[object]:
    """All that is public of each row, and these values in it."""
    return [
        [
            *(row.niveau.value, row.code, row.sector, row.gemeente, row.swv, row.parent),
            *(row.leerlingen, row.geplande_minuten),
            *values[index * WIDTH : (index + 1) * WIDTH],
        ]
        for index, row in enumerate(known.rows)
    ]


def _digest(value: object) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()
