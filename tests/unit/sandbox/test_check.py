"""The sandbox's own check sees every way in which a message can go astray."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from adapters.keys.memory import MemoryKeyProvider
from exchange.accountability.receipt import sign_receipt
from exchange.crypto.canonical import b64url
from exchange.errors import Code
from exchange.sandbox.story.arrivals import Arrivals
from exchange.sandbox.story.caller import Caller, wire
from exchange.sandbox.story.check import check
from exchange.sandbox.story.journals import Journals
from exchange.sandbox.story.plan import Fate, Planned
from exchange.sandbox.story.signed import Signed
from exchange.sandbox.story.told import Told
from exchange.sandbox.world import World, read_world

SALT = b"0123456789abcdef"
SIGNAAL_ID = "019b0000-0000-7000-8000-000000000001"
INTREKKING_ID = "019b0000-0000-7000-8000-000000000002"
BODY: dict[str, Any] = {
    "vestigingscode": "99BB00",
    "pgn": "999900006",
    "plicht": "leerplichtig",
    "woongemeente": "0361",
    "venster": {"van": "2026-11-02", "tot": "2026-11-20"},
    "ongeoorloofdeMinuten": 240,
    "criterium": "OPLOPEND",
    "oudersGeinformeerdOp": "2026-11-20",
    "actiesSchool": ["MENTOR"],
    "contact": {"rol": "mentor", "email": "mentor@school.example"},
}
PLANNED = Planned(1, "key", "las-noord", BODY)
CONTENT: dict[str, Any] = {
    "berichtId": SIGNAAL_ID,
    "soort": "signaal",
    "zaakreferentie": "ref",
    **{name: BODY[name] for name in BODY if name not in {"plicht", "woongemeente"}},
}
LINE = {"berichtId": SIGNAAL_ID, "soort": "signaal", "ontvangenOp": "…", "inhoud": CONTENT}
WITHDRAWN_LINE = {
    "berichtId": INTREKKING_ID,
    "soort": "intrekking",
    "ontvangenOp": "…",
    "inhoud": {
        "berichtId": INTREKKING_ID,
        "soort": "intrekking",
        "betreft": SIGNAAL_ID,
        "reden": "onjuist",
    },
}


@dataclass
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Gateway:
    """Answers the one question that the check asks: today's receipt."""

    def __init__(self, keys: MemoryKeyProvider) -> None:
        self.keys = keys
        self.fresh: dict[str, Any] = {}

    def call(
        self, method: str, path: str, body: bytes | None = None, headers: object = None
    ) -> Reply:
        return Reply(200, {}, json.dumps(self.fresh).encode())

    def receipt(self, bericht_id: str, status: str, sent: bytes) -> dict[str, Any]:
        unsigned = {
            "berichtId": bericht_id,
            "stromen": [{"rol": "leerplicht", "status": status}],
            "zout": b64url(SALT),
            "inhoudshash": b64url(hashlib.sha256(SALT + sent).digest()),
        }
        signed: dict[str, Any] = json.loads(sign_receipt(unsigned, self.keys))
        return signed


@pytest.fixture(scope="module")
def world() -> World:
    return read_world()


@pytest.fixture
def gateway() -> Gateway:
    return Gateway(MemoryKeyProvider())


@pytest.fixture
def told(gateway: Gateway) -> Told:
    sent = wire(BODY)
    gateway.fresh = gateway.receipt(SIGNAAL_ID, "bevestigd", sent)
    return Told(PLANNED, sent, 202, receipt=gateway.receipt(SIGNAAL_ID, "wachtend", sent))


Faults = Callable[..., list[str]]


@pytest.fixture
def faults(world: World, gateway: Gateway, tmp_path: Path) -> Faults:
    """Give the faults of one signaal with these lines in each journal."""

    def found(told: Told, *, alkmaar: list[Any], rotterdam: list[Any]) -> list[str]:
        paths = {"leerplicht-0361": tmp_path / "a", "leerplicht-0599": tmp_path / "r"}
        for path, lines in zip(paths.values(), (alkmaar, rotterdam), strict=True):
            path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        journals = Journals(paths)
        journals.look()
        caller = Caller(gateway, lambda _: None)
        signed = Signed(gateway.keys.public_keys())
        return check({1: told}, world, signed, lambda _: caller, journals, lambda _: None)

    return found


def with_content(**changes: object) -> dict[str, Any]:
    return {**LINE, "inhoud": {**CONTENT, **changes}}


def test_finds_nothing_when_all_is_well(told: Told, faults: Faults) -> None:
    assert faults(told, alkmaar=[LINE], rotterdam=[]) == []


