"""The sandbox's own check sees every way in which a month can go wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from adapters.keys.memory import MemoryKeyProvider
from exchange.accountability.receipt import sign_receipt
from exchange.crypto.canonical import b64url
from exchange.errors import Code
from exchange.messages.soort import Soort
from exchange.sandbox.screen.board import Board
from exchange.sandbox.story.caller import Caller
from exchange.sandbox.story.delivery import Delivered, Delivery, Form
from exchange.sandbox.story.drempel import Drempel, DrempelTold, look
from exchange.sandbox.story.month_check import drempel_faults, month_faults
from exchange.sandbox.story.plan import Planned
from exchange.sandbox.story.registering import register
from exchange.sandbox.story.signed import Signed
from exchange.sandbox.story.told import Told

SALT = b"0123456789abcdef"
DELIVERY = Delivery(
    "maand-1-las-noord-2026-10-30",
    "las-noord",
    Form.GZIP,
    lines=[b'{"registratieId":"1"}', b'{"registratieId":"2"}', b"{"],
    refusals={3: Code.ONGELDIGE_JSON},
)
MELDING = Planned(47, "key", "las-noord", {"vestigingscode": "99BB00"}, soort=Soort.VERZUIMMELDING)
DREMPEL = Drempel(MELDING, frozenset({"drempel-1", "drempel-2"}), ())
REACHED = {"registratieIds": ["drempel-1", "drempel-2"], "bereiktOp": "2026-11-16", "minuten": 960}
NEW = Told(MELDING, b"{}", 202, receipt={"berichtId": "1"})


@dataclass
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Gateway:
    """Answers with the documents that a test prepared, and remembers what it was asked."""

    keys: MemoryKeyProvider = field(default_factory=MemoryKeyProvider)
    status: int = 202
    document: Any = None
    asked: list[tuple[str, str, bytes | None, Mapping[str, str]]] = field(default_factory=list)

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        self.asked.append((method, path, body, headers or {}))
        status = self.status if method == "POST" else 200
        return Reply(status, {}, json.dumps(self.document).encode())

    def receipt(self, sent: bytes = DELIVERY.content, **changes: object) -> dict[str, Any]:
        unsigned = {
            "berichtId": "019b0000-0000-7000-8000-000000000001",
            "stromen": [{"rol": "leerplicht", "status": "geen", "doorgegeven": []}],
            "zout": b64url(SALT),
            "inhoudshash": b64url(hashlib.sha256(SALT + sent).digest()),
            "aantalAangenomen": 2,
            "aantalGeweigerd": 1,
            "geweigerd": [{"regel": 3, "fouten": [{"pointer": "", "code": "ongeldige-json"}]}],
            **changes,
        }
        signed: dict[str, Any] = json.loads(sign_receipt(unsigned, self.keys))
        return signed


Faults = Callable[[Delivered], list[str]]


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def caller(gateway: Gateway) -> Caller:
    return Caller(gateway, lambda _: None)


@pytest.fixture
def faults(gateway: Gateway, caller: Caller) -> Faults:
    def found(told: Delivered) -> list[str]:
        if gateway.document is None:
            gateway.document = gateway.receipt()
        signed = Signed(gateway.keys.public_keys())
        return list(month_faults([told], signed, lambda _: caller))

    return found


def test_finds_nothing_when_all_is_well(gateway: Gateway, faults: Faults) -> None:
    assert faults(Delivered(DELIVERY, gateway.receipt())) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"aantalAangenomen": 1},
        {"aantalAangenomen": 3},
        {"aantalGeweigerd": 0, "geweigerd": []},
        {"aantalGeweigerd": 2},
        {"geweigerd": [{"regel": 2, "fouten": [{"code": "ongeldige-json"}]}]},
        {"geweigerd": [{"regel": 3, "fouten": [{"code": "onbekend-veld"}]}]},
        {"stromen": [{"rol": "leerplicht", "status": "wachtend", "doorgegeven": ["pgn"]}]},
    ],
    ids=[
        "a line too few",
        "a bad line taken",
        "nothing refused",
        "one more refused",
        "another line refused",
        "refused with another code",
        "something goes to leerplicht",
    ],
)
def test_sees_a_receipt_that_does_not_fit_the_delivery(
    gateway: Gateway, faults: Faults, changes: dict[str, Any]
) -> None:
    found = faults(Delivered(DELIVERY, gateway.receipt(**changes)))
    assert len(found) == 1
    assert found[0].startswith(f"levering {DELIVERY.key}")


def test_sees_a_delivery_that_was_refused_as_a_whole(faults: Faults) -> None:
    (fault,) = faults(Delivered(DELIVERY, None, "geen-mandaat"))
    assert fault.endswith("geweigerd met geen-mandaat")


def test_sees_a_forged_receipt_and_one_about_something_else(
    gateway: Gateway, faults: Faults
) -> None:
    (fault,) = faults(Delivered(DELIVERY, {**gateway.receipt(), "ontvangenOp": "nooit"}))
    assert "handtekening" in fault
    (fault,) = faults(Delivered(DELIVERY, gateway.receipt(b"{}")))
    assert "inhoudshash" in fault


def test_sees_that_today_s_receipt_is_another(gateway: Gateway, faults: Faults) -> None:
    gateway.document = gateway.receipt(b"{}")
    (fault,) = faults(Delivered(DELIVERY, gateway.receipt()))
    assert "vandaag" in fault


# --- sending ---


def test_sends_packed_bytes_and_says_what_became_of_them(gateway: Gateway, caller: Caller) -> None:
    gateway.document = gateway.receipt()
    (told,) = register([DELIVERY], lambda _: caller, Board(lambda _: None))
    ((method, path, body, headers),) = gateway.asked
    assert (method, path, body) == ("POST", "/v1/verzuimregistraties", DELIVERY.packed)
    assert headers == {
        "content-type": "application/x-ndjson",
        "content-encoding": "gzip",
        "idempotency-key": DELIVERY.key,
    }
    assert (told.accepted, told.refused, told.refusals) == (2, 1, {3: "ongeldige-json"})
    gateway.status, gateway.document = 403, {"code": "geen-mandaat"}
    (told,) = register([DELIVERY], lambda _: caller, Board(lambda _: None))
    assert (told.accepted, told.refused, told.code) == (0, 3, "geen-mandaat")


def test_a_registration_by_itself_goes_as_json() -> None:
    single = replace(DELIVERY, form=Form.JSON, lines=[b"{}"], refusals={})
    assert single.packed == b"{}"
    assert single.headers["content-type"] == "application/json"


# --- the threshold ---


@pytest.mark.parametrize(
    ("before", "stands_after", "is_new", "fault"),
    [
        (REACHED, False, True, None),
        (None, False, False, None),  # told at an earlier start
        (None, False, True, "geen drempelmelding"),
        ({**REACHED, "registratieIds": ["drempel-1"]}, False, True, "andere registraties"),
        (REACHED, True, True, "staat er nog"),
    ],
)
def test_sees_whether_the_drempelmelding_came_and_went(
    before: dict[str, Any] | None, stands_after: bool, is_new: bool, fault: str | None
) -> None:
    told = DrempelTold(DREMPEL, before, stands_after)
    found = list(drempel_faults(told, {47: replace(NEW, is_new=is_new)}))
    assert len(found) == (fault is not None)
    assert all(fault in text for text in found if fault)


def test_says_nothing_about_a_threshold_that_nobody_could_reach() -> None:
    assert list(drempel_faults(None, {47: NEW})) == []


def test_finds_the_drempelmelding_of_its_own_pupil(gateway: Gateway, caller: Caller) -> None:
    other = {**REACHED, "registratieIds": ["2026-10-00001"]}
    gateway.document = {"drempelmeldingen": [other, REACHED]}
    assert look(DREMPEL, lambda _: caller) == REACHED
    gateway.document = {"drempelmeldingen": [other]}
    assert look(DREMPEL, lambda _: caller) is None
    assert gateway.asked[0][1].startswith("/v1/drempelmeldingen?vestigingscode=99BB00")
