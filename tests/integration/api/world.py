"""A small connected world over the real application and a real PostgreSQL, without sockets.

The TLS connection is the one thing replaced: a request carries the peer that TLS would have
verified.
"""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import Any
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.keys.memory import MemoryKeyProvider
from adapters.system import SystemIds
from exchange.accountability.checkpoint import origin_of
from exchange.accountability.sealing import Seal, seal_once
from exchange.api.app import build_app
from exchange.api.visit import Door
from exchange.bootstrap.law import open_activities, open_elementen, open_finding_rules
from exchange.crypto.opening import open_message
from exchange.crypto.sealing_keys import RecipientPrivateKey, generate_recipient_key
from exchange.messages.identifiers import (
    Gemeentecode,
    Oin,
    Pgn,
    Vestigingscode,
    spells_a_pgn_as_id,
)
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.quotas import Quotas
from exchange.pipeline.stages import Limits, Peer
from exchange.pipeline.turns import Turns
from exchange.policy.necessity import Mode, read_necessity
from exchange.policy.parties import (
    Dienst,
    Gemeente,
    Grant,
    Mandate,
    Role,
    Sector,
    Vestiging,
)
from exchange.ports import KeyProvider
from exchange.storage import directory
from exchange.storage.commit_lane import CommitLane
from exchange.storage.database import Connection, Database
from exchange.storage.snapshot import DirectorySnapshot
from exchange.telemetry.metrics import Metrics
from tests import pure
from tests.described import Answer, require_described
from tests.integration.servers import TestDatabase

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
LONG_AGO = date(2000, 1, 1)
YEAR_START = date(2025, 8, 1)
NECESSITY = Path(__file__).resolve().parents[3] / "schemas" / "necessity"
STRANGER = Oin("00000099999999999000")
GATEWAY = Oin("00000099000000001000")

PARTIES: dict[str, tuple[Grant, ...]] = {
    "las-noord": (Grant(Role.LEVERANCIER),),
    "las-zuid": (Grant(Role.LEVERANCIER),),
    "school-99AA": (Grant(Role.SCHOOL, "99AA"),),
    "leerplicht-0361": (Grant(Role.LEERPLICHT, "0361"),),
    "leerplicht-0599": (Grant(Role.LEERPLICHT, "0599"),),
    "leerplicht-0772": (Grant(Role.LEERPLICHT, "0772"),),
    "college-0361": (Grant(Role.COLLEGE, "0361"),),
    "swv-VO2703": (Grant(Role.SWV, "VO2703"),),
    "ocw": (Grant(Role.OCW),),
    "fg": (Grant(Role.FG),),
    "softwarehuis": (Grant(Role.LEVERANCIER),),
}
OINS = {name: Oin(f"00000099{100000000 + n}000") for n, name in enumerate(PARTIES)}
VESTIGINGEN = (
    ("99AA00", "0361", Sector.PO, "PO2703"),
    ("99BB00", "0361", Sector.VO, "VO2703"),
    ("99BB01", "0361", Sector.VO, "VO2703"),
    ("99CC00", "0599", Sector.VO, "VO2810"),
)
GEMEENTEN = (
    ("0361", "Alkmaar", None),
    ("0599", "Rotterdam", None),
    ("0772", "Eindhoven", None),
    ("0363", "Amsterdam", None),
    ("0398", "Heerhugowaard", date(2021, 12, 31)),
)
MANDATES = (
    ("las-noord", "99AA00", Dienst.AANLEVEREN),
    ("las-noord", "99BB00", Dienst.AANLEVEREN),
    ("las-noord", "99BB01", Dienst.AANLEVEREN),
    ("las-zuid", "99CC00", Dienst.AANLEVEREN),
    ("softwarehuis", str(OINS["leerplicht-0361"]), Dienst.ONTVANGEN),
    ("softwarehuis", str(OINS["leerplicht-0599"]), Dienst.ONTVANGEN),
)
BELEID = {
    "vastgesteldOp": "2025-06-01",
    "geldigVanaf": "2025-08-01",
    "redenen": [
        {"code": "ZIEK", "categorie": "geoorloofd"},
        {"code": "SPIJBEL", "categorie": "ongeoorloofd"},
    ],
    "signaalcriteria": [{"code": "OPLOPEND"}, {"code": "PATROON_VASTE_DAG"}],
    "elementen": [],
}
KALENDER = {
    "lesvrijePerioden": [
        {"van": "2026-08-01", "tot": "2026-08-16"},
        {"van": "2026-10-17", "tot": "2026-10-25"},
        {"van": "2026-12-19", "tot": "2027-01-03"},
    ]
}
_REFRESH_SECONDS = 10
_FRESH_PUPILS = 999980000
"""From this BSN on the world hands out pupils; tests that name their own stay far below it."""


class FixedClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        """Give the moment that was set."""
        return self.moment


class ClockIds(SystemIds):
    """Ids made at the moment of the test's clock, each after the one before in that moment."""

    def __init__(self, clock: FixedClock) -> None:
        self._clock = clock
        self._made = 0

    def uuid7(self) -> UUID:
        """Give a UUIDv7 of this moment (RFC 9562 section 5.7) in which no PGN can be read.

        A clock that stands still can spell one itself: then it is a little later, always as much.
        """
        tries = 0
        while spells_a_pgn_as_id(found := self._next(tries // 100)):
            tries += 1
        return found

    def _next(self, later: int) -> UUID:
        """Letters stand between the moment and the count, so that no number runs over both."""
        self._made += 1
        milliseconds = int(self._clock.now().timestamp() * 1000) + later
        tail = (0x2AAAAAAA + self._made) << 32 | secrets.randbits(32)
        return UUID(int=milliseconds << 80 | 0x7AAA << 64 | 2 << 62 | tail)


@dataclass(frozen=True)
class LogLine:
    """A log record as it lies in the database, with its text read."""

    entry: UUID
    activity: str
    actor: str | None
    recipient: str | None
    bericht_id: UUID | None
    outcome: str
    leaf: bytes
    leaf_hash: bytes
    transaction: str
    links: tuple[tuple[bytes, bytes], ...]  # blind index, salt

    @property
    def document(self) -> dict[str, Any]:
        """The leaf as JSON."""
        read: dict[str, Any] = json.loads(self.leaf)
        return read


@dataclass
class World:
    """The application, its database and everybody's clients."""

    gateway: Gateway
    snapshot: DirectorySnapshot
    clock: FixedClock
    database: TestDatabase
    app: ASGIApp
    root: asyncpg.Connection
    private_keys: dict[str, RecipientPrivateKey] = field(default_factory=dict)
    read_at: float = field(default_factory=monotonic)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    pupils: Iterator[Pgn] = field(default_factory=lambda: _numbers_from(_FRESH_PUPILS))

    def client(self, name: str | None) -> httpx.AsyncClient:
        """Give the client of a party; None shows no certificate, an unknown name a stranger's.

        Whatever comes back to it must be as the description of the API says.
        """
        peer = Peer(OINS.get(name, STRANGER), f"x5t-of-{name}") if name else None
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(WithPeer(self.app, peer)),
            base_url="https://gateway",
            event_hooks={"response": [_held_against_the_description]},
        )

    async def call(
        self, name: str | None, method: str, path: str, body: object = None, **headers: str
    ) -> httpx.Response:
        """Make one call as a party; header names are written with underscores."""
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        await self.stay_current()
        async with self.client(name) as client:
            if body is None:
                return await client.request(method, path, headers=named)
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            named = {"content-type": "application/json", **named}
            return await client.request(method, path, content=content, headers=named)

    async def body_bytes(self, name: str, method: str, path: str) -> bytes:
        """Give the body that really leaves the application; a client drops that of a HEAD."""
        await self.stay_current()
        sent: list[Message] = []
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": "https", "path": path, "raw_path": path.encode(), "root_path": "",
            "query_string": b"", "headers": [], "server": ("gateway", 443),
        }  # fmt: skip

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        await WithPeer(self.app, Peer(OINS[name], f"x5t-of-{name}"))(scope, receive, send)
        return b"".join(message.get("body", b"") for message in sent)

    # --- as a school ---

    def pupil(self) -> Pgn:
        """Give a pupil that no other test of this module has."""
        return next(self.pupils)

    def key(self) -> str:
        """Give a fresh idempotency key."""
        return f"key-{next(self.numbers)}"

    async def send(
        self, body: object, sender: str = "las-noord", key: str | None = None
    ) -> httpx.Response:
        """Send a signaal under a fresh or given idempotency key."""
        key = key or self.key()
        return await self.call(sender, "POST", "/v1/signalen", body, idempotency_key=key)

    async def sent(self, sender: str = "las-noord", **changes: Any) -> str:  # noqa: ANN401  JSON
        """Have a signaal about a fresh pupil accepted, and give its id."""
        return bericht_id(await self.send(signaal(self.pupil(), **changes), sender))

    async def report_absence(
        self, body: object, sender: str = "las-noord", key: str | None = None
    ) -> httpx.Response:
        """Send a verzuimmelding under a fresh or given idempotency key."""
        key = key or self.key()
        return await self.call(sender, "POST", "/v1/verzuimmeldingen", body, idempotency_key=key)

    async def withdraw(
        self, bericht_id: str, sender: str = "las-noord", reden: str = "onjuist"
    ) -> httpx.Response:
        """Withdraw a message under a fresh idempotency key."""
        path = f"/v1/berichten/{bericht_id}/intrekkingen"
        return await self.call(sender, "POST", path, {"reden": reden}, idempotency_key=self.key())

    async def receipt(self, bericht_id: str, sender: str = "las-noord") -> dict[str, Any]:
        """Read a receipt back."""
        answer = await self.call(sender, "GET", f"/v1/ontvangstbewijzen/{bericht_id}")
        assert answer.status_code == 200, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    # --- as a recipient ---

    async def download(self, name: str, bericht_id: str) -> str:
        """Download one message as its recipient, and give the token."""
        got = await self.call(name, "GET", f"/v1/berichten/{bericht_id}")
        assert got.status_code == 200, got.text
        return got.text

    async def answer(self, name: str, bericht_id: str, **said: str) -> httpx.Response:
        """Answer a message as its recipient."""
        return await self.call(name, "POST", f"/v1/berichten/{bericht_id}/bevestigingen", said)

    async def report(self, name: str, bericht_id: str, **said: str) -> httpx.Response:
        """Report the handling of a message as its recipient."""
        return await self.call(name, "POST", f"/v1/berichten/{bericht_id}/terugmeldingen", said)

    async def collect(self, name: str, bericht_id: str) -> dict[str, Any]:
        """Download, open and acknowledge one message as its recipient."""
        opened = self.opened(name, await self.download(name, bericht_id))
        answered = await self.answer(name, bericht_id, uitkomst="ontvangen")
        assert answered.status_code in {200, 201}, answered.text
        return opened

    def opened(self, name: str, token: str) -> dict[str, Any]:
        """Open a sealed message with a recipient's own key."""
        jwks = list(self.gateway.keys.public_keys())
        return dict(open_message(token, OINS[name], [self.private_keys[name]], jwks).content)

    async def mailbox(self, name: str, query: str = "?limit=500") -> dict[str, str]:
        """Give the whole mailbox of a recipient: each id with its status."""
        listed = await self.call(name, "GET", f"/v1/berichten{query}")
        assert listed.status_code == 200, listed.text
        return {item["berichtId"]: item["status"] for item in listed.json()["berichten"]}

    # --- behind the scenes ---

    async def stay_current(self) -> None:
        """Read the directory again now and then, as the gateway does: a stale one is not used."""
        if monotonic() - self.read_at > _REFRESH_SECONDS:
            await self.refresh()

    async def refresh(self) -> None:
        """Read the directory again."""
        await self.snapshot.refresh()
        self.read_at = monotonic()

    def over(self, **changes: Any) -> World:  # noqa: ANN401  any part of the gateway
        """Give the same world with another port in the place of the one it has."""
        gateway = replace(self.gateway, **changes)
        return replace(self, gateway=gateway, app=_app(gateway, self.snapshot))

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Let it be another moment for a while."""
        before, self.clock.moment = self.clock.moment, moment
        try:
            yield
        finally:
            self.clock.moment = before

    @asynccontextmanager
    async def operating(self) -> AsyncIterator[Connection]:
        """Change the directory as the operator does; the gateway knows of it afterwards."""
        async with (
            self.database.login("exchange_operator") as operator,
            operator.transaction() as conn,
        ):
            yield conn
        await self.refresh()

    async def mandate(
        self,
        supplier: str,
        principal: str,
        *,
        van: date = LONG_AGO,
        tot: date | None = None,
        betreft: date = YEAR_START,
        dienst: Dienst = Dienst.AANLEVEREN,
    ) -> None:
        """Give a mandate, or new dates to the standing one of the same first day."""
        given = Mandate(OINS[supplier], principal, dienst, van, tot, betreft)
        async with self.operating() as conn:
            await directory.add_mandate(conn, self.gateway.ids.uuid7(), given)

    async def end_mandate(
        self, supplier: str, principal: str, dienst: Dienst = Dienst.AANLEVEREN
    ) -> None:
        """Revoke every mandate of a supplier for a principal."""
        async with self.operating() as conn:
            now = self.clock.now()
            await directory.revoke_mandate(conn, OINS[supplier], principal, dienst, now)

    async def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Ask the database itself, as superuser: no row is hidden."""
        return [dict(row) for row in await self.root.fetch(query, *values)]

    async def execute(self, *statements: str) -> None:
        """Run statements as superuser."""
        for statement in statements:
            await self.root.execute(statement)

    async def everything(self) -> dict[str, list[str]]:
        """Give every row of every table as text: what must not change, must equal this.

        But for the records of what was refused or only rehearsed: each such request leaves one,
        and ``test_refusals`` looks at those. And but for the sealer's queue, in which each record
        stands once more until it is sealed.
        """
        tables = await self.rows(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')"
            " AND relnamespace = 'public'::regnamespace AND relname <> 'log_pending'"
            " ORDER BY relname"
        )
        asked = {
            name: f"SELECT t::text FROM {name} t{_lasting(name)}"  # noqa: S608  our own names
            for name in (table["relname"] for table in tables)
        }
        return {name: [row["t"] for row in await self.rows(sql)] for name, sql in asked.items()}

    async def seal(self) -> None:
        """Give every record its place, as the sealer does within two seconds."""
        seal = Seal(origin_of(self.gateway.oin), self.gateway.keys, self.clock)
        async with self.database.login("exchange_sealer") as sealer:
            while await seal_once(sealer, seal):
                pass

    async def log(self) -> list[LogLine]:
        """Give the log, oldest first."""
        found = await self.rows(
            "SELECT entry, activity, actor, recipient, bericht_id, outcome, leaf, leaf_hash,"
            " xmin::text AS transaction,"
            " (SELECT coalesce(array_agg(ARRAY[blind_index, salt]), '{}') FROM subject_link s"
            "  WHERE s.entry = l.entry AND s.xmin::text = l.xmin::text) AS links"
            " FROM log_records l ORDER BY entry"
        )
        return [LogLine(**{**row, "links": tuple(map(tuple, row["links"]))}) for row in found]


