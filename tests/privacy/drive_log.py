"""Everything that anybody asks about the log, with a canary in every place of a request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from tests.flow.installation import Installation
from tests.naive_log import WITNESS
from tests.privacy.canaries import Aviary
from tests.privacy.wire import Wire

Expect = Callable[..., httpx.Response]
_SEALED_SECONDS = 20


@dataclass(frozen=True)
class LogDrive:
    """Has records proven, tiles given and a head cosigned, while the workers seal."""

    wire: Wire
    aviary: Aviary
    installation: Installation
    expect: Expect

    async def everything(self, bericht_id: str) -> None:
        """Prove what is the caller's own, then ask what is not there or is nobody's."""
        ((entry,),) = await self.installation.sql(
            "SELECT entry FROM log_records WHERE bericht_id = $1::text::uuid ORDER BY 1 LIMIT 1",
            bericht_id,
        )
        bundle = (await self._proof(str(entry))).json()
        await self._get("/consistentie?van=1&tot=2", 200)
        await self._get("/tile/0/000.p/1", 200)
        await self._cosign(bundle["omvang"], bundle["checkpoint"])
        await self._custody(bericht_id)
        await self._search(bericht_id)
        await self._ask_with_canaries()

    async def _proof(self, entry: str) -> httpx.Response:
        path, waited = f"/v1/logboek/entries/{entry}/bewijs", 0
        while (answer := await self.wire.call("fg", "GET", path)).status_code == 409:
            waited += 1
            assert waited < _SEALED_SECONDS * 2, "not sealed"
            await asyncio.sleep(0.5)
        await self._get("/checkpoint", 200)
        return self.expect(answer, 200)

    async def _cosign(self, size: int, note: str) -> None:
        await self.installation.sql(
            "INSERT INTO log_witnesses VALUES ($1, $2, now())", WITNESS.name, WITNESS.vkey
        )
        text = note.partition("\n\n")[0] + "\n"
        line = WITNESS.line(text, at=int(datetime.now(UTC).timestamp()))
        self.expect(await self._offer(str(size), line), 201)

    async def _custody(self, bericht_id: str) -> None:
        chain = f"/v1/berichten/{bericht_id}/bewaarketen"
        self.expect(await self.wire.call("fg", "GET", chain), 200)
        number = f"01999999-9999-7999-8999-{self.aviary.pgn('as a message with a chain')}999"
        for name in ("fg", "las-noord", "leerplicht-0361"):
            answer = await self.wire.call(name, "GET", f"/v1/berichten/{number}/bewaarketen")
            self.expect(answer, 404, "niet-gevonden")

    async def _search(self, bericht_id: str) -> None:
        bird = self.aviary
        for body in ({}, {"berichtId": bericht_id}, {"uitkomst": "geweigerd"}):
            self.expect(await self._zoek(body), 200)
        for body in (
            {"actor": bird.pgn("as an actor to search for")},
            {"ontvanger": bird.pgn("as a recipient to search for")},
            {"berichtId": bird.pgn("as a message to search for")},
            {"uitkomst": bird.pgn("as an outcome to search for")},
            {"van": bird.pgn("as a day to search from")},
            {f"x{bird.pgn('as name of a condition')}": "1"},
        ):
            self.expect(await self._zoek(body), 400)
        activity = {"activiteit": bird.pgn("as an activity to search for")}
        assert (await self._zoek(activity)).status_code in {200, 400}
        cursor = f"?cursor={bird.pgn('as a cursor of the log')}"
        self.expect(await self._zoek({}, cursor), 400)
        for below in ("", "/signaal-leerplicht/1"):
            path = f"/v1/verwerkingsactiviteiten{below}"
            self.expect(await self.wire.call(None, "GET", path), 200)
        unknown = f"/v1/verwerkingsactiviteiten/{bird.pgn('as an activity')}/1"
        self.expect(await self.wire.call(None, "GET", unknown), 404, "niet-gevonden")

    async def _zoek(self, body: dict[str, str], query: str = "") -> httpx.Response:
        content, headers = json.dumps(body).encode(), {"content-type": "application/json"}
        path = f"/v1/logregels/_zoek{query}"
        return await self.wire.call("fg", "POST", path, content, headers)

    async def _ask_with_canaries(self) -> None:
        bird = self.aviary
        entry = f"01999999-9999-7999-8999-{bird.pgn('as an entry of the log')}999"
        for name in ("fg", "las-noord"):
            answer = await self.wire.call(name, "GET", f"/v1/logboek/entries/{entry}/bewijs")
            self.expect(answer, 404, "niet-gevonden")
        await self._get(f"/consistentie?van={bird.pgn('as a size of the log')}&tot=2", 400)
        await self._get(f"/consistentie?van=1&tot={bird.pgn('as a later size of the log')}", 400)
        tile = bird.pgn("as number of a tile")
        await self._get(f"/tile/0/x{tile[:3]}/x{tile[3:6]}/{tile[6:]}", 404)
        await self._get(f"/tile/{bird.pgn('as level of a tile')}/000", 404)
        for line in (
            f"\u2014 {bird.pgn('as name of a witness')} AAAA\n",
            WITNESS.line(f"{bird.pgn('as an origin')}\n1\nAAAA\n", at=1),
            bird.pgn("as a line of a witness"),
        ):
            self.expect(await self._offer("1", line), 400)
        self.expect(await self._offer(bird.pgn("as a size that was cosigned"), "x"), 400)

    async def _offer(self, size: str, line: str) -> httpx.Response:
        path, headers = f"/v1/logboek/cosignatures?omvang={size}", {"content-type": "text/plain"}
        return await self.wire.call(None, "POST", path, line.encode(), headers)

    async def _get(self, below: str, status: int) -> None:
        answer = await self.wire.call(None, "GET", f"/v1/logboek{below}")
        self.expect(answer, status)
