"""Everything that is counted: registrations, meldingen, figures; with a canary in every place."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx

from exchange.messages.identifiers import Periode
from tests.integration.api.world import BELEID
from tests.privacy.canaries import Aviary
from tests.privacy.wire import Wire

REGISTRATIES, MELDINGEN = "/v1/verzuimregistraties", "/v1/verzuimmeldingen"
NDJSON = "application/x-ndjson"
GEOORLOOFD, ONGEOORLOOFD = "REDEN_GEOORLOOFD", "REDEN_ONGEOORLOOFD"

Expect = Callable[..., httpx.Response]
Note = Callable[[dict[str, Any], str, str, str], object]


@dataclass(frozen=True)
class CountingDrive:
    """Asks what there is to ask about counting; ``note`` keeps a message that a recipient gets."""

    wire: Wire
    aviary: Aviary
    today: date
    expect: Expect
    note: Note

    async def everything(self) -> None:
        """Do it all; the reasons are local ones that no school has thought of."""
        bird = self.aviary
        reasons = {
            GEOORLOOFD: bird.code("reason that is authorised"),
            ONGEOORLOOFD: bird.code("reason that is not authorised"),
        }
        await self._lay_down(reasons)
        await self._one_by_one(reasons)
        await self._many(reasons)
        await self._wrong_lines(reasons)
        await self._threshold()
        await self._figures()
        for path in ("/v1/codelijsten", "/v1/noodzaak"):
            self.expect(await self.wire.call(None, "GET", path), 200)

    async def _lay_down(self, reasons: Mapping[str, str]) -> None:
        redenen = [
            {"code": reasons[GEOORLOOFD], "categorie": "geoorloofd"},
            {"code": reasons[ONGEOORLOOFD], "categorie": "ongeoorloofd"},
        ]
        beleid = {**BELEID, "redenen": redenen}
        path = "/v1/vestigingen/99BB00/verzuimbeleid"
        self.expect(await self.wire.call("las-noord", "PUT", path, beleid), 201)

    async def _one_by_one(self, reasons: Mapping[str, str]) -> None:
        """Register, correct to another pupil and day, withdraw; what was there leaves dead rows."""
        bird, own = self.aviary, self.aviary.key("as number of a registration")
        first = self._registration(bird.pgn("registered"), own, reden=reasons[GEOORLOOFD])
        moved = {**first, "pgn": bird.pgn("registered instead"), "minuten": 42}
        earlier = {**moved, "datum": (self.today - timedelta(days=3)).isoformat()}
        for body in (first, first, moved, earlier, {**earlier, "ingetrokken": True}, first):
            self.expect(await self._post(REGISTRATIES, body), 202)
        both = {**first, "categorie": "ongeoorloofd"}
        self.expect(await self._post(REGISTRATIES, both), 400, "categorie-strijdig")
        unknown = {**first, "reden": bird.code("reason that nobody laid down")}
        self.expect(await self._post(REGISTRATIES, unknown), 400, "onbekende-reden")
        in_number = self._registration(bird.pgn("in its own number"), "", categorie="geoorloofd")
        in_number["registratieId"] = f"leerling-{in_number['pgn']}"
        self.expect(await self._post(REGISTRATIES, in_number), 400, "pgn-in-vrije-tekst")
        late = {**first, "datum": Periode.of(self.today).plus(-3).first_day.isoformat()}
        self.expect(await self._post(REGISTRATIES, late), 409, "periode-gesloten")

    async def _many(self, reasons: Mapping[str, str]) -> None:
        bird, key = self.aviary, self.aviary.key("of a delivery")
        lines = [
            self._registration(
                bird.pgn(f"on line {n}"),
                bird.key(f"as number on line {n}"),
                reden=reasons[(GEOORLOOFD, ONGEOORLOOFD)[n % 2]],
            )
            for n in range(12)
        ]
        body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        first = self.expect(await self._post(REGISTRATIES, body, key), 202)
        assert first.json()["aantalAangenomen"] == len(lines)
        again = self.expect(
            await self._post(REGISTRATIES, gzip.compress(body), key, gzip=True), 202
        )
        assert again.json() == first.json()
        rehearsed = self._registration(
            bird.pgn("rehearsed on a line"), "R-1", categorie="geoorloofd"
        )
        answer = await self._post(f"{REGISTRATIES}?valideer=true", json.dumps(rehearsed).encode())
        self.expect(answer, 200)

    async def _wrong_lines(self, reasons: Mapping[str, str]) -> None:
        """One good line among many that break each rule, then a delivery without a good line."""
        bird = self.aviary
        good = self._registration(bird.pgn("on a good line"), "G-1", categorie="geoorloofd")

        def wrong(name: str, **changes: object) -> dict[str, object]:
            own = bird.key(f"as number and {name}")
            return {**self._registration(bird.pgn(f"on a line with {name}"), own), **changes}

        lines: list[object] = [
            good,
            wrong("too many minutes", minuten=721),
            wrong("a name", naam=bird.person("on a line")),
            wrong("an unknown reason", reden=bird.code("reason on a line")),
            wrong("another school", vestigingscode="99CC00", reden=reasons[GEOORLOOFD]),
            wrong("a reason for a category", categorie=bird.code("reason as category on a line")),
            wrong("a number for a day", datum=bird.pgn("as a day on a line")),
            wrong("a pupil in its number", registratieId=f"x {bird.pgn('in a number on a line')}"),
            [bird.pgn("in a list on a line")],
        ]
        raw = [json.dumps(line).encode() for line in lines]
        raw += [
            b'{"pgn": "' + bird.pgn("in half a line").encode(),
            b"\xff" + str(good["pgn"]).encode(),
        ]
        answer = self.expect(await self._post(REGISTRATIES, b"\n".join(raw)), 202)
        assert answer.json()["aantalGeweigerd"] == len(raw) - 1
        self.expect(await self._post(REGISTRATIES, b"\n".join(raw[1:])), 400)
        broken = gzip.compress(b"\n".join(raw))[:-6]
        self.expect(await self._post(REGISTRATIES, broken, gzip=True), 400, "ongeldige-json")

    async def _threshold(self) -> None:
        """A pupil reaches the threshold by registrations, and then has its melding."""
        bird = self.aviary
        pupil = bird.pgn("that reached the threshold")
        days = self._last_weekdays(4)
        for n, day in enumerate(days):
            body = self._registration(pupil, f"D-{n}", categorie="ongeoorloofd", minuten=300)
            self.expect(await self._post(REGISTRATIES, {**body, "datum": day.isoformat()}), 202)
        path = "/v1/drempelmeldingen?vestigingscode=99BB00"
        reached = self.expect(await self.wire.call("las-noord", "GET", path), 200).json()
        assert any("D-0" in one["registratieIds"] for one in reached["drempelmeldingen"])
        melding = self._melding(pupil, days, 300)
        self.expect(await self._post(f"{MELDINGEN}?valideer=true", melding), 200)
        receipt = self.expect(await self._post(MELDINGEN, melding), 202).json()
        self.note(receipt, pupil, "leerplicht-0361", melding["contact"]["email"])
        short = self._melding(bird.pgn("that stayed below the threshold"), days[:1], 300)
        self.expect(await self._post(MELDINGEN, short), 400, "geen-verplichte-melding")
        self.expect(await self._post(MELDINGEN, melding), 409, "al-gemeld")
        named = {**self._melding(bird.pgn("with its name"), days, 300), "naam": bird.person("told")}
        self.expect(await self._post(MELDINGEN, named), 400, "onbekend-veld")

    async def _figures(self) -> None:
        bird, month = self.aviary, Periode.of(self.today)
        base = "/v1/vestigingen/99BB01"
        numbers = {"leerlingen": 300, "geplandeMinutenPerLeerling": 6000}
        figures = {
            **numbers,
            "geoorloofd": {"minuten": 0, "aantalLeerlingen": 0, "grootsteAandeelMinuten": 0},
            "ongeoorloofd": {"minuten": 0, "aantalLeerlingen": 0, "grootsteAandeelMinuten": 0},
            "leerlingenMetOngeoorloofdVerzuim": 0,
            "trede1": 300,
            "trede2": 0,
            "trede3": 0,
        }
        for name, body in (("leerlingaantallen", numbers), ("schoolcijfers", figures)):
            path = f"{base}/{name}/{month}"
            self.expect(await self.wire.call("las-noord", "PUT", path, body), 201)
            self.expect(await self.wire.call("las-noord", "GET", path), 200)
            wrong = {**body, "leerlingen": bird.pgn(f"as a number of pupils in {name}")}
            self.expect(await self.wire.call("las-noord", "PUT", path, wrong), 400)
        strange = {**figures, "trede1": 299}
        path = f"{base}/schoolcijfers/{month}"
        answer = await self.wire.call("las-noord", "PUT", path, strange)
        self.expect(answer, 400, "cijfers-strijdig")
        there = {"vestigingscode": "99BB01", "categorie": "geoorloofd"}
        late = {**self._registration(bird.pgn("in a month of figures"), "F-1"), **there}
        self.expect(await self._post(REGISTRATIES, late), 409, "bron-strijdig")

    def _registration(self, pgn: str, own: str, **changes: object) -> dict[str, Any]:
        return {
            "vestigingscode": "99BB00",
            "registratieId": own,
            "pgn": pgn,
            "datum": self.today.isoformat(),
            "minuten": 60,
            **changes,
        }

    def _melding(self, pgn: str, days: list[date], minuten: int) -> dict[str, Any]:
        return {
            "vestigingscode": "99BB00",
            "pgn": pgn,
            "plicht": "leerplichtig",
            "woongemeente": "0361",
            "verzuimsoort": "16-uur",
            "begindatum": days[0].isoformat(),
            "einddatum": days[-1].isoformat(),
            "dagen": [{"datum": day.isoformat(), "minuten": minuten} for day in days],
            "alleLessenGemist": True,
            "actieGemeenteGewenst": True,
            "oudersGeinformeerdOp": days[-1].isoformat(),
            "actiesSchool": ["GESPREK_OUDERS"],
            "contact": {"rol": "mentor", "email": self.aviary.email(f"of a melding about {pgn}")},
        }

    def _last_weekdays(self, count: int) -> list[date]:
        found: list[date] = []
        day = self.today
        while len(found) < count:
            day -= timedelta(days=1)
            if day.weekday() < 5:
                found.append(day)
        return sorted(found)

    async def _post(
        self, path: str, body: object, key: str = "", *, gzip: bool = False
    ) -> httpx.Response:
        headers = {"idempotency-key": key or str(uuid4())}
        if isinstance(body, bytes):
            headers["content-type"] = NDJSON
        if gzip:
            headers["content-encoding"] = "gzip"
        return await self.wire.call("las-noord", "POST", path, body, headers)
