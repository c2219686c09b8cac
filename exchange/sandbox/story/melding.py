"""Writes verzuimmeldingen as a school would: the days of one absence, and the steps taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from exchange.messages.identifiers import Pgn, Schooljaar, Vestigingscode
from exchange.messages.verzuimmelding import Verzuimsoort
from exchange.messages.wire import ActieSchool, ContactRol, Plicht
from exchange.sandbox.story.absence import DAY_MINUTES
from exchange.sandbox.world import World

_LESWEKEN = 4
_LONG_LESWEKEN = 6  # begun on the first of these: certainly more than four weeks ago
_ENOUGH_DAYS = 4
_LUXE_DAYS = 3
_LIMIT_MINUTES = 960
_LESUUR = 60


class MeldingWriter:
    """Writes the meldingen of one school week; every day lies before the reference date."""

    def __init__(self, world: World, reference: date) -> None:
        self._world = world
        self._long = world.calendar.last_lesson_days(reference, _LONG_LESWEKEN)
        recent = world.calendar.last_lesson_days(reference, _LESWEKEN)
        this_year = Schooljaar.of(reference)
        self._this_year = [day for day in recent if day in this_year]
        self._recent = self._this_year
        if len(self._recent) < _ENOUGH_DAYS:  # August: the schooljaar has hardly begun
            self._recent = [day for day in recent if day not in this_year]

    @property
    def counts_this_year(self) -> bool:
        """Whether the sixteen hours lie in the schooljaar of the reference date."""
        return self._recent is self._this_year

    def sixteen_hours(self, vestiging: str, pupil: Pgn, extra: int = 0) -> dict[str, Any]:
        """Give a melding of the lesuren that are mandatory to report, and ``extra`` more or less.

        They are spread over the last four lesweken, an equal part of the days in each.
        """
        days = self._recent[:: max(1, len(self._recent) // _ENOUGH_DAYS)][:_ENOUGH_DAYS]
        minutes = [_LIMIT_MINUTES // _ENOUGH_DAYS] * _ENOUGH_DAYS
        minutes[-1] += extra * _LESUUR
        return self._melding(vestiging, pupil, Verzuimsoort.ZESTIEN_UUR, days, minutes)

    def luxe(self, vestiging: str, pupil: Pgn) -> dict[str, Any]:
        """Give a melding of some days of leave that nobody gave, at the end of the last week."""
        days = self._recent[-_LUXE_DAYS:]
        return self._melding(vestiging, pupil, Verzuimsoort.LUXE, days, [DAY_MINUTES] * len(days))

    def langdurig(self, vestiging: str, pupil: Pgn) -> dict[str, Any]:
        """Give a melding of an absence that lasts: more than four weeks, and no end in sight."""
        whole = [DAY_MINUTES] * len(self._long)
        body = self._melding(vestiging, pupil, Verzuimsoort.LANGDURIG, self._long, whole)
        del body["einddatum"]
        return body

    def _melding(
        self,
        vestiging: str,
        pupil: Pgn,
        verzuimsoort: Verzuimsoort,
        days: Sequence[date],
        minutes: Sequence[int],
    ) -> dict[str, Any]:
        return {
            "vestigingscode": vestiging,
            "pgn": pupil.reveal(),
            "plicht": Plicht.LEERPLICHTIG.value,
            "woongemeente": self._world.vestigingen[Vestigingscode(vestiging)].gemeente.reveal(),
            "verzuimsoort": verzuimsoort.value,
            "begindatum": days[0].isoformat(),
            "einddatum": days[-1].isoformat(),
            "dagen": [
                {"datum": day.isoformat(), "minuten": some}
                for day, some in zip(days, minutes, strict=True)
            ],
            "alleLessenGemist": verzuimsoort is not Verzuimsoort.ZESTIEN_UUR,
            "actieGemeenteGewenst": verzuimsoort is not Verzuimsoort.LUXE,
            "oudersGeinformeerdOp": days[-1].isoformat(),
            "actiesSchool": [ActieSchool.GESPREK_LEERLING.value, ActieSchool.GESPREK_OUDERS.value],
            "contact": {
                "rol": ContactRol.VERZUIMCOORDINATOR.value,
                "email": f"verzuim.{vestiging.lower()}@school.example",
            },
        }
