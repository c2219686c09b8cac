"""A school with a random history, and what its figures must be: counted pupil by pupil, by hand."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

from tests.integration.api.world import World, bericht_id, signaal, verzuimmelding

MONTHS = ("2026-09", "2026-10", "2026-11")
CLOSED = "2026-08"
"""A month that takes numbers of pupils, and nothing else any more."""
PLANNED = (0, 19, 100, 1440, 7200)
"""Among them numbers that leave the limits of the tiers between two minutes."""
CATEGORIES = ("geoorloofd", "ongeoorloofd")
LIMITS = (("trede1", Fraction(95, 100)), ("trede2", Fraction(90, 100)))

Row = dict[str, Any]


@dataclass
class School:
    """One vestiging: does something at random, and remembers what the gateway said of it."""

    world: World
    vestiging: str
    dice: Random
    registered: dict[str, Row] = field(default_factory=dict)
    numbers: dict[str, tuple[int, int]] = field(default_factory=dict)
    figures: dict[str, Row] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    messages: dict[str, tuple[str, str]] = field(default_factory=dict)
    pupils: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pupils = [self.world.pupil().reveal() for _ in range(7)]

    async def act(self) -> None:
        """Do one thing; most often deliver registrations."""
        acts = [self._deliver] * 5 + [self._put_numbers] * 2
        acts += [self._put_figures, self._report, self._report, self._withdraw]
        await self.dice.choice(acts)()

    def expected(self) -> dict[str, Row]:
        """Give the figures of every month in which there is something, from the raw rows."""
        counted = {periode for _, periode in self.messages.values()}
        months = {*counted, *self.numbers, *self.figures, *self.sources}
        return {month: self._month(month) | self._reported(month) for month in sorted(months)}

    # --- what it does ---

    async def _deliver(self) -> None:
        lines = [self._line() for _ in range(self.dice.randint(1, 8))]
        body = "\n".join(json.dumps(line) for line in lines).encode()
        headers = {"idempotency_key": self.world.key(), "content_type": "application/x-ndjson"}
        path = "/v1/verzuimregistraties"
        answer = await self.world.call("las-noord", "POST", path, body, **headers)
        if answer.status_code != 202:  # all its months come as finished figures
            assert answer.json()["code"] == "bron-strijdig", answer.text
            return
        refused = {item["regel"] for item in answer.json()["geweigerd"]}
        for number, line in enumerate(lines, start=1):
            if number not in refused:
                self._remember(line)

    def _remember(self, line: Row) -> None:
        own = line["registratieId"]
        if line["ingetrokken"]:
            self.registered.pop(own, None)
            return
        self.registered[own] = line
        self.sources[line["datum"][:7]] = "registraties"

    def _line(self) -> Row:
        return {
            "vestigingscode": self.vestiging,
            "registratieId": f"R-{self.dice.randint(1, 14)}",
            "pgn": self.dice.choice(self.pupils),
            "datum": f"{self.dice.choice(MONTHS)}-{self.dice.randint(1, 17):02d}",
            "minuten": self.dice.choice((1, 4, 5, 6, 10, 72, 144, self.dice.randint(1, 720))),
            "categorie": self.dice.choice(CATEGORIES),
            "ingetrokken": self.dice.random() < 0.25,
        }

    async def _put_numbers(self) -> None:
        month = self.dice.choice((*MONTHS, CLOSED))
        numbers = (self.dice.choice((0, 3, 6, 40)), self.dice.choice(PLANNED))
        body = dict(zip(("leerlingen", "geplandeMinutenPerLeerling"), numbers, strict=True))
        answer = await self._put("leerlingaantallen", month, body)
        if answer:
            self.numbers[month] = numbers

    async def _put_figures(self) -> None:
        month, more = self.dice.choice(MONTHS), self.dice.randint(0, 9)
        body = {
            "leerlingen": 100 + more,
            "geplandeMinutenPerLeerling": 6000,
            "geoorloofd": {"minuten": 4000, "aantalLeerlingen": 20, "grootsteAandeelMinuten": 700},
            "ongeoorloofd": {"minuten": 1500, "aantalLeerlingen": 5, "grootsteAandeelMinuten": 600},
            "leerlingenMetOngeoorloofdVerzuim": 5,
            "trede1": 92 + more,
            "trede2": 6,
            "trede3": 2,
        }
        if await self._put("schoolcijfers", month, body):
            self.figures[month] = body
            self.sources[month] = "schoolcijfers"

    async def _put(self, kind: str, month: str, body: Row) -> bool:
        path = f"/v1/vestigingen/{self.vestiging}/{kind}/{month}"
        answer = await self.world.call("las-noord", "PUT", path, body)
        if not answer.is_success:
            assert answer.json()["code"] in {"cijfers-strijdig", "bron-strijdig"}, answer.text
        return answer.is_success

    async def _report(self) -> None:
        """Send a message about a pupil of its own, now and then in the place of an earlier one."""
        month, kind = self.dice.choice(MONTHS), self.dice.choice(("signaal", "verzuimmelding"))
        earlier = [number for number, (soort, _) in self.messages.items() if soort == kind]
        replaced = self.dice.choice(earlier) if earlier and self.dice.random() < 0.4 else None
        pupil, day = self.world.pupil(), f"{month}-08"
        about: Row = {"vestigingscode": self.vestiging, "oudersGeinformeerdOp": day}
        about |= {"vervangt": replaced}
        if kind == "signaal":
            body = signaal(pupil, **about, venster={"van": day, "tot": day})
            answer = await self.world.send(body)
        else:
            days = [{"datum": f"{month}-{n:02d}", "minuten": 480} for n in (8, 9)]
            whole = {"begindatum": days[0]["datum"], "einddatum": days[1]["datum"], "dagen": days}
            answer = await self.world.report_absence(verzuimmelding(pupil, **about, **whole))
        if replaced:
            del self.messages[replaced]
        self.messages[bericht_id(answer)] = (kind, month)

    async def _withdraw(self) -> None:
        if self.messages:
            number = self.dice.choice(list(self.messages))
            bericht_id(await self.world.withdraw(number))
            del self.messages[number]

    # --- what its figures must be ---

    def _reported(self, month: str) -> Row:
        counting = [soort for soort, counts_in in self.messages.values() if counts_in == month]
        return {
            "verzuimmeldingen": counting.count("verzuimmelding"),
            "signalen": counting.count("signaal"),
        }

    def _month(self, month: str) -> Row:
        bron = self.sources.get(month)
        if bron == "schoolcijfers":
            return {"bron": bron, "strijdig": False, **_as_put(self.figures[month])}
        minutes: defaultdict[str, dict[str, int]] = defaultdict(
            lambda: dict.fromkeys(CATEGORIES, 0)
        )
        for line in self.registered.values():
            if line["datum"].startswith(month):
                minutes[line["pgn"]][line["categorie"]] += line["minuten"]
        found: Row = {"bron": bron, **_by_category(list(minutes.values()))}
        absent = [sum(of_pupil.values()) for of_pupil in minutes.values()]
        return found | _tiers(absent, *self.numbers.get(month, (None, None)))


def _as_put(body: Row) -> Row:
    columns = {"leerlingen": body["leerlingen"], "geplande_minuten": 6000}
    for category in CATEGORIES:
        telling = body[category]
        columns[f"{category}_leerlingen"] = telling["aantalLeerlingen"]
        columns[f"{category}_minuten"] = telling["minuten"]
        columns[f"{category}_grootste"] = telling["grootsteAandeelMinuten"]
    return columns | {tier: body[tier] for tier in ("trede1", "trede2", "trede3")}


def _by_category(pupils: list[dict[str, int]]) -> Row:
    columns = {}
    for category in CATEGORIES:
        own = [of_pupil[category] for of_pupil in pupils if of_pupil[category]]
        columns[f"{category}_leerlingen"] = len(own)
        columns[f"{category}_minuten"] = sum(own)
        columns[f"{category}_grootste"] = max(own, default=0)
    return columns


def _tiers(absent: list[int], leerlingen: int | None, planned: int | None) -> Row:
    """Place each pupil by its share of presence; whoever was never absent was always present."""
    if leerlingen is None or planned is None:
        return {
            **dict.fromkeys(("leerlingen", "geplande_minuten", "trede1", "trede2", "trede3")),
            "strijdig": False,
        }
    placed = [_tier(minutes, planned) for minutes in absent]
    placed += ["trede1"] * (leerlingen - len(absent))
    tiers: Row = {tier: placed.count(tier) for tier in ("trede1", "trede2", "trede3")}
    tiers["trede1"] = leerlingen - tiers["trede2"] - tiers["trede3"]
    beyond = len(absent) > leerlingen or max(absent, default=0) > planned
    return {"leerlingen": leerlingen, "geplande_minuten": planned, "strijdig": beyond, **tiers}


def _tier(absent: int, planned: int) -> str:
    present = Fraction(planned - absent, planned) if planned else Fraction(0)
    return next((tier for tier, least in LIMITS if present >= least), "trede3")
