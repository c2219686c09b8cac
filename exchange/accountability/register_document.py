"""How the register of processing reads as JSON: as it was on a day, with its history."""

from __future__ import annotations

from datetime import date
from typing import Any

from exchange.accountability.register import Activity, Register, StoredAt, Stream
from exchange.policy.activities import PLACE_OF_NUMBER
from exchange.policy.law import Law
from exchange.policy.necessity import Mode


def register_document(register: Register, day: date, law: Law, mode: Mode) -> dict[str, Any]:
    """Give what is in force on ``day``, what ended before it and what is announced."""

    def documents(activities: tuple[Activity, ...]) -> list[dict[str, Any]]:
        return [activity_document(activity, day, law) for activity in activities]

    return {
        "peildatum": day.isoformat(),
        "modus": mode.value,
        "verwerkingsactiviteiten": documents(register.on(day)),
        "geschiedenis": documents(register.before(day)),
        "aangekondigd": documents(register.after(day)),
        "_links": {},
    }


def activity_document(activity: Activity, day: date, law: Law) -> dict[str, Any]:
    """Give one version of an activity; the terms are the numbers that hold on ``day``."""
    return {
        "id": activity.id,
        "naam": activity.naam,
        "geldigVanaf": activity.geldig_vanaf.isoformat(),
        "geldigTot": activity.geldig_tot.isoformat() if activity.geldig_tot else None,
        "status": activity.status.value,
        "toegepast": activity.toegepast,
        "verwerkingsverantwoordelijke": activity.verantwoordelijke,
        "verwerker": activity.verwerker,
        "verstrekker": activity.verstrekker,
        "doel": activity.doel,
        "grondslag": activity.grondslag,
        "betrokkenen": list(activity.betrokkenen),
        "gegevens": [
            {"naam": d.naam, "behandeling": d.behandeling.value, "toelichting": d.toelichting}
            for d in activity.gegevens
        ],
        "ontvangers": list(activity.ontvangers),
        "bewaring": [_stored(stored, day, law) for stored in activity.bewaring],
        "doorgifte": activity.doorgifte,
        "maatregelen": list(activity.maatregelen),
        "dpia": activity.dpia,
        "stroom": _stream(activity.stream) if activity.stream else None,
    }


def term_of(stored: StoredAt, day: date, law: Law) -> tuple[str, str | None]:
    """Say until when, with the number that holds on ``day``, and the source of that number."""
    store = stored.store
    if store.getal is None:
        return store.termijn, None
    (entry,) = law.as_of(day).entries[store.getal]
    return store.termijn.replace(PLACE_OF_NUMBER, str(entry.waarde)), entry.bron


def _stored(stored: StoredAt, day: date, law: Law) -> dict[str, Any]:
    termijn, bron = term_of(stored, day, law)
    return {
        "bewaarplaats": stored.naam,
        "wat": stored.store.wat,
        "termijn": termijn,
        "bron": bron,
    }


def _stream(stream: Stream) -> dict[str, str]:
    return {
        "bericht": stream.soort.value,
        "rol": stream.role.value,
        "bereik": stream.reach.value,
    }
