"""Everything that a gateway can be asked, with a canary in every place where one could be put.

What is asked for the right reasons comes first, then what is wrong, then what breaks. Where a
canary is put in a wrong place it has its own name, so that a hit tells which place leaked.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import httpx

from adapters.leerplicht.keyfile import KeyFile
from exchange.crypto.sealing_keys import RecipientPrivateKey, generate_recipient_key
from exchange.messages.identifiers import Pgn
from tests.flow.installation import Installation, receiver_of
from tests.flow.killable import WORKERS
from tests.integration.api.world import BELEID, KALENDER, OINS, signaal
from tests.privacy.canaries import Aviary
from tests.privacy.drive_counting import CountingDrive
from tests.privacy.drive_inzage import InzageDrive
from tests.privacy.drive_leveringen import LeveringenDrive
from tests.privacy.drive_log import LogDrive
from tests.privacy.wire import STRANGER, Wire

ALKMAAR, ROTTERDAM, EINDHOVEN = "leerplicht-0361", "leerplicht-0599", "leerplicht-0772"
NOBODY = "01999999-9999-7999-8999-999999999999"


@dataclass(frozen=True)
class Accepted:
    """A message that was taken in; the recipient is the one who may read the PGN."""

    number: str
    pgn: str
    recipient: str
    email: str
    receipt: dict[str, Any] = field(repr=False)


@dataclass
class Driven:
    """What was done."""

    accepted: list[Accepted] = field(default_factory=list)
    downloaded: dict[str, str] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    sealing_keys: dict[str, RecipientPrivateKey] = field(default_factory=dict)
    old_copy: list[tuple[UUID, str, bytes]] = field(default_factory=list, repr=False)
    """Number, role and payload of what waited when the mailboxes were full."""


class Drive:
    """Drives one installation."""

    def __init__(self, installation: Installation, wire: Wire, aviary: Aviary) -> None:
        self.done = Driven()
        self._installation = installation
        self._wire = wire
        self._aviary = aviary
        self._monday = installation.today - timedelta(days=installation.today.weekday())

    async def everything(self) -> Driven:
        """Do it all, in an order that makes each thing possible."""
        await self._lay_down_policies()
        await self._register_keys()
        async with self._receivers_away():
            await self._school_side()
            await self._counting()
            await LeveringenDrive(
                self._wire, self._aviary, self._installation, _expect
            ).everything()
            await LogDrive(self._wire, self._aviary, self._installation, _expect).everything(
                self.done.accepted[0].number
            )
            await self._recipient_side()
            await InzageDrive(self._wire, self._aviary, _expect).everything(
                [message.pgn for message in self.done.accepted[-6:]]
            )
            await self._faults()
            await self._wrong_places()
            await self._headers()
            await self._strangers()
            await self._broken_requests()
            await self._breakdowns()
            await self._database_outage()
            query = "SELECT bericht_id, rol, payload FROM outbox WHERE payload IS NOT NULL"
            self.done.old_copy = [tuple(row) for row in await self._installation.sql(query)]
        await self._installation.drained()
        await self._after_the_receivers()
        await self._time_passes()
        return self.done

    # --- what is as it should be ---

    async def _lay_down_policies(self) -> None:
        bird, call = self._aviary, self._wire.call
        for sender, code in (
            ("las-noord", "99BB00"),
            ("las-zuid", "99CC00"),
            ("school-99AA", "99AA00"),
        ):
            path = f"/v1/vestigingen/{code}/verzuimbeleid"
            redenen = [
                {"code": bird.code(f"reason {n} of {code}"), "categorie": categorie}
                for n, categorie in enumerate(("geoorloofd", "ongeoorloofd"))
            ]
            beleid = {**BELEID, "redenen": redenen}
            _expect(await call(sender, "PUT", path, beleid), 201)
            _expect(await call(sender, "PUT", path, beleid), 200)
            answer = _expect(await call(sender, "GET", path), 200)
            assert answer.json()["aantalRedenen"] == 2
            rehearsed = {
                "code": bird.code(f"reason rehearsed at {code}"),
                "categorie": "geoorloofd",
            }
            tried = {**BELEID, "redenen": [rehearsed]}
            _expect(await call(sender, "PUT", f"{path}?valideer=true", tried), 200)
        twice = {"code": bird.code("reason named twice"), "categorie": "geoorloofd"}
        path = "/v1/vestigingen/99BB00/verzuimbeleid"
        for wrong in (
            {"redenen": [twice, twice]},
            {"redenen": [{"code": bird.code("reason without category")}]},
            {
                "redenen": [
                    {"code": bird.code("reason in lower case").lower(), "categorie": "geoorloofd"}
                ]
            },
            {"redenen": [{"code": "ZIEK", "categorie": bird.code("reason as category")}]},
            {
                "redenen": [
                    {"code": "ZIEK", "categorie": "geoorloofd", bird.code("reason as name"): 1}
                ]
            },
            {"redenen": bird.code("reason for a list")},
            {"lesuurInMinuten": bird.code("reason for a number")},
            {"geldigVanaf": bird.code("reason for a date")},
            {"redenen": [{"code": bird.pgn("as a reason"), "categorie": "geoorloofd"}]},
            {"signaalcriteria": [{"code": f"PATROON_{bird.pgn('in a criterion of a policy')}"}]},
            {"elementen": [f"P{bird.pgn('in an element of a policy')}_X"]},
        ):
            _expect(await call("las-noord", "PUT", path, {**BELEID, **wrong}), 400)
        foreign = {"code": bird.code("reason sent for another's school"), "categorie": "geoorloofd"}
        theirs = "/v1/vestigingen/99CC00/verzuimbeleid"
        _expect(await call("las-noord", "PUT", theirs, {**BELEID, "redenen": [foreign]}), 403)
        kalender = "/v1/vestigingen/99BB01/schoolkalenders/2026-2027"
        _expect(await call("las-noord", "PUT", kalender, KALENDER), 201)
        _expect(await call("las-noord", "GET", kalender), 200)
        period = {"van": bird.pgn("as a date of a calendar"), "tot": "2026-10-20"}
        _expect(await call("las-noord", "PUT", kalender, {"lesvrijePerioden": [period]}), 400)

    async def _counting(self) -> None:
        drive = CountingDrive(
            self._wire, self._aviary, self._installation.today, _expect, self._note
        )
        await drive.everything()

    async def _register_keys(self) -> None:
        bird, call = self._aviary, self._wire.call
        made = generate_recipient_key()
        self.done.sealing_keys[EINDHOVEN] = RecipientPrivateKey.parse(made)
        private = json.loads(made)
        public = {name: private[name] for name in ("kty", "crv", "x", "y")}
        named = {
            **public,
            "kid": bird.pgn("as kid of a key"),
            "x5u": bird.pgn("as address in a key"),
        }
        _expect(await call(EINDHOVEN, "PUT", "/v1/sleutel", named), 201)
        for wrong in (
            {**public, "d": bird.key("that was private")},
            {**public, bird.pgn("as name in a key"): 1},
            {**public, "use": bird.pgn("as use of a key")},
            {**public, "x": bird.pgn("as coordinate")},
            {"kty": "RSA", "n": bird.pgn("as modulus"), "e": "AQAB"},
        ):
            _expect(await call(EINDHOVEN, "PUT", "/v1/sleutel", wrong), 400)

    async def _school_side(self) -> None:
        bird = self._aviary
        for number in range(4):
            await self._accept(bird.pgn(f"accepted {number}"), ALKMAAR)
            await self._accept(bird.pgn(f"accepted elsewhere {number}"), ROTTERDAM)
        await self._accept(bird.onderwijsnummer("accepted"), ALKMAAR)
        await self._accept(bird.onderwijsnummer("accepted elsewhere"), ROTTERDAM)
        await self._accept(bird.pgn("of a resident elsewhere"), ROTTERDAM, vestiging="99BB00")
        await self._accept(bird.pgn("sent by the school itself"), ALKMAAR, vestiging="99AA00")
        await self._accept(bird.pgn("in Eindhoven"), EINDHOVEN, vestiging="99BB00")
        await self._replays()
        await self._withdrawals()
        for path in (
            "/v1/ontvangstbewijzen?vestigingscode=99BB00&limit=2",
            f"/v1/ontvangstbewijzen?vestigingscode=99BB00&periode={self._monday:%Y-%m}",
            "/v1/terugmeldingen?vestigingscode=99BB00",
            f"/v1/ontvangstbewijzen/{self.done.accepted[0].number}",
        ):
            _expect(await self._wire.call("las-noord", "GET", path), 200)

    async def _replays(self) -> None:
        bird, post = self._aviary, self._post
        pgn, key = bird.pgn("sent twice"), bird.key("used twice")
        body = self._signaal(pgn, ALKMAAR)
        first = await self._accept(pgn, ALKMAAR, key=key, body=body)
        again = _expect(await post("las-noord", body, key), 202)
        assert again.headers["idempotent-replayed"] == "true"
        assert again.json() == first.receipt
        other = self._signaal(bird.pgn("under a used key"), ALKMAAR)
        _expect(await post("las-noord", other, key), 409, "idempotentiesleutel-hergebruikt")
        _expect(await post("las-noord", body, bird.key("for the same again")), 409, "al-gemeld")
        twin, twin_key = bird.pgn("sent five times at once"), bird.key("used five times at once")
        body = self._signaal(twin, ALKMAAR)
        answers = await asyncio.gather(*(post("las-noord", body, twin_key) for _ in range(5)))
        assert {answer.status_code for answer in answers} <= {202, 409}
        (receipt, *_) = (answer.json() for answer in answers if answer.status_code == 202)
        self._note(receipt, twin, ALKMAAR, body["contact"]["email"])
        rehearsed = self._signaal(bird.pgn("rehearsed"), ALKMAAR)
        path = "/v1/signalen?valideer=true"
        _expect(await self._wire.call("las-noord", "POST", path, rehearsed), 200)
        short = {**self._signaal(bird.pgn("rehearsed and refused"), ALKMAAR), "plicht": "geen"}
        _expect(await self._wire.call("las-noord", "POST", path, short), 400)

    async def _withdrawals(self) -> None:
        bird = self._aviary
        early = await self._accept(bird.pgn("withdrawn before the download"), ALKMAAR)
        late = await self._accept(bird.pgn("withdrawn after the download"), ALKMAAR)
        await self._download(late)
        for message in (early, late):
            path = f"/v1/berichten/{message.number}/intrekkingen"
            _expect(await self._post("las-noord", {"reden": "onjuist"}, str(uuid4()), path), 202)
            _expect(await self._post("las-noord", {"reden": "onjuist"}, str(uuid4()), path), 200)
            _expect(await self._wire.call(ALKMAAR, "GET", f"/v1/berichten/{message.number}"), 410)
            self.done.withdrawn.add(message.number)
        old = await self._accept(bird.pgn("replaced"), ALKMAAR)
        body = {**self._signaal(old.pgn, ALKMAAR), "vervangt": old.number}
        await self._accept(old.pgn, ALKMAAR, body=body)
        self.done.withdrawn.add(old.number)
        bad = {"reden": bird.code("reason to withdraw")}
        path = f"/v1/berichten/{self.done.accepted[0].number}/intrekkingen"
        _expect(await self._post("las-noord", bad, str(uuid4()), path), 400)

    async def _recipient_side(self) -> None:
        call = self._wire.call
        for recipient in (ALKMAAR, ROTTERDAM, EINDHOVEN):
            _expect(await call(recipient, "GET", "/v1/berichten?status=nieuw&limit=2"), 200)
            _expect(await call(recipient, "GET", "/v1/berichten?limit=500"), 200)
        refused = await self._accept(self._aviary.pgn("refused by leerplicht"), ALKMAAR)
        await self._download(refused)
        answers = f"/v1/berichten/{refused.number}/bevestigingen"
        no = {"uitkomst": "geweigerd", "reden": "ONJUIST_BERICHT"}
        _expect(await call(ALKMAAR, "POST", answers, no), 201)
        _expect(await call(ALKMAAR, "GET", f"/v1/berichten/{refused.number}"), 410)
        self.done.refused.add(refused.number)
        (open_one, *_) = (a for a in self.done.accepted if a.recipient == EINDHOVEN)
        await self._download(open_one)
        answers = f"/v1/berichten/{open_one.number}/bevestigingen"
        for wrong in (
            {"uitkomst": self._aviary.pgn("as outcome")},
            {"uitkomst": "geweigerd", "reden": self._aviary.code("reason to refuse")},
            {"uitkomst": "ontvangen", self._aviary.pgn("as name in an answer"): True},
        ):
            _expect(await call(EINDHOVEN, "POST", answers, wrong), 400)
        _expect(await call(EINDHOVEN, "POST", answers, {"uitkomst": "ontvangen"}), 201)
        await self._handle(open_one)
        for other in (ROTTERDAM, "college-0361", "swv-VO2703", "ocw", "fg", "softwarehuis"):
            for message in self.done.accepted[:3]:
                for path in (f"/v1/berichten/{message.number}", f"/v1/ontvangstbewijzen/{NOBODY}"):
                    await call(other, "GET", path)
            await call(other, "GET", "/v1/berichten?limit=500")
            await call(other, "GET", "/v1/terugmeldingen?vestigingscode=99BB00")

    async def _handle(self, message: Accepted) -> None:
        path = f"/v1/berichten/{message.number}/terugmeldingen"
        closed = {"status": "afgesloten", "afsluitreden": "TERUG_NAAR_SCHOOL"}
        for report, status in (
            ({"status": self._aviary.pgn(f"as status of {message.recipient}")}, 400),
            (closed, 409),
            ({"status": "in-behandeling"}, 201),
            (closed, 201),
        ):
            _expect(await self._wire.call(message.recipient, "POST", path, report), status)

    # --- what is wrong ---

    async def _faults(self) -> None:
        """Every rule is broken by a message about a pupil of its own."""
        today = self._installation.today.isoformat()
        future = (self._installation.today + timedelta(days=9)).isoformat()
        past = (self._installation.today - timedelta(days=9)).isoformat()
        broken: dict[str, tuple[dict[str, Any], int, str]] = {
            "unknown member": ({"klas": self._aviary.person("as klas")}, 400, "onbekend-veld"),
            "missing member": ({"criterium": None}, 400, "verplicht-veld"),
            "wrong type": ({"ongeoorloofdeMinuten": "veel"}, 400, "waarde-ongeldig"),
            "wrong vestigingscode": ({"vestigingscode": "99bb00"}, 400, "vestigingscode-ongeldig"),
            "future date": ({"oudersGeinformeerdOp": future}, 400, "datum-ongeldig"),
            "unknown criterion": (
                {"criterium": self._aviary.code("criterion of nobody")}, 400, "onbekend-criterium",
            ),
            "authorised absence": ({"categorie": "geoorloofd"}, 400, "geoorloofd-verzuim"),
            "no duty": ({"plicht": "vrijgesteld"}, 400, "buiten-leerplicht"),
            "wrong window": ({"venster": {"van": today, "tot": past}}, 400, "venster-ongeldig"),
            "mandatory report": ({"ongeoorloofdeMinuten": 960}, 400, "verplichte-melding"),
            "no municipality": ({"woongemeente": "0398"}, 400, "onbekende-woongemeente"),
            "not connected": ({"woongemeente": "0363"}, 409, "ontvanger-niet-aangesloten"),
            "no mandate": ({"vestigingscode": "99CC00"}, 403, "geen-mandaat"),
            "unknown school": ({"vestigingscode": "98ZZ00"}, 403, "onbekende-vestiging"),
            "no policy": ({"vestigingscode": "99BB01"}, 409, "geen-verzuimbeleid"),
            "reason in a signaal": (
                {"reden": self._aviary.code("reason in a signaal")}, 400, "onbekend-veld",
            ),
            "name in a contact": (
                {"contact": {"rol": "mentor", "email": self._aviary.email("refused"),
                             "naam": self._aviary.person("in a contact")}}, 400, "onbekend-veld",
            ),
            "name for a role": (
                {"contact": {"rol": self._aviary.person("as a role"),
                             "email": self._aviary.email("beside a role")}}, 400, "waarde-ongeldig",
            ),
            "free text": (
                {"actiesSchool": [self._aviary.person("in the actions")]}, 400, "waarde-ongeldig",
            ),
            "replaces nothing": ({"vervangt": NOBODY}, 400, "waarde-ongeldig"),
        }  # fmt: skip
        for name, (changes, status, code) in broken.items():
            body = {**self._signaal(self._aviary.pgn(f"and {name}"), ALKMAAR), **changes}
            given = {member: value for member, value in body.items() if value is not None}
            key = self._aviary.key(f"with {name}")
            answer = await self._post("las-noord", given, key)
            _expect(answer, status, code, name)
        for caller, status in (
            (ALKMAAR, 403),
            ("fg", 403),
            ("ocw", 403),
            (None, 401),
            (STRANGER, 401),
        ):
            body = self._signaal(self._aviary.pgn(f"sent by {caller}"), ALKMAAR)
            _expect(await self._post(caller, body, str(uuid4())), status)

    async def _wrong_places(self) -> None:
        bird = self._aviary
        body = self._signaal(bird.pgn("beside other numbers"), ALKMAAR)
        for wrong in (
            {bird.pgn("as name of a member"): 1},
            {f"leerling{bird.pgn('within the name of a member')}": 1},
            {"criterium": f"KNR_{bird.pgn('in a criterion')}"},
            {"vestigingscode": bird.pgn("as vestigingscode")},
            {"woongemeente": bird.pgn("as woongemeente")},
            {"contact": {"rol": "mentor", "email": f"x{bird.pgn('in an email')}@school"}},
            {"vervangt": f"00000000-0000-7000-8000-000{bird.pgn('in an id')}"},
            {"ongeoorloofdeMinuten": int(bird.pgn("as minutes"))},
            {"venster": {"van": bird.pgn("as a day"), "tot": bird.pgn("as another day")}},
            {"pgn": int(bird.pgn("as a number, not text"))},
            {"pgn": f" {bird.pgn('with a space')}"},
            {"pgn": [bird.pgn("in a list")]},
            {"pgn": {"bsn": bird.pgn("in an object")}},
        ):
            _expect(await self._post("las-noord", {**body, **wrong}, str(uuid4())), 400)
        own = bird.pgn("in its own texts")
        texts = {
            "criterium": f"P_{own}",
            "contact": {"rol": "mentor", "email": f"l{own}@school.nl"},
        }
        answer = await self._post(
            "las-noord", {**self._signaal(own, ALKMAAR), **texts}, f"leerling-{'-'.join(own)}"
        )
        _expect(answer, 400, "pgn-in-vrije-tekst")
        twice = json.dumps(body)[:-1] + f', "pgn": "{bird.pgn("named twice")}"}}'
        for raw in (
            twice.encode(),
            f'{{"pgn": "{bird.pgn("in half a document")}"'.encode(),
            f'["{bird.pgn("in a list alone")}"]'.encode(),
            f'"{bird.pgn("alone")}"'.encode(),
            f'{{"pgn": "{bird.pgn("in utf-16")}"}}'.encode("utf-16"),
            b'{"pgn": NaN, "x": "' + bird.pgn("beside a NaN").encode() + b'"}',
            b'{"a":' * 40 + f'"{bird.pgn("too deep")}"'.encode() + b"}" * 40,
        ):
            _expect(await self._post("las-noord", raw, str(uuid4())), 400, "ongeldige-json")
        large = {**body, "criterium": bird.pgn("in a large body") * 140_000}
        _expect(await self._post("las-noord", large, str(uuid4())), 413)
        await self._paths_and_queries()

    async def _paths_and_queries(self) -> None:
        bird, call = self._aviary, self._wire.call
        for caller, template in (
            ("las-noord", "/v1/ontvangstbewijzen/{}"),
            ("las-noord", "/v1/vestigingen/{}/verzuimbeleid"),
            ("las-noord", "/v1/vestigingen/99BB00/schoolkalenders/{}"),
            (ALKMAAR, "/v1/berichten/{}"),
            (ALKMAAR, "/v1/berichten/00000000-0000-7000-8000-000{}"),
            ("las-noord", "/v1/leerlingen/{}"),
            (None, "/{}"),
            (None, "/v1/sleutels/{}/"),
            ("las-noord", "/v1/signalen/%20{}"),
        ):
            _is_no(await call(caller, "GET", template.format(bird.pgn(f"in path {template}"))))
        for method in ("DELETE", "PATCH", "OPTIONS", "POST", "PUT"):
            await call("las-noord", method, f"/v1/berichten/{bird.pgn(f'in a path for {method}')}")
        path = f"/v1/berichten/{bird.pgn('in the path of a withdrawal')}/intrekkingen"
        _expect(await self._post("las-noord", {"reden": "onjuist"}, str(uuid4()), path), 404)
        receipts, mailbox = "/v1/ontvangstbewijzen?limit=1", "/v1/berichten?limit=1"
        for caller, query, status in (
            ("las-noord", receipts + "&vestigingscode={}", 400),
            ("las-noord", receipts + "&vestigingscode=99BB00&periode={}", 400),
            ("las-noord", receipts + "&vestigingscode=99BB00&cursor={}", 400),
            ("las-noord", receipts + "&vestigingscode=99BB00&bsn={}", 200),
            ("las-noord", "/v1/terugmeldingen?limit={}&vestigingscode=99BB00", 400),
            (ALKMAAR, mailbox + "&status={}", 400),
            (ALKMAAR, mailbox + "&cursor={}", 400),
            (ALKMAAR, mailbox + "&pgn={}", 200),
            (ALKMAAR, mailbox + "&{}=1", 200),
            (ALKMAAR, mailbox + "&namens={}", 400),
            (ALKMAAR, mailbox + "&namens=00000099{}000", 403),
            (None, "/v1/sleutels?{}", 200),
        ):
            answer = await call(caller, "GET", query.format(bird.pgn(f"in query {query}")))
            _expect(answer, status)
        rehearsal = f"/v1/signalen?valideer={bird.pgn('as valideer')}"
        body = self._signaal(bird.pgn("with a wrong query"), ALKMAAR)
        _expect(await call("las-noord", "POST", rehearsal, body), 400)

    async def _headers(self) -> None:
        """On a request that succeeds, so that nothing is refused before the header is looked at."""
        bird = self._aviary
        everywhere = {
            name: template.format(bird.pgn(f"in header {name}"))
            for name, template in _HEADERS.items()
        }
        body = self._signaal(bird.pgn("among headers full of numbers"), ALKMAAR)
        key = f"leerling-{bird.pgn('of another in a key')}"
        await self._accept(str(body["pgn"]), ALKMAAR, key=key, body=body, headers=everywhere)
        in_hex = bird.pgn("in hex in a trace").encode().hex()
        span = f"00-{'0af7651916cd43dd8448eb211c80319c'}-{bird.pgn('as a span'):0>16}-01"
        for headers, status in (
            ({"traceparent": span}, 400),
            ({"traceparent": f"00-{in_hex:0>32}-{7:016x}-01"}, 400),
            ({"accept": f"application/{bird.pgn('in accept')}"}, 406),
            ({"content-type": f"application/x-{bird.pgn('in content-type')}"}, 415),
            ({"content-type": f"application/json; charset={bird.pgn('in charset')}"}, 415),
            ({"content-encoding": bird.pgn("in content-encoding")}, 415),
            ({"idempotency-key": f"met spatie {bird.pgn('in a wrong key')}"}, 400),
            ({"idempotency-key": bird.pgn("in a long key") * 40}, 400),
            ({"expect": bird.pgn("in expect")}, 400),
        ):  # fmt: skip
            wrong = {"pgn": "geen", **self._signaal("geen", ALKMAAR)}
            given = {"idempotency-key": str(uuid4()), **headers}
            answer = await self._wire.call("las-noord", "POST", "/v1/signalen", wrong, given)
            _expect(answer, status)
        for headers in (
            {"range": f"bytes={bird.pgn('in range')}-"},
            {"if-none-match": f'"{bird.pgn("in if-none-match")}"'},
            {"accept": "*/*;q=" + bird.pgn("in a weight")},
        ):
            await self._wire.call("las-noord", "GET", "/v1/sleutels", headers=headers)

    async def _strangers(self) -> None:
        bird, wire = self._aviary, self._wire
        wire.certify(
            "las-noord-anders", OINS["las-noord"], f"Leerling {bird.pgn('in a certificate')}"
        )
        mailbox = "/v1/ontvangstbewijzen?vestigingscode=99BB00&limit=1"
        _expect(await wire.call("las-noord-anders", "GET", mailbox), 200)
        for caller in (None, STRANGER):
            for path in ("/v1/berichten", f"/v1/berichten/{NOBODY}", mailbox):
                _expect(await wire.call(caller, "GET", path), 401)
            for path in ("/v1/openapi.json", "/v1/sleutels"):
                _expect(await wire.call(caller, "GET", path), 200)
                _expect(await wire.call(caller, "HEAD", path), 200)
        place = self._installation.settings.operator_listen
        assert place is not None
        async with httpx.AsyncClient(base_url=f"http://{place.host}:{place.port}") as operator:
            for path in ("/metrics", "/readyz", "/livez", f"/{bird.pgn('at the operator port')}"):
                wire.keep("operator", path, await operator.get(path))

    async def _broken_requests(self) -> None:
        raw, bird = self._wire.raw, self._aviary
        head = "POST /v1/signalen HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        close = "connection: close\r\n\r\n"
        half = f'{head}idempotency-key: half\r\ncontent-length: 5000\r\n\r\n{{"pgn": "'
        chunk = f'{head}idempotency-key: chunk\r\ntransfer-encoding: chunked\r\n\r\n{{"pgn": "'
        for request, hang_up in (
            (half + bird.pgn("in half a body"), True),
            (chunk + bird.pgn("in a wrong chunk"), False),
            (f"GET /v1/{bird.pgn('in a wrong version')} HTTP/9.9\r\n\r\n", False),
            (f"{bird.pgn('as a method')} /v1/sleutels HTTP/1.1\r\nhost: x\r\n\r\n", False),
            (f"GET /v1/sleutels HTTP/1.1\r\nx {bird.pgn('as a header')}: 1\r\n\r\n", False),
            (f"GET /v1/sleutels HTTP/1.1\r\nhost: {bird.pgn('as host')}\r\n{close}", False),
            (f"{head}content-length: {bird.pgn('as length')}\r\n\r\n", True),
        ):  # fmt: skip
            await raw("las-noord", request.encode(), half=hang_up)

    # --- what breaks ---

    async def _breakdowns(self) -> None:
        """A table that refuses rows, a log that cannot be written, and a key that is garbled."""
        bird, sql = self._aviary, self._installation.sql
        await sql("ALTER TABLE outbox ADD CONSTRAINT kapot CHECK (kid = '') NOT VALID")
        body = self._signaal(bird.pgn("that met a fault"), ALKMAAR)
        _expect(
            await self._post("las-noord", body, bird.key("that met a fault")), 500, "interne-fout"
        )
        await sql("ALTER TABLE outbox DROP CONSTRAINT kapot")
        await sql("REVOKE INSERT ON log_records FROM verzuim_api")
        body = self._signaal(bird.pgn("that could not be logged"), ALKMAAR)
        key = bird.key("that could not be logged")
        _expect(await self._post("las-noord", body, key), 503, "logboek-onbeschikbaar")
        await sql("GRANT INSERT ON log_records TO verzuim_api")
        keys = self._installation.folder / "keys"
        await self._with_broken(next(keys.glob("vestiging.99CC00.*.key")))

    async def _with_broken(self, key: Path) -> None:
        content = await asyncio.to_thread(key.read_bytes)
        try:
            await asyncio.to_thread(key.write_bytes, b"onzin")
            body = self._signaal(self._aviary.pgn("that met a garbled key"), ROTTERDAM)
            answer = await self._post("las-zuid", body, self._aviary.key("that met a garbled key"))
            _expect(answer, 503)
        finally:
            await asyncio.to_thread(key.write_bytes, content)
        await self._accept(self._aviary.pgn("after a garbled key"), ROTTERDAM)

    async def _database_outage(self) -> None:
        """PostgreSQL goes while messages come in, and comes back."""
        bird, installation = self._aviary, self._installation
        await installation.leave_postgres()
        bodies = [self._signaal(bird.pgn(f"during the outage {n}"), ALKMAAR) for n in range(6)]
        stopping = asyncio.create_task(asyncio.to_thread(installation.postgres.stop))
        answers = [
            await self._post("las-noord", body, bird.key(f"during the outage {n}"))
            for n, body in enumerate(bodies)
        ]
        await stopping
        pgn, key = bird.pgn("after the outage"), bird.key("through the outage")
        body = self._signaal(pgn, ALKMAAR)
        answers.append(await self._post("las-noord", body, key))
        answers.append(await self._wire.call(ALKMAAR, "GET", "/v1/berichten"))
        assert {answer.status_code for answer in answers} <= {202, 200, 503}
        assert answers[-1].status_code == answers[-2].status_code == 503
        for answer, lost in zip(answers, bodies, strict=False):
            if answer.status_code == 202:
                self._note(answer.json(), str(lost["pgn"]), ALKMAAR, lost["contact"]["email"])
        log = installation.folder / "logs" / f"{WORKERS}.log"
        await installation.until(
            lambda: "dependency-lost" in log.read_text(), "the workers miss the database"
        )
        installation.guard_postgres()
        await installation.ready()
        await self._accept(pgn, ALKMAAR, key=key, body=body)

    async def _after_the_receivers(self) -> None:
        """What only works once a message was acknowledged."""
        (message, *_) = (
            a
            for a in self.done.accepted
            if a.recipient == ALKMAAR and a.number not in self.done.withdrawn | self.done.refused
        )
        await self._handle(message)
        path = f"/v1/berichten/{message.number}/intrekkingen"
        answer = await self._post("las-noord", {"reden": "hersteld"}, str(uuid4()), path)
        _expect(answer, 202)
        self.done.withdrawn.add(message.number)
        await self._installation.drained()

    async def _time_passes(self) -> None:
        """Workers park, lapse and erase when they start; the past is made by hand."""
        sql, bird = self._installation.sql, self._aviary
        await self._accept(bird.pgn("that was left lying"), EINDHOVEN, vestiging="99BB00")
        await sql(
            "UPDATE outbox SET created_at = created_at - interval '30 days'"
            " WHERE status = 'wachtend'"
        )
        await sql(
            "UPDATE outbox SET acknowledged_at = acknowledged_at - interval '40 days',"
            " fetched_at = fetched_at - interval '40 days' WHERE status = 'bevestigd'"
        )
        await self._installation.rest(WORKERS)
        await self._installation.run(WORKERS)
        done = (
            "SELECT bool_or(status = 'geparkeerd')"
            " AND bool_or(status = 'bevestigd' AND payload IS NULL) FROM outbox"
        )
        await self._installation.until_sql(done, "the workers have parked and erased")

    # --- by what means ---

    def _signaal(self, pgn: str, recipient: str, vestiging: str | None = None) -> dict[str, Any]:
        number = len(self._aviary.all)
        day = (self._monday - timedelta(weeks=1 + number % 3)).isoformat()
        return signaal(
            cast(Pgn, _Given(pgn)),
            vestigingscode=vestiging or ("99CC00" if recipient == ROTTERDAM else "99BB00"),
            woongemeente=recipient[-4:],
            venster={"van": day, "tot": day},
            oudersGeinformeerdOp=day,
            contact={"rol": "mentor", "email": self._aviary.email(f"of message {number}")},
        )

    async def _accept(
        self,
        pgn: str,
        recipient: str,
        *,
        vestiging: str | None = None,
        key: str = "",
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Accepted:
        given = body or self._signaal(pgn, recipient, vestiging)
        sender = {"99CC00": "las-zuid", "99AA00": "school-99AA"}.get(
            given["vestigingscode"], "las-noord"
        )
        key = key or self._aviary.key(f"of message {len(self.done.accepted)}")
        answer = _expect(await self._post(sender, given, key, headers=headers), 202)
        return self._note(answer.json(), pgn, recipient, given["contact"]["email"])

    def _note(self, receipt: dict[str, Any], pgn: str, recipient: str, email: str) -> Accepted:
        accepted = Accepted(receipt["berichtId"], pgn, recipient, email, receipt)
        self.done.accepted.append(accepted)
        return accepted

    async def _post(
        self,
        caller: str | None,
        body: object,
        key: str,
        path: str = "/v1/signalen",
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        given = {"idempotency-key": key, **(headers or {})}
        return await self._wire.call(caller, "POST", path, body, given)

    async def _download(self, message: Accepted) -> None:
        path = f"/v1/berichten/{message.number}"
        answer = await self._wire.call(message.recipient, "GET", path)
        self.done.downloaded[message.number] = _expect(answer, 200).text

    @asynccontextmanager
    async def _receivers_away(self) -> AsyncIterator[None]:
        """Leave the mailboxes to us for a while; the receivers' keys stay registered."""
        receivers = [receiver_of(name) for name in (ALKMAAR, ROTTERDAM)]
        await self._installation.rest(*receivers)
        for name in (ALKMAAR, ROTTERDAM):
            path = self._installation.folder / "receivers" / f"{name}.keys"
            self.done.sealing_keys[name] = KeyFile.load_or_create(path).current
        yield
        await self._installation.run(*receivers)


