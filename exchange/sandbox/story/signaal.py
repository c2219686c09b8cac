"""Writes an ordinary signaal as a school would: plausible days, minutes and steps taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import takewhile
from typing import Any

from exchange.messages.identifiers import Gemeentecode, Pgn, Schooljaar, Vestigingscode
from exchange.messages.wire import ActieSchool, ContactRol, Plicht
from exchange.policy.parties import Role, Sector, Vestiging
from exchange.sandbox.story.dice import Dice
from exchange.sandbox.world import World

_LESWEKEN = 4
_LATEST_DAYS = 5
_MOST_MINUTES = 840
_MINUTES_A_DAY = 150
_SHORTEST = {"PATROON_VASTE_DAG": 10, "OPLOPEND": 6}  # lesson days in which one can see it
_MOVES_AWAY = 6  # about one pupil in six lives in the other municipality


class SignaalWriter:
    """Writes the signalen of one school week."""

    def __init__(self, world: World, reference: date, week: int) -> None:
        self._world = world
        self._week = week
        self._days = world.calendar.last_lesson_days(reference, _LESWEKEN)
        self._criteria = [entry["code"] for entry in world.beleid["signaalcriteria"]]
        leerplicht = world.holders(Role.LEERPLICHT)
        self._gemeenten = [Gemeentecode(party.grant.remit) for party in leerplicht]

    def write(self, number: int, code: Vestigingscode, pupil: Pgn) -> dict[str, Any]:
        """Give the body of signaal ``number``, always the same for the same arguments."""
        dice = Dice(f"{self._week}|{number}")
        vestiging = self._world.vestigingen[code]
        criterium = dice.pick("criterium", self._criteria)
        window = self._window(dice, _SHORTEST.get(criterium, 1))
        return {
            "vestigingscode": code.reveal(),
            "pgn": pupil.reveal(),
            "plicht": _plicht(dice, vestiging.sector),
            "woongemeente": self._residence(dice, vestiging),
            "venster": {"van": window[0].isoformat(), "tot": window[-1].isoformat()},
            "ongeoorloofdeMinuten": 5 * dice.between("minuten", 12, _most_minutes(window) // 5),
            "criterium": criterium,
            "oudersGeinformeerdOp": dice.pick("ouders", window[-2:]).isoformat(),
            "actiesSchool": _actions(dice),
            "contact": {
                "rol": dice.pick("contact", tuple(ContactRol)).value,
                "email": f"verzuim.{code.reveal().lower()}@school.example",
            },
        }

    def _window(self, dice: Dice, shortest: int) -> Sequence[date]:
        """Give lesson days that end in the last school week and lie within one schooljaar.

        At least ``shortest`` of them, or as many as that schooljaar has had.
        """
        end = len(self._days) - dice.between("tot", 0, min(_LATEST_DAYS, len(self._days)) - 1)
        backwards = self._days[:end][::-1]
        year = Schooljaar.of(backwards[0])
        same_year = tuple(takewhile(lambda day: day in year, backwards))
        days = dice.between("dagen", min(shortest, len(same_year)), len(same_year))
        return same_year[:days][::-1]

    def _residence(self, dice: Dice, vestiging: Vestiging) -> str:
        if dice.between("verhuisd", 1, _MOVES_AWAY) > 1:
            return vestiging.gemeente.reveal()
        others = [code for code in self._gemeenten if code != vestiging.gemeente]
        return dice.pick("woongemeente", others).reveal()


def _most_minutes(window: Sequence[date]) -> int:
    return min(_MOST_MINUTES, _MINUTES_A_DAY * len(window))


def _plicht(dice: Dice, sector: Sector) -> str:
    if sector in {Sector.VO, Sector.VSO} and dice.between("plicht", 1, 4) == 1:
        return Plicht.KWALIFICATIEPLICHTIG.value
    return Plicht.LEERPLICHTIG.value


def _actions(dice: Dice) -> list[str]:
    """Give what the school did, in the order of the code list; always at least one thing."""
    chosen = [a.value for a in ActieSchool if dice.between(f"actie {a.value}", 1, 4) == 1]
    return chosen or [ActieSchool.GESPREK_LEERLING.value]
