"""Everything that can be asked about one pupil, with a canary in every place of the question."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import httpx

from tests.integration.api.world import OINS
from tests.privacy.canaries import Aviary
from tests.privacy.wire import STRANGER, Wire

PATH = "/v1/inzageverzoeken"
SCHOOL = f"{PATH}?namens={OINS['school-99AA']}"


class InzageDrive:
    """Asks about pupils that are known and about some that are not."""

    def __init__(self, wire: Wire, aviary: Aviary, expect: Callable[..., httpx.Response]) -> None:
        self._wire = wire
        self._aviary = aviary
        self._expect = expect

    async def everything(self, known: Sequence[str]) -> None:
        """Ask rightly, then wrongly; ``known`` are pupils of whom a message was accepted."""
        unknown = self._aviary.pgn("asked about and known to nobody")
        for pgn in (*known, unknown, unknown):
            for caller, path in (
                ("fg", PATH), ("fg", PATH), ("school-99AA", PATH), ("las-noord", SCHOOL),
            ):  # fmt: skip
                answer = await self._ask(caller, {"pgn": pgn, "reden": "CONTROLE"}, path)
                self._expect(answer, 200)
        await self._by_others()
        await self._wrongly()
        await self._in_the_wrong_place()

    async def _by_others(self) -> None:
        for caller, path, status in (
            ("las-noord", PATH, 403),
            ("las-zuid", SCHOOL, 403),
            ("leerplicht-0361", PATH, 403),
            ("ocw", PATH, 403),
            (None, PATH, 401),
            (STRANGER, PATH, 401),
        ):
            body = {"pgn": self._aviary.pgn(f"asked about by {caller}"), "reden": "KLACHT"}
            self._expect(await self._ask(caller, body, path), status)

    async def _wrongly(self) -> None:
        bird = self._aviary
        good = {"pgn": bird.pgn("in a wrong question"), "reden": "DATALEK"}
        for wrong in (
            {"reden": bird.pgn("as reason to look")},
            {"reden": bird.person("in a reason to look")},
            {"naam": bird.person("beside the number")},
            {bird.pgn("as name in a question"): 1},
            {"pgn": int(bird.pgn("asked as a number"))},
            {"pgn": f"{bird.pgn('asked with a space')} "},
            {"pgn": [bird.pgn("asked in a list")]},
            {"pgn": {"bsn": bird.pgn("asked in an object")}},
        ):
            self._expect(await self._ask("fg", {**good, **wrong}), 400)
        for raw in (
            f'{{"pgn": "{bird.pgn("asked in half a document")}"'.encode(),
            f'["{bird.pgn("asked in a list alone")}"]'.encode(),
            (json.dumps(good)[:-1] + f', "pgn": "{bird.pgn("asked twice")}"}}').encode(),
        ):
            self._expect(await self._ask("fg", raw), 400)

    async def _in_the_wrong_place(self) -> None:
        bird, call = self._aviary, self._wire.call
        good = {"pgn": bird.pgn("asked beside a wrong address"), "reden": "KLACHT"}
        for path, status in (
            (f"{PATH}?pgn={bird.pgn('asked in a query')}", 400),
            (f"{PATH}?{bird.pgn('asked as name of a query')}", 400),
            (f"{PATH}?namens={bird.pgn('asked for')}", 400),
            (f"{PATH}/{bird.pgn('asked in a path')}", 404),
        ):
            self._expect(await self._ask("fg", good, path), status)
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            await call("fg", method, f"{PATH}?pgn={bird.pgn(f'asked with {method}')}")

    async def _ask(self, caller: str | None, body: object, path: str = PATH) -> httpx.Response:
        return await self._wire.call(caller, "POST", path, body)
