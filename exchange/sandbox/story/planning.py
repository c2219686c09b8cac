"""Plans the school week of the sandbox: some forty signalen, seven refused ones, and meldingen.

All of it follows from the world, a reference date and the number of the week, so that a later start
sends the same bytes under the same keys. Every day in it lies before the reference date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from exchange.errors import Code
from exchange.messages.antwoord import Afsluitreden, Behandeling
from exchange.messages.identifiers import Pgn, Vestigingscode
from exchange.policy.parties import Role
from exchange.sandbox.story.meldingen import plan_meldingen
from exchange.sandbox.story.plan import EDITION, Fate, Handling, Planned, Story
from exchange.sandbox.story.signaal import SignaalWriter
from exchange.sandbox.world import World
from exchange.sandbox.world.pupils import IN_SIGNALEN, pupils, pupils_without_bsn

_WEEKS_WITH_OWN_PUPILS = 10
_PUPILS = IN_SIGNALEN // _WEEKS_WITH_OWN_PUPILS
_PUPILS_WITHOUT_BSN = 5

_MISTAKES: tuple[tuple[Code, str, str, Mapping[str, Any]], ...] = (
    (Code.ONBEKEND_CRITERIUM, "criterium van een ander", "99BB00", {"criterium": "TE_LAAT"}),
    (Code.VERPLICHTE_MELDING, "16 uur of meer", "99BB00", {"ongeoorloofdeMinuten": 960}),
    (Code.ONTVANGER_NIET_AANGESLOTEN, "naar Utrecht", "99CC00", {"woongemeente": "0344"}),
    (Code.ONBEKENDE_WOONGEMEENTE, "opgeheven gemeente", "99BB00", {"woongemeente": "0398"}),
    (
        Code.WAARDE_ONGELDIG,
        "drie fouten tegelijk",
        "99CC00",
        {"plicht": "vrijgesteld", "categorie": "geoorloofd", "actiesSchool": ["GEBELD"]},
    ),
)


def plan_week(world: World, reference: date, week: int) -> Story:
    """Plan the school week that ends the day before ``reference``."""
    story = _Planner(world, SignaalWriter(world, reference, week), week).story()
    meldingen = plan_meldingen(world, reference, week, after=len(story.messages))
    return replace(story, messages=(*story.messages, *meldingen))


class _Planner:
    def __init__(self, world: World, writer: SignaalWriter, week: int) -> None:
        self._world = world
        self._writer = writer
        self._week = week
        place = week % _WEEKS_WITH_OWN_PUPILS
        self._pupils = iter(pupils(_PUPILS, skip=place * _PUPILS))
        self._without_bsn = iter(
            pupils_without_bsn(_PUPILS_WITHOUT_BSN, skip=place * _PUPILS_WITHOUT_BSN)
        )
        self._planned: list[Planned] = []

    def story(self) -> Story:
        """Plan the signalen, in the order in which they are told."""
        self._withdrawn("99BB00", Fate.METEEN_INGETROKKEN, "meteen weer ingetrokken")
        for vestiging in self._schools():
            self._add(self._write(vestiging))
        self._from_the_school_itself("99AA00")
        self._without_a_bsn("99BB01", "99CC00")
        self._twice_about_one_pupil("99BB00")
        self._withdrawn("99CC00", Fate.LATER_INGETROKKEN, "ingetrokken na ontvangst")
        self._replaced("99BB01")
        self._refused()
        handlings = [*self._handlings("99BB00"), *self._handlings("99CC00")]
        return Story(tuple(self._planned), tuple(handlings))

    def _schools(self) -> Iterator[str]:
        """Give the school of each ordinary signaal: named ones often, others now and then."""
        named = ("99BB00", "99BB01", "99CC00")
        series = [code for code in self._world.vestigingen if code not in self._world.named]
        for place, other in enumerate(series[::4]):
            yield str(other)
            yield named[place % len(named)]
        yield from ("99AA00", "99AA00", "99BB00", "99CC00")

    def _withdrawn(self, vestiging: str, fate: Fate, about: str) -> None:
        self._add(replace(self._write(vestiging), fate=fate, about=about))

    def _from_the_school_itself(self, vestiging: str) -> None:
        school = self._world.holders(Role.SCHOOL)[0].name
        self._add(replace(self._write(vestiging), sender=school, about="door de school zelf"))

    def _without_a_bsn(self, *vestigingen: str) -> None:
        for vestiging in vestigingen:
            planned = self._write(vestiging, next(self._without_bsn))
            self._add(replace(planned, about="leerling met onderwijsnummer"))

    def _twice_about_one_pupil(self, vestiging: str) -> None:
        pupil = next(self._pupils)
        gemeente = self._world.vestigingen[Vestigingscode(vestiging)].gemeente.reveal()
        for criterium in ("ZORG_MENTOR", "OPLOPEND"):
            changes = {"criterium": criterium, "woongemeente": gemeente}
            planned = self._write(vestiging, pupil, changes)
            self._add(replace(planned, about="twee signalen over een leerling"))

    def _replaced(self, vestiging: str) -> None:
        wrong = replace(self._write(vestiging), fate=Fate.VERVANGEN, about="met een fout erin")
        self._add(wrong)
        better = {**wrong.body, "ongeoorloofdeMinuten": wrong.body["ongeoorloofdeMinuten"] + 30}
        right = replace(self._write(vestiging), body=better, about="vervangt het vorige")
        self._add(replace(right, replaces=wrong.number))

    def _refused(self) -> None:
        for code, about, vestiging, mistake in _MISTAKES:
            self._refuse(self._write(vestiging, None, mistake), code, about)
        stranger = self._world.supplier_of(Vestigingscode("99CC00")).name
        foreign = replace(self._write("99AA00"), sender=stranger)
        self._refuse(foreign, Code.GEEN_MANDAAT, "school van een ander")
        earlier = next(planned for planned in self._planned if planned.fate is Fate.STAAT)
        twin = replace(self._write(earlier.body["vestigingscode"]), body=earlier.body)
        self._refuse(twin, Code.AL_GEMELD, "hetzelfde nog eens")

    def _refuse(self, planned: Planned, code: Code, about: str) -> None:
        self._add(replace(planned, fate=Fate.GEWEIGERD, refusal=code, about=about))

    def _handlings(self, vestiging: str) -> Iterator[Handling]:
        """Let leerplicht take up two signalen of a school, closing one, and note a third."""
        begun = (Behandeling.IN_BEHANDELING, None)
        closed = (Behandeling.AFGESLOTEN, Afsluitreden.TERUG_NAAR_SCHOOL)
        noted = (Behandeling.TER_KENNISGEVING_AANGENOMEN, None)
        standing = [
            planned.number
            for planned in self._planned
            if planned.fate is Fate.STAAT and planned.body["vestigingscode"] == vestiging
        ]
        yield Handling(standing[0], (begun, closed))
        yield Handling(standing[1], (noted,))
        yield Handling(standing[2], (begun,))

    def _write(
        self, vestiging: str, pupil: Pgn | None = None, changes: Mapping[str, Any] | None = None
    ) -> Planned:
        """Write the next signaal, by default about a pupil that none was about before."""
        number, code = len(self._planned) + 1, Vestigingscode(vestiging)
        body = self._writer.write(number, code, pupil or next(self._pupils))
        return Planned(
            number=number,
            key=f"schoolweek-{EDITION}-{self._week}-{number}",
            sender=self._world.supplier_of(code).name,
            body={**body, **(changes or {})},
        )

    def _add(self, planned: Planned) -> None:
        self._planned.append(planned)