class WithPeer:
    """Puts the verified peer on the scope, as the TLS listener does."""

    def __init__(self, app: ASGIApp, peer: Peer | None) -> None:
        self._app, self._peer = app, peer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "test.peer": self._peer}, receive, send)


async def _held_against_the_description(answer: httpx.Response) -> None:
    await answer.aread()
    require_described(Answer.of(answer))


def _lasting(table: str) -> str:
    if table not in {"log_records", "subject_link"}:
        return ""
    tried = "('verzoek-geweigerd', 'verzoek-mislukt', 'bericht-getoetst')"
    return f" WHERE entry NOT IN (SELECT entry FROM log_records WHERE action IN {tried})"  # noqa: S608  our own names


def signaal(pgn: Pgn, **changes: object) -> dict[str, object]:
    """Give the body of a signaal that is accepted as it stands."""
    return pure.signaal(pgn.reveal(), **changes)


def verzuimmelding(pgn: Pgn, **changes: object) -> dict[str, object]:
    """Give the body of a 16-uur melding that is accepted as it stands."""
    return pure.verzuimmelding(pgn.reveal(), **changes)


def _numbers_from(first: int) -> Iterator[Pgn]:
    for number in itertools.count(first):
        with suppress(ValueError):
            yield Pgn(f"{number:09d}")


