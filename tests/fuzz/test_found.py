"""What fuzzing found once is tried for ever after."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest

from exchange.crypto.canonical import strict_json
from exchange.crypto.certificates import read_certificate
from exchange.crypto.chain import Authorities
from exchange.errors import Code, Invalid, Refused
from exchange.messages.document import parse_object
from tests.fuzz.knocking import Doorstep, require_decent
from tests.fuzz.test_every_entrance import ENTRANCES, JSON

FOUND = Path(__file__).parent / "found"
BODIES = sorted((FOUND / "bodies").iterdir())
CERTIFICATES = sorted((FOUND / "certificates").iterdir())
REQUESTS = sorted((FOUND / "requests").iterdir())


@pytest.mark.parametrize("path", BODIES, ids=lambda path: path.stem)
def test_a_found_body_is_read_by_nobody(path: Path) -> None:
    body = path.read_bytes()
    with pytest.raises(Invalid):
        parse_object(body)
    with pytest.raises(ValueError, match="not strict JSON"):
        strict_json(body)


@pytest.mark.parametrize("path", BODIES, ids=lambda path: path.stem)
async def test_a_found_body_is_refused_at_every_entrance(door: Doorstep, path: Path) -> None:
    body = _bytes_of(path)
    for entrance in ENTRANCES:
        headers = [JSON, (b"idempotency-key", door.key())]
        heard = await door.knock(
            entrance.caller, entrance.method, entrance.path, b"", headers, [body]
        )
        require_decent(heard)
        assert json.loads(heard.body)["code"] in {"ongeldige-json", "niet-gevonden"}


@pytest.mark.parametrize("path", REQUESTS, ids=lambda path: path.stem)
async def test_a_found_request_gets_a_decent_answer(door: Doorstep, path: Path) -> None:
    asked = json.loads(_bytes_of(path))
    heard = await door.knock(
        asked["caller"],
        asked["method"],
        asked["path"],
        asked["query"].encode("latin-1"),
        [(name.encode("latin-1"), value.encode("latin-1")) for name, value in asked["headers"]],
        [asked["body"].encode()],
    )
    assert heard.status == asked["status"], heard
    if not asked["path"].startswith("/console"):
        require_decent(heard)


def _bytes_of(path: Path) -> bytes:
    return path.read_bytes()


@pytest.mark.parametrize("path", CERTIFICATES, ids=lambda path: path.stem)
def test_a_found_certificate_is_nobodys(path: Path) -> None:
    with pytest.raises(Refused) as refused:
        read_certificate(path.read_bytes())
    assert refused.value.code is Code.NIET_AANGEMELD
    with pytest.raises(ValueError, match="CA"):
        Authorities.read(_pem(path.read_bytes()))


def _pem(der: bytes) -> bytes:
    text = base64.encodebytes(der)
    return b"-----BEGIN CERTIFICATE-----\n" + text + b"-----END CERTIFICATE-----\n"


def test_the_page_names_every_case_and_no_other() -> None:
    named = re.findall(r"^\| `([^`]+)` \|", (FOUND / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(
        f"{p.parent.name}/{p.name}" for p in BODIES + REQUESTS + CERTIFICATES
    )
