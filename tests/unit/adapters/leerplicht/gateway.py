"""A gateway as a recipient meets it, in memory; with faults where a test wants one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import httpx

from adapters.keys.memory import MemoryKeyProvider
from adapters.system import SystemIds
from exchange.crypto.recipient_keys import accept_public_jwk
from exchange.crypto.sealing import SealContext, seal_message
from exchange.crypto.sealing_keys import RecipientPublicKey
from exchange.messages.identifiers import Oin
from exchange.ports import KeyProvider
from tests.unit.adapters.identity.loopback import OIN

PGN = "999990019"
Fault = Callable[[httpx.Request], httpx.Response | None]

CONTENTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "signaal": {
        "pgn": PGN,
        "vestigingscode": "99AA00",
        "venster": {"van": "2026-11-02", "tot": "2026-11-20"},
        "ongeoorloofdeMinuten": 480,
        "criterium": "OPLOPEND",
        "oudersGeinformeerdOp": "2026-11-20",
        "actiesSchool": ["MENTOR"],
        "contact": {"rol": "mentor", "email": "mentor@school.example"},
        "zaakreferentie": "Zm9vYmFy",
    },
    "verzuimmelding": {
        "pgn": PGN,
        "vestigingscode": "99AA00",
        "verzuimsoort": "langdurig",
        "begindatum": "2026-10-01",
        "dagen": [{"datum": "2026-10-01", "minuten": 300}],
        "alleLessenGemist": True,
        "actieGemeenteGewenst": True,
        "oudersGeinformeerdOp": "2026-11-20",
        "actiesSchool": [],
        "contact": {"rol": "mentor", "email": "mentor@school.example"},
        "zaakreferentie": "Zm9vYmFy",
    },
    "intrekking": {"betreft": "01890a5d-ac96-774b-bcce-b302099a8057", "reden": "hersteld"},
}


@dataclass
class Message:
    """One message in the mailbox."""

    soort: str
    token: str
    fetched: bool = False
    status: str = "nieuw"
    made_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class SimulatedGateway:
    """Answers as contract section 3 says; ``fault`` may answer, or raise, in its place."""

    keys: KeyProvider = field(default_factory=MemoryKeyProvider)
    page: int = 2
    registered: list[Mapping[str, Any]] = field(default_factory=list)
    messages: dict[UUID, Message] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    queries: list[Mapping[str, str]] = field(default_factory=list)
    fault: Fault | None = None
    key_status: str = "actief"

    def put(self, soort: str = "signaal", **changes: Any) -> UUID:  # noqa: ANN401  members differ
        """Seal a message to the registered key; a member that is set to None is left out."""
        bericht_id = SystemIds().uuid7()
        content = {"berichtId": str(bericht_id), "soort": soort, **CONTENTS[soort], **changes}
        present = {name: value for name, value in content.items() if value is not None}
        self.put_sealed(bericht_id, soort, self.sealed(bericht_id, present))
        return bericht_id

    def put_sealed(self, bericht_id: UUID, soort: str, token: str) -> None:
        """Put a token in the mailbox as it is."""
        self.messages[bericht_id] = Message(soort, token)

    def sealed(
        self,
        rid: UUID,
        content: Mapping[str, Any],
        recipient: Oin = OIN,
        keys: KeyProvider | None = None,
    ) -> str:
        """Seal a content to the registered key."""
        _, jwk = accept_public_jwk(self.registered[-1])
        context = SealContext(recipient, rid, "signaal-leerplicht/1", datetime.now(UTC))
        return seal_message(content, context, RecipientPublicKey.parse(jwk), keys or self.keys)

    def statuses(self) -> set[str]:
        """Give the states in which the messages are."""
        return {message.status for message in self.messages.values()}

    def count(self, method: str, ending: str = "") -> int:
        """Count the calls with this method whose path ends so."""
        return sum(m == method and path.endswith(ending) for m, path in self.calls)

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.calls.append((request.method, request.url.path))
        self.queries.append(dict(request.url.params))
        answer = self.fault(request) if self.fault else None
        return answer or self._answer(request)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        match request.method, request.url.path.split("/")[2:]:
            case "PUT", ["sleutel"]:
                self.registered.append(json.loads(request.content))
                return httpx.Response(201, json={"kid": "x", "status": self.key_status})
            case "GET", ["sleutels"]:
                return httpx.Response(200, json={"keys": list(self.keys.public_keys())})
            case "GET", ["berichten"]:
                return self._list(request)
            case "GET", ["berichten", one]:
                return self._download(UUID(one))
            case "POST", ["berichten", one, "bevestigingen"]:
                assert json.loads(request.content) == {"uitkomst": "ontvangen"}
                return self._acknowledge(UUID(one))
            case _:
                return problem(404, "niet-gevonden")

    def _list(self, request: httpx.Request) -> httpx.Response:
        wanted = request.url.params["status"]
        after = request.url.params.get("cursor", "")
        found = [
            {
                "berichtId": str(one),
                "soort": m.soort,
                "aangemaaktOp": m.made_at.isoformat(),
                "status": m.status,
            }
            for one, m in list(self.messages.items())
            if m.status == wanted and str(one) > after
        ]
        links = {}
        if len(found) > self.page:
            cursor = found[self.page - 1]["berichtId"]
            following = request.url.copy_merge_params({"cursor": cursor})
            links["next"] = {"href": f"{following.path}?{following.query.decode()}"}
        return httpx.Response(200, json={"berichten": found[: self.page], "_links": links})

    def _download(self, one: UUID) -> httpx.Response:
        if one not in self.messages:
            return problem(404, "niet-gevonden")
        message = self.messages[one]
        if message.status in {"ingetrokken", "vervallen"}:
            return problem(410, message.status)
        message.fetched = True
        return httpx.Response(200, text=message.token, headers={"content-type": "application/jose"})

    def _acknowledge(self, one: UUID) -> httpx.Response:
        message = self.messages[one]
        if message.status == "ingetrokken":
            return problem(410, "ingetrokken")
        if not message.fetched:
            return problem(409, "overgang-ongeldig")
        again = message.status == "bevestigd"
        message.status = "bevestigd"
        return httpx.Response(200 if again else 201, json={})


def problem(status: int, code: str) -> httpx.Response:
    """Give a problem document."""
    return httpx.Response(
        status, json={"code": code}, headers={"content-type": "application/problem+json"}
    )


def on(method: str, ending: str, answer: httpx.Response | Exception, times: int = 1) -> Fault:
    """Make a fault at the first ``times`` calls of one kind."""
    left = times

    def fault(request: httpx.Request) -> httpx.Response | None:
        nonlocal left
        if request.method != method or not request.url.path.endswith(ending) or not left:
            return None
        left -= 1
        if isinstance(answer, Exception):
            raise answer
        return answer

    return fault
