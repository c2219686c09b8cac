"""Everything that a recipient asks about leveringen, with a canary in every place of a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from exchange.bootstrap.database import open_database
from exchange.crypto.sealing_keys import RecipientPrivateKey, generate_recipient_key
from tests.flow.installation import Installation
from tests.integration.api.releases import CSV, HTML, JOSE, JSON, PARQUET, make, unmake
from tests.privacy.canaries import Aviary
from tests.privacy.wire import Wire

COLLEGE, SWV, OCW = "college-0361", "swv-VO2703", "ocw"
Expect = Callable[..., httpx.Response]


@dataclass(frozen=True)
class LeveringenDrive:
    """Releases figures, which hold no pupil, and has them collected."""

    wire: Wire
    aviary: Aviary
    installation: Installation
    expect: Expect

    async def everything(self) -> None:
        """Collect in every form, put canaries in what is asked, withdraw."""
        async with open_database(self.installation.settings, "exchange_operator") as operator:
            nummer = await make(operator, datetime.now(UTC), COLLEGE, SWV, OCW)
            await self._collect(nummer)
            await self._ask_with_canaries(nummer)
            await unmake(operator, datetime.now(UTC), nummer)
        answer = await self._get(COLLEGE, f"/{nummer}")
        self.expect(answer, 410, "levering-ingetrokken")

    async def _collect(self, nummer: int) -> None:
        made = RecipientPrivateKey.parse(generate_recipient_key())
        key = dict(made.public_jwk)
        self.expect(await self.wire.call(COLLEGE, "PUT", "/v1/sleutel", key), 201)
        for name in (COLLEGE, SWV, OCW):
            self.expect(await self._get(name, ""), 200)
            for accept in (JSON, CSV, PARQUET, HTML):
                self.expect(await self._get(name, f"/{nummer}", accept=accept), 200)
            self.expect(await self._get(name, f"/{nummer}/csvw"), 200)
        self.expect(await self._get(COLLEGE, f"/{nummer}", accept=JOSE), 200)
        self.expect(await self._get(SWV, f"/{nummer}", accept=JOSE), 409)
        self.expect(await self._get(COLLEGE, f"/{nummer}", range="bytes=0-9"), 206)

    async def _ask_with_canaries(self, nummer: int) -> None:
        bird, path = self.aviary, f"/{nummer}"
        number = bird.pgn("as number of a levering")
        for below in ("", "/csvw"):
            answer = await self._get(OCW, f"/{number}{below}")
            self.expect(answer, 404, "niet-gevonden")
        behind = bird.pgn("as a place behind the end of a levering")
        answer = await self._get(OCW, path, range=f"bytes={behind}-")
        self.expect(answer, 416, "bereik-ongeldig")
        for headers, status in (
            ({"range": f"bytes=0-{bird.pgn('as the end of a range')}"}, 206),
            ({"range": f"{bird.pgn('as a unit of a range')}=0-1"}, 200),
            ({"if-none-match": f'"{bird.pgn("as a known tag")}", *'}, 304),
            ({"range": "bytes=0-1", "if-range": f'"{bird.pgn("as the tag of a part")}"'}, 200),
            ({"accept": f"text/csv;leerling={bird.pgn('as a parameter of a type')}"}, 200),
            ({"accept": f"application/{bird.pgn('as a type')}"}, 406),
        ):
            self.expect(await self._get(OCW, path, **headers), status)
        cursor = bird.pgn("as a cursor of leveringen")
        self.expect(await self._get(OCW, f"?cursor={cursor}"), 400)
        for other in ("leerplicht-0361", "las-noord", "fg"):
            self.expect(await self._get(other, f"/{number}"), 403)

    async def _get(self, name: str, below: str, **headers: str) -> httpx.Response:
        return await self.wire.call(name, "GET", f"/v1/leveringen{below}", headers=headers)
