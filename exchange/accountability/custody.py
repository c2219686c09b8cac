"""The chain of custody of one message: what happened to it, in order, and each step's record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from exchange.accountability.record import Action
from exchange.messages.identifiers import Oin
from exchange.messages.outcome import Outcome
from exchange.storage.custody import CustodyRow, MessageFacts, ParcelState

WITHDRAWN = "bericht-ingetrokken"
ERASED = "inhoud-gewist"


@dataclass(frozen=True, slots=True)
class View:
    """What one role gets of the message, by name, and by which policy."""

    rol: str
    ontvanger: str | None
    status: str
    doorgegeven: tuple[str, ...]
    gegeneraliseerd: tuple[str, ...]
    afgeleid: tuple[str, ...]
    route: tuple[str, ...]
    ingehouden: tuple[tuple[str, str], ...]
    beleid: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened; ``entry`` names its record, and without ``plaats`` that one waits.

    A withdrawal is a message of its own: its record stands in its own chain (``bericht``).
    """

    wat: str
    tijd: datetime
    door: str | None = None
    namens: str | None = None
    aan: str | None = None
    uitkomst: str | None = None
    velden: tuple[str, ...] = ()
    entry: UUID | None = None
    plaats: int | None = None
    bericht: UUID | None = None


@dataclass(frozen=True, slots=True)
class Custody:
    """Everything about one message that the reader may see."""

    bericht_id: UUID
    soort: str
    ontvangen_op: datetime
    afzender: str
    beleid: date
    ingetrokken_op: datetime | None
    ingetrokken_door: UUID | None
    bericht_gewist: bool
    views: tuple[View, ...]
    steps: tuple[Step, ...]
    pakketten: tuple[ParcelState, ...]
    omvang: int
    volledig: bool


def facts_from(rows: Sequence[CustodyRow], bericht_id: UUID) -> MessageFacts | None:
    """Read what the record of its acceptance says of a message that is itself erased by now."""
    for row in rows:
        said = json.loads(row.leaf) if row.leaf else {}
        if said.get("name") == Action.AANGENOMEN and said.get("uitkomst") == Outcome.OK:
            return MessageFacts(
                bericht_id=bericht_id,
                soort=said["bijzonderheden"]["soort"],
                vestigingscode=None,
                sender=Oin(said["actor"]),
                received_at=datetime.fromtimestamp(said["start_time"] / 1000, UTC),
                betreft=None,
                withdrawn_at=None,
                withdrawn_by=None,
                policy_date=date.fromisoformat(said["beleid"]),
                entry=row.entry,
            )
    return None


def views_in(acceptance: bytes | None, only: Oin | None) -> tuple[View, ...]:
    """Read from the record of its acceptance who gets what; of one recipient only its own."""
    if acceptance is None:
        return ()
    lines = json.loads(acceptance)["bijzonderheden"].get("stromen", [])
    views = (_view(line) for line in lines)
    return tuple(view for view in views if only is None or view.ontvanger == str(only))


def steps_of(
    facts: MessageFacts, rows: Sequence[CustodyRow], parcels: Sequence[ParcelState]
) -> tuple[Step, ...]:
    """Give what happened, the earliest first."""
    steps = [_step(row) for row in rows]
    if facts.withdrawn_at is not None:
        steps.append(Step(WITHDRAWN, facts.withdrawn_at, bericht=facts.withdrawn_by))
    steps += [
        Step(ERASED, parcel.erased_at, aan=str(parcel.recipient))
        for parcel in parcels
        if parcel.erased_at is not None
    ]
    return tuple(sorted(steps, key=lambda step: (step.tijd, str(step.entry or ""))))


def _view(line: dict[str, Any]) -> View:
    return View(
        rol=line["rol"],
        ontvanger=line["ontvanger"],
        status=line["status"],
        doorgegeven=tuple(line["doorgegeven"]),
        gegeneraliseerd=tuple(line["gegeneraliseerd"]),
        afgeleid=tuple(line["afgeleid"]),
        route=tuple(line["route"]),
        ingehouden=tuple((held["veld"], held["grond"]) for held in line["ingehouden"]),
        beleid=line["beleid"],
    )


def _step(row: CustodyRow) -> Step:
    if row.leaf is None:
        return Step("tekst-gewist", row.recorded_at, entry=row.entry, plaats=row.place)
    said = json.loads(row.leaf)
    return Step(
        wat=said["name"],
        tijd=datetime.fromtimestamp(said["end_time"] / 1000, UTC),
        door=said.get("actor"),
        namens=said.get("namens"),
        aan=said.get("ontvanger"),
        uitkomst=said["uitkomst"],
        velden=tuple(said.get("velden", ())),
        entry=row.entry,
        plaats=row.place,
    )