class _Given(str):
    """A number as ``signaal`` takes it; any text, for what must be refused."""

    __slots__ = ()

    def reveal(self) -> str:
        """Give the text itself."""
        return str(self)


_HEADERS = {
    "traceparent": "00-00000000000000000000000{}-00f067aa0ba902b7-01",
    "tracestate": "leerling={}",
    "baggage": "pgn={}",
    "x-b3-traceid": "0000000{}",
    "user-agent": "LAS/1.0 ({})",
    "x-request-id": "{}",
    "x-correlation-id": "req-{}",
    "referer": "https://las.example/leerling/{}",
    "origin": "https://{}.example",
    "cookie": "leerling={}",
    "authorization": "Bearer {}",
    "from": "{}@las.example",
    "via": "1.1 {}",
    "forwarded": "for={}",
    "x-forwarded-for": "{}",
    "x-forwarded-host": "{}.example",
    "client-cert": ":{}:",
    "accept-language": "nl;{}",
    "prefer": "handling={}",
    "namens": "{}",
}


def _expect(answer: httpx.Response, status: int, code: str = "", what: str = "") -> httpx.Response:
    told = (
        f"{what} {answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
    )
    assert answer.status_code == status, told
    assert not code or answer.json()["code"] == code, told
    return answer


def _is_no(answer: httpx.Response) -> None:
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
