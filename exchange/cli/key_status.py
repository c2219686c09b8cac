"""What ``exchange keys status`` prints: where every key stands, and what asks for attention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.table import Table

from exchange.ports import KeyFact, KeyKind, KeyState

if TYPE_CHECKING:
    from exchange.bootstrap.key_status import KeyStatus

_SOON: Final = timedelta(days=30)
_STATES: Final = {
    KeyState.IN_USE: "in gebruik",
    KeyState.PUBLIC_ONLY: "alleen nog publiek",
    KeyState.DESTROYED: "vernietigd",
}
_TITLES: Final = {
    "ondertekening": "Ondertekening door de poort",
    "pseudoniemen": "Pseudoniemen (zaakreferenties)",
    "vestigingen": "Sleutels per vestiging",
    "poort": "Sleutels van de poort zelf",
    "ontvangers": "Sleutels van ontvangers",
    "certificaten": "Certificaten",
    "intrekkingslijsten": "Intrekkingslijsten",
}


def as_document(status: KeyStatus, now: datetime) -> dict[str, Any]:
    """Give it as JSON knows it."""
    by_kind = {kind: [fact for fact in status.store if fact.kind is kind] for kind in KeyKind}
    return {
        "ondertekening": [_numbered(fact) for fact in by_kind[KeyKind.SIGNING]],
        "logboek": status.checkpoint,
        "pseudoniemen": [
            _numbered(fact)
            for fact in sorted(by_kind[KeyKind.PSEUDONYM], key=lambda fact: fact.number)
        ],
        "vestigingen": list(_per_year(by_kind[KeyKind.VESTIGING])),
        "poort": [
            {"gebruik": fact.use.value if fact.use else None, "sinds": _time(fact.since)}
            for fact in by_kind[KeyKind.GATEWAY]
        ],
        "ontvangers": None
        if status.recipients is None
        else [
            {
                "naam": row.party,
                "oin": str(row.oin),
                "kid": row.kid,
                "status": row.status.value,
                "sinds": _time(row.since),
            }
            for row in status.recipients
        ],
        "certificaten": [
            {"waarvoor": what, "onderwerp": fact.subject, "geldigTot": _time(fact.until)}
            for what, fact in status.certificates
        ],
        "intrekkingslijsten": [
            {"uitgever": fact.issuer, "volgende": _time(fact.next_update)}
            for fact in status.revocations
        ],
        "letOp": list(_attention(status, now)),
    }


def show(document: dict[str, Any], console: Console) -> None:
    """Print it as tables, what asks for attention last."""
    for name, title in _TITLES.items():
        rows = document[name]
        if rows:
            console.print(_table(title, rows))
    console.print(f"Logboek (voor het leven): {document['logboek'] or 'nog geen sleutel'}")
    for line in document["letOp"]:
        console.print(f"Let op: {line}")


def _table(title: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in rows[0]:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    return table


def _numbered(fact: KeyFact) -> dict[str, Any]:
    told: dict[str, Any] = {"nummer": fact.number}
    if fact.kind is KeyKind.SIGNING:
        told["kid"] = fact.kid
    else:
        told["schooljaar"] = str(fact.schooljaar)
        told["ontvanger"] = str(fact.recipient) if fact.recipient else "alle"
    return {**told, "status": _STATES[fact.state], "sinds": _time(fact.since)}


def _per_year(facts: list[KeyFact]) -> Iterator[dict[str, Any]]:
    counted = Counter((str(fact.schooljaar), fact.state) for fact in facts)
    for year in sorted({year for year, _ in counted}):
        used, gone = counted[year, KeyState.IN_USE], counted[year, KeyState.DESTROYED]
        yield {"schooljaar": year, "inGebruik": used, "vernietigd": gone}


def _attention(status: KeyStatus, now: datetime) -> Iterator[str]:
    if status.recipients is None:
        yield "de sleutels van ontvangers zijn niet te zien: de database antwoordt niet"
    for row in status.recipients or ():
        if row.status.value != "actief":
            yield (
                f"een sleutel van {row.party} wacht op bevestiging: vraag de vingerafdruk aan de"
                f" ontvanger zelf, dan exchange party approve-key {row.party} KID"
            )
    for what, fact in status.certificates:
        if fact.until - now < _SOON:
            yield f"{what} {fact.subject} geldt tot {_time(fact.until)}"
    for one in status.revocations:
        if one.next_update is None or one.next_update <= now:
            yield f"de intrekkingslijst van {one.issuer} is verlopen: niemand komt nog binnen"


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None