def bericht_id(answer: httpx.Response) -> str:
    """Give the id on a receipt, having checked that it was accepted."""
    assert answer.status_code == 202, answer.text
    return str(UUID(answer.json()["berichtId"]))


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Give status and code of a problem document."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code
    return answer.status_code, problem["code"]


def faults(answer: httpx.Response) -> list[tuple[str, str]]:
    """Give pointer and code of every fault in a problem document."""
    return [(fault["pointer"], fault["code"]) for fault in answer.json()["fouten"]]


def but_for_instance(answer: httpx.Response) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Give all that an answer tells, but for the one member that may differ."""
    document = {k: v for k, v in answer.json().items() if k != "instance"}
    return answer.status_code, document, steady(answer)


def steady(answer: httpx.Response) -> dict[str, str]:
    """Give the headers of an answer, but for the one that counts the calls."""
    return {name: value for name, value in answer.headers.items() if name != "ratelimit"}


@asynccontextmanager
async def make_world(
    database: TestDatabase, mode: Mode = Mode.TRIAL, keys: KeyProvider | None = None
) -> AsyncIterator[World]:
    """Connect everybody, register keys, lay down policies and calendars; all through the API."""
    clock = FixedClock()
    ids = ClockIds(clock)
    async with database.login("exchange_operator") as operator:
        await enrol(operator, clock.now())
    async with database.login("exchange_gateway") as api, database.raw() as root:
        snapshot = DirectorySnapshot(api)
        await snapshot.refresh()
        gateway = Gateway(
            oin=GATEWAY,
            mode=mode,
            necessity=read_necessity(p.read_text("utf-8") for p in NECESSITY.glob("*.toml")),
            law=pure.LAW,
            elementen=open_elementen(),
            activities=open_activities(),
            finding_rules=open_finding_rules(),
            limits=Limits(),
            quotas=Quotas(requests_per_minute=1_000_000, lines_per_minute=1_000_000),
            turns=Turns(),
            clock=clock,
            ids=ids,
            keys=keys or MemoryKeyProvider(),
            database=api,
            lane=CommitLane(api),
            directory=snapshot.current,
            steps=Metrics(),
        )
        world = World(gateway, snapshot, clock, database, _app(gateway, snapshot), root)
        if mode is Mode.TRIAL:
            await _furnish(world)
        yield world


def _app(gateway: Gateway, snapshot: DirectorySnapshot) -> ASGIApp:
    door = Door(gateway, lambda scope: scope["test.peer"], snapshot.refresh)
    return build_app(door, Metrics())


async def enrol(
    operator: Database, now: datetime, push_urls: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Enter parties with their roles and mandates, and the registers."""
    ids = SystemIds()
    async with operator.transaction() as conn:
        for name, grants in PARTIES.items():
            await directory.add_party(conn, OINS[name], name, push_urls.get(name), now)
            for grant in grants:
                await directory.grant(conn, OINS[name], grant.role, grant.remit)
        for supplier, principal, dienst in MANDATES:
            mandate = Mandate(OINS[supplier], principal, dienst, LONG_AGO, None, YEAR_START)
            await directory.add_mandate(conn, ids.uuid7(), mandate)
        await directory.put_vestigingen(
            conn,
            [
                Vestiging(Vestigingscode(code), Gemeentecode(gemeente), sector, swv, LONG_AGO)
                for code, gemeente, sector, swv in VESTIGINGEN
            ],
        )
        await directory.put_gemeenten(
            conn,
            [Gemeente(Gemeentecode(code), naam, LONG_AGO, tot) for code, naam, tot in GEMEENTEN],
        )


async def _furnish(world: World) -> None:
    for name in ("leerplicht-0361", "leerplicht-0599"):
        private = RecipientPrivateKey.parse(generate_recipient_key())
        world.private_keys[name] = private
        answer = await world.call(name, "PUT", "/v1/sleutel", dict(private.public_jwk))
        assert answer.status_code == 201, answer.text
    for code, *_ in VESTIGINGEN:
        sender = "las-zuid" if code == "99CC00" else "las-noord"
        base = f"/v1/vestigingen/{code}"
        answer = await world.call(sender, "PUT", f"{base}/verzuimbeleid", BELEID)
        assert answer.status_code == 201, answer.text
        path = f"{base}/schoolkalenders/2026-2027"
        answer = await world.call(sender, "PUT", path, KALENDER)
        assert answer.status_code == 201, answer.text
