"""How the necessity tables read as JSON: for whoever wants to know who gets what, and why."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from exchange.policy.necessity import Clause, Exclusion, Mode, Necessity, NecessityTable

_DAY = timedelta(days=1)


def publication(necessity: Necessity, today: date, mode: Mode) -> dict[str, Any]:
    """Give the table in force today, those before it (latest first) and those announced."""
    tables = [
        {**table_document(table, mode), "geldigTot": _last_day(necessity, table)}
        for table in necessity.tables
    ]
    begun = sum(table.geldig_vanaf <= today for table in necessity.tables)
    return {
        "peildatum": today.isoformat(),
        "modus": mode.value,
        "tabel": tables[begun - 1] if begun else None,
        "geschiedenis": tables[: max(begun - 1, 0)][::-1],
        "aangekondigd": tables[begun:],
    }


def table_document(table: NecessityTable, mode: Mode) -> dict[str, Any]:
    """Give one table as ``mode`` enforces it; trial takes it as it is written."""
    return {
        "geldigVanaf": table.geldig_vanaf.isoformat(),
        "clausules": [_clause(clause) for clause in table.enforced(mode)],
        "uitsluitingen": [_exclusion(exclusion) for exclusion in table.exclusions],
    }


def _last_day(necessity: Necessity, table: NecessityTable) -> str | None:
    later = (t.geldig_vanaf for t in necessity.tables if t.geldig_vanaf > table.geldig_vanaf)
    following = min(later, default=None)
    return (following - _DAY).isoformat() if following else None


def _clause(clause: Clause) -> dict[str, Any]:
    return {
        "id": clause.id,
        "bericht": clause.soort.value,
        "rol": clause.role.value,
        "bereik": clause.reach.value,
        "status": clause.status.value,
        "activiteit": clause.activiteit,
        "doel": clause.doel,
        "doelomschrijving": clause.doelomschrijving,
        "grondslag": clause.grondslag,
        "verantwoordelijke": clause.verantwoordelijke,
        "verwerker": clause.verwerker,
        "velden": {n: {"soort": r.kind.value, "hoe": r.how} for n, r in clause.velden.items()},
        "toegevoegd": dict(clause.toegevoegd),
    }


def _exclusion(exclusion: Exclusion) -> dict[str, Any]:
    return {
        "ontvanger": exclusion.ontvanger,
        "velden": sorted(exclusion.velden),
        "grond": exclusion.grond,
    }
