"""No unkeyed digest (P3, P4): with the whole database in hand, no guess can be confirmed."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from exchange.crypto.canonical import framed, unb64url
from exchange.crypto.pseudonym import blind_index, natural_key
from exchange.messages.identifiers import Pgn, Schooljaar, Vestigingscode
from exchange.pipeline.at_rest import body_digest, key_digest
from exchange.pipeline.school_policy import reason_digest
from tests.integration.api.world import BELEID, OINS, World, signaal
from tests.persons import bsn, onderwijsnummer
from tests.privacy.dump import Value, values_of
from tests.privacy.guesser import Guess, Thief

CODE, YEAR = Vestigingscode("99BB00"), Schooljaar(2026)
SENDER, RECIPIENT = OINS["las-noord"], OINS["leerplicht-0361"]
REASON = "KNR_TANDARTS"


@dataclass(frozen=True)
class Sent:
    """What a school sent, to the byte, and the receipt that it got."""

    pgn: Pgn
    body: bytes
    key: str
    receipt: dict[str, Any]

    def guess(self, **changes: Any) -> Guess:  # noqa: ANN401  any member of a guess
        """Give the best guess there is: all of it is right."""
        venster = json.loads(self.body)["venster"]
        again = (self.pgn.reveal(), venster["van"], venster["tot"], "OPLOPEND")
        right = Guess(
            pgn=self.pgn.reveal(),
            vestigingscode=str(CODE),
            schooljaar=str(YEAR),
            recipient=RECIPIENT.reveal(),
            purpose="handhaving-leerplicht",
            body=self.body,
            labels=(
                ("signaal", *again),
                ("signaal/v1", *again),
                ("reden/v1", str(CODE), REASON),
                ("idempotency-key/v1", str(SENDER), "/v1/signalen", self.key),
            ),
        )
        return replace(right, **changes)


@dataclass(frozen=True)
class Haul:
    """The messages that were sent, and every value of every table after that."""

    world: World
    sent: list[Sent]
    stolen: list[Value]


@pytest.fixture(scope="module")
async def haul(connected: World) -> Haul:
    """A few messages in every state, and the tables as a thief has them."""
    world = connected
    beleid = {**BELEID, "redenen": [{"code": REASON, "categorie": "geoorloofd"}]}
    put = await world.call("las-noord", "PUT", f"/v1/vestigingen/{CODE}/verzuimbeleid", beleid)
    assert put.status_code == 201, put.text
    sent = []
    for number, pgn in enumerate((bsn(80), onderwijsnummer(80), bsn(81))):
        body, key = json.dumps(signaal(pgn)).encode(), f"sleutel-van-de-school-{number}"
        answer = await world.call("las-noord", "POST", "/v1/signalen", body, idempotency_key=key)
        assert answer.status_code == 202, answer.text
        sent.append(Sent(pgn, body, key, answer.json()))
    await world.collect("leerplicht-0361", sent[1].receipt["berichtId"])
    assert (await world.withdraw(sent[2].receipt["berichtId"])).status_code == 202
    async with world.database.raw() as conn:
        stolen = await values_of(conn)
    assert {"outbox.payload", "messages.receipt", "subject_link.blind_index"} <= {
        value.place for value in stolen
    }
    return Haul(world, sent, stolen)


def test_no_guess_is_confirmed_by_anything_stored(haul: Haul) -> None:
    thief = Thief(haul.stolen)
    for sent in haul.sent:
        assert thief.confirm(sent.guess()) == set()


def test_the_hash_on_a_receipt_is_of_the_body_and_is_nowhere_in_the_tables(haul: Haul) -> None:
    thief = Thief(haul.stolen)
    for sent in haul.sent:
        salt = unb64url(sent.receipt["zout"])
        given = unb64url(sent.receipt["inhoudshash"])
        assert given == hashlib.sha256(salt + sent.body).digest()  # so it would confirm a guess
        assert not thief.holds(given)
        assert not thief.holds(salt)
        assert thief.holds(unb64url(sent.receipt["logboek"]["bladhash"]))  # the eyes are open


@pytest.mark.parametrize(
    "careless",
    [
        lambda sent: hashlib.sha256(sent.pgn.reveal().encode()).digest(),
        lambda sent: hashlib.blake2b(f"{CODE}|{sent.pgn.reveal()}".encode()).digest()[:16],
        lambda sent: b"\x01" + hashlib.sha512(f"{YEAR}{sent.pgn.reveal()}".encode()).digest()[:32],
        lambda sent: hmac.digest(b"", framed("inzage/v1", sent.pgn.reveal()), "sha256"),
        lambda sent: hmac.digest(bytes(32), sent.pgn.reveal().encode(), "sha256"),
        lambda sent: hashlib.sha256(sent.body).digest(),
        lambda sent: hashlib.sha256(framed("body/v1", sent.body)).digest(),
        lambda sent: hashlib.sha256(b"salt of 16 bytes" + sent.body).digest(),
        lambda sent: hmac.digest(b"salt of 16 bytes", sent.pgn.reveal().encode(), "sha256"),
        lambda _: hashlib.sha256(framed("reden/v1", str(CODE), REASON)).digest(),
    ],
)
def test_a_careless_digest_beside_its_salt_would_be_found(
    haul: Haul, careless: Callable[[Sent], bytes]
) -> None:
    sent = haul.sent[0]
    left_behind = [Value("lek.digest", careless(sent)), Value("lek.zout", b"salt of 16 bytes")]
    few = haul.stolen[:200]
    assert Thief([*few, *left_behind]).confirm(sent.guess()) == {"lek.digest"}
    wrong = sent.guess(pgn=bsn(82).reveal(), body=b"{}", labels=())
    assert Thief([*few, *left_behind]).confirm(wrong) == set()


def test_whoever_holds_the_keys_confirms_every_guess(haul: Haul) -> None:
    thief, keys = Thief(haul.stolen), haul.world.gateway.keys
    for sent in haul.sent:
        venster = json.loads(sent.body)["venster"]
        again = (sent.pgn.reveal(), venster["van"], venster["tot"], "OPLOPEND")
        withdrawn = sent is haul.sent[2]
        assert thief.holds(blind_index(sent.pgn, CODE, YEAR, keys))
        assert thief.holds(natural_key(CODE, YEAR, keys, "signaal", *again)) is not withdrawn
        assert thief.holds(body_digest(sent.body, keys))
        assert thief.holds(key_digest(SENDER, "/v1/signalen", sent.key, keys))
    assert thief.holds(reason_digest(CODE, REASON, haul.world.gateway))
