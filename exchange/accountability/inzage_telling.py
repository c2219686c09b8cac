"""Tells a pupil's log records one by one: who did what with it, for whom, and what for.

Third parties stay out of it: other pupils of a batch, employees, and to a school other schools.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from exchange.accountability.inzage import GATEWAY, Stroom, Verwerking, Wie
from exchange.accountability.record import Action
from exchange.accountability.register import Activity, Register
from exchange.messages.outcome import Outcome
from exchange.messages.soort import Soort
from exchange.policy.calendar import legal_day
from exchange.policy.parties import Role
from exchange.storage.inzage import FoundLink, FoundRecord, Place


@dataclass(frozen=True, slots=True)
class Telling:
    """What records are told with: names by OIN and vestigingscode, and what each activity is for.

    ``may_name`` says of a vestigingscode whether it may be shown to who asks.
    """

    names: Mapping[str, str]
    register: Register
    may_name: Callable[[str], bool]


def tell(
    records: Sequence[FoundRecord], links: Iterable[FoundLink], telling: Telling
) -> tuple[Verwerking, ...]:
    """Tell each record as a verwerking of this one pupil; of a batch only this pupil's part.

    A record that names pupils is about those alone, whichever message it names too.
    """
    places = _places_by_id(links)
    own = [record for record in records if record.entry in places or not _names_pupils(record)]
    accepted = {
        record.bericht_id: _accepted(record, telling)
        for record in own
        if record.action == Action.AANGENOMEN
    }
    return tuple(
        replace(
            _told(record, accepted.get(record.bericht_id), telling),
            places=_places(record, places),
        )
        for record in own
    )


def _places_by_id(links: Iterable[FoundLink]) -> dict[UUID, set[Place]]:
    places: dict[UUID, set[Place]] = {}
    for link in links:
        for about in (link.entry, link.bericht_id):
            if about is not None:
                places.setdefault(about, set()).add(link.name.place)
    return places


def _names_pupils(record: FoundRecord) -> bool:
    return "dpl.core.data_subject_id" in record.document["attributes"]


def parties_in(records: Iterable[FoundRecord]) -> set[str]:
    """Give every OIN that is named in ``records``, to look up what it is called."""
    found: set[str] = set()
    for record in records:
        streams = record.document["bijzonderheden"].get("stromen", ())
        named = [record.actor, record.recipient and str(record.recipient)]
        named += [record.document.get("namens"), *(stream["ontvanger"] for stream in streams)]
        found |= {name for name in named if name and len(name) == _OIN_LENGTH}
    return found


_OIN_LENGTH = 20


def _places(record: FoundRecord, places: Mapping[UUID, set[Place]]) -> tuple[Place, ...]:
    own = places.get(record.entry)
    if own is None and record.bericht_id is not None:
        own = places.get(record.bericht_id)
    return tuple(sorted(own or (), key=lambda place: (place[1], str(place[0]))))


def _accepted(record: FoundRecord, telling: Telling) -> Verwerking:
    """Tell an acceptance: what it passed on, or else all that was taken in."""
    streams = _streams(record, telling)
    told = replace(_plain(record, telling), stromen=streams)
    passed = next((s.doorgegeven for s in streams if s.doorgegeven), ())
    return replace(told, velden=passed) if told.aan else told


def _told(record: FoundRecord, accepted: Verwerking | None, telling: Telling) -> Verwerking:
    """Tell a record in the light of the acceptance of its message."""
    if accepted is not None and record.action == Action.AANGENOMEN:
        return accepted
    told = _plain(record, telling)
    if accepted is not None:
        told = replace(told, soort=accepted.soort)
    if record.action in _TELLS_THE_SCHOOL and accepted is not None:
        return replace(told, aan=accepted.namens)
    return told


_TELLS_THE_SCHOOL = frozenset(
    {
        Action.BEVESTIGD,
        Action.GEWEIGERD,
        Action.TERUGGEMELD,
        Action.GEPARKEERD,
        Action.VERVALLEN,
    }
)
"""What a recipient answers, or time does, is news to the school: that is who gets it."""

_FIELDS: Mapping[str, tuple[str, ...]] = {
    Action.BEVESTIGD: ("uitkomst",),
    Action.GEWEIGERD: ("uitkomst", "reden"),
    Action.TERUGGEMELD: ("status", "afsluitreden"),
    Action.GEPARKEERD: ("status",),
    Action.VERVALLEN: ("status",),
}
"""What an act is about where its record names no fields."""


def _plain(record: FoundRecord, telling: Telling) -> Verwerking:
    """Tell what stands in the record itself."""
    document = record.document
    activity = telling.register.find(record.activity)
    recipient = str(record.recipient) if record.recipient else None
    velden = document.get("velden") or _FIELDS.get(record.action, ())
    return Verwerking(
        entry=record.entry,
        tijd=record.recorded_at,
        actie=record.action,
        soort=document["bijzonderheden"].get("soort"),
        activiteit=record.activity,
        door=_party(record.actor, telling) or Wie(GATEWAY),
        namens=_on_behalf(record, telling),
        aan=_party(recipient, telling),
        velden=tuple(velden) if record.outcome == Outcome.OK else (),
        omschrijving=activity.naam if activity else _UNDESCRIBED,
        doel=activity.doel if activity else _UNDESCRIBED,
        grondslag=activity.grondslag if activity else _UNDESCRIBED,
        bericht_id=record.bericht_id,
        uitkomst=record.outcome,
        code=document.get("code"),
        stromen=(),
        places=(),
    )


def _streams(record: FoundRecord, telling: Telling) -> tuple[Stroom, ...]:
    details = record.document["bijzonderheden"]
    told = (_stream(line, details, record, telling) for line in details["stromen"])
    return tuple(stream for stream in told if stream.doorgegeven or stream.geteld)


def _stream(
    line: Mapping[str, Any], details: Mapping[str, Any], record: FoundRecord, telling: Telling
) -> Stroom:
    """Tell one line of a receipt; what the gateway itself added to that view is passed on too."""
    activity = _activity(details["soort"], line["rol"], record, telling.register)
    added = details.get("toegevoegd", {}).get(line["rol"], ())
    sent = record.recipient is not None and line["ontvanger"] == str(record.recipient)
    passed = (*line["doorgegeven"], *added) if sent else ()
    return Stroom(
        rol=line["rol"],
        aan=_party(line["ontvanger"], telling),
        activiteit=activity.id if activity else _UNDESCRIBED,
        doel=activity.doel if activity else _UNDESCRIBED,
        grondslag=activity.grondslag if activity else _UNDESCRIBED,
        doorgegeven=tuple(sorted({*passed, *line["gegeneraliseerd"]})),
        geteld=tuple(line["afgeleid"]),
    )


_UNDESCRIBED = "niet beschreven"
"""A record is never hidden for want of words."""


def _activity(soort: str, rol: str, record: FoundRecord, register: Register) -> Activity | None:
    """Give what was done with this kind of message for a role, by the policy that was used."""
    policy = record.document.get("beleid")
    day = date.fromisoformat(policy) if policy else legal_day(record.recorded_at)
    stream = (Soort(soort), Role(rol))
    return next(
        (a for a in register.on(day) if a.stream and (a.stream.soort, a.stream.role) == stream),
        None,
    )


def _party(oin: str | None, telling: Telling) -> Wie | None:
    return Wie(telling.names.get(oin, "onbekende organisatie"), oin=oin) if oin else None


def _on_behalf(record: FoundRecord, telling: Telling) -> Wie | None:
    """Name for whom another did it; a school that is not one's own stays unnamed."""
    namens = record.document.get("namens")
    if namens is None or namens == record.actor:
        return None
    if len(namens) == _OIN_LENGTH:
        return _party(namens, telling)
    if not telling.may_name(namens):
        return None
    return Wie(telling.names.get(namens, namens), vestigingscode=namens)