@pytest.mark.parametrize(
    ("alkmaar", "rotterdam"),
    [
        ([], []),
        ([], [LINE]),
        ([LINE, LINE], []),
        ([LINE], [LINE]),
        ([with_content(plicht="leerplichtig")], []),
        ([{**LINE, "extra": 1}], []),
        ([with_content(ongeoorloofdeMinuten=241)], []),
        ([with_content(soort="verzuimmelding")], []),
        ([LINE, WITHDRAWN_LINE], []),
    ],
    ids=[
        "nowhere",
        "elsewhere",
        "twice",
        "in both",
        "a field too many",
        "a line with more",
        "another value",
        "another kind",
        "an intrekking that nobody sent",
    ],
)
def test_sees_an_arrival_that_is_not_as_it_should_be(
    told: Told, faults: Faults, alkmaar: list[Any], rotterdam: list[Any]
) -> None:
    found = faults(told, alkmaar=alkmaar, rotterdam=rotterdam)
    assert found
    assert all(fault.startswith("signaal 1") for fault in found)
    assert BODY["pgn"] not in "".join(found)


def test_sees_a_status_that_is_not_reached(told: Told, faults: Faults, gateway: Gateway) -> None:
    gateway.fresh = gateway.receipt(SIGNAAL_ID, "afgeleverd", told.sent)
    (fault,) = faults(told, alkmaar=[LINE], rotterdam=[])
    assert "afgeleverd" in fault


def test_sees_a_forged_receipt(told: Told, faults: Faults, gateway: Gateway) -> None:
    gateway.fresh = {**gateway.fresh, "berichtId": INTREKKING_ID}
    (fault,) = faults(told, alkmaar=[LINE], rotterdam=[])
    assert "handtekening" in fault


def test_sees_a_content_hash_of_something_else(
    told: Told, faults: Faults, gateway: Gateway
) -> None:
    gateway.fresh = gateway.receipt(SIGNAAL_ID, "bevestigd", b"{}")
    (fault,) = faults(told, alkmaar=[LINE], rotterdam=[])
    assert "inhoudshash" in fault


def test_sees_a_refusal_that_was_not_meant(told: Told, faults: Faults) -> None:
    refused = replace(told, receipt=None, status=409, problem={"code": "al-gemeld"})
    (fault,) = faults(refused, alkmaar=[], rotterdam=[])
    assert "al-gemeld" in fault


def test_sees_that_what_must_be_refused_was_taken(told: Told, faults: Faults) -> None:
    planned = replace(PLANNED, fate=Fate.GEWEIGERD, refusal=Code.AL_GEMELD)
    assert len(faults(replace(told, planned=planned), alkmaar=[LINE], rotterdam=[])) == 2


@pytest.mark.parametrize(
    ("pgn", "reference", "fault"),
    [
        ("999900006", "ref", None),
        ("999900018", "another", None),
        ("999900018", "ref", "signaal 2: zaakreferentie van een andere leerling"),
        ("999900006", "another", "signaal 2: andere zaakreferentie, zelfde leerling"),
    ],
)
def test_sees_pseudonyms_that_are_not_one_to_one(
    told: Told, world: World, tmp_path: Path, pgn: str, reference: str, fault: str | None
) -> None:
    other_id = INTREKKING_ID
    other = {**with_content(pgn=pgn, zaakreferentie=reference), "berichtId": other_id}
    path = tmp_path / "journal"
    path.write_text("".join(json.dumps(line) + "\n" for line in (LINE, other)))
    journals = Journals({"leerplicht-0361": path})
    journals.look()
    second = replace(
        told, planned=replace(PLANNED, number=2), receipt={**CONTENT, "berichtId": other_id}
    )
    found = list(Arrivals(world, journals).pseudonym_faults([told, second]))
    assert found == ([fault] if fault else [])


@pytest.mark.parametrize(
    ("leerplicht", "lines", "ok"),
    [
        ("ingetrokken", [], True),  # withdrawn before the download: nobody saw it
        ("ingetrokken", [LINE], False),
        ("wachtend", [LINE, WITHDRAWN_LINE], True),  # downloaded first: the intrekking follows
        ("wachtend", [WITHDRAWN_LINE], True),  # downloaded, and withdrawn before it was written
        ("wachtend", [LINE], False),
    ],
)
def test_is_honest_about_the_race_of_a_withdrawal(
    told: Told, faults: Faults, gateway: Gateway, leerplicht: str, lines: list[Any], ok: bool
) -> None:
    gateway.fresh = gateway.receipt(SIGNAAL_ID, "ingetrokken", told.sent)
    withdrawal = gateway.receipt(INTREKKING_ID, leerplicht, b"{}")
    planned = replace(PLANNED, fate=Fate.METEEN_INGETROKKEN)
    withdrawn = replace(told, planned=planned, withdrawal=withdrawal)
    assert (faults(withdrawn, alkmaar=lines, rotterdam=[]) == []) is ok
