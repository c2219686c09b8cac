"""Files and answers that others made: read whole, or refused with an error of ours."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from adapters.registers.file import read_register
from adapters.school_systems.csv_file import CsvFile
from adapters.school_systems.kinds import Kind
from adapters.school_systems.ndjson_file import NdjsonFile
from exchange.bootstrap.law import open_law
from exchange.crypto.certificates import read_certificate
from exchange.crypto.opening import SealBroken, open_message
from exchange.crypto.pki import make_authority, make_client
from exchange.crypto.recipient_keys import accept_public_jwk
from exchange.crypto.sealing_keys import RecipientPrivateKey, generate_recipient_key
from exchange.crypto.verify_log import (
    NotProven,
    Trust,
    read_checkpoint,
    read_vkey,
    verify_file,
)
from exchange.errors import Code, Invalid, Refused
from exchange.messages.identifiers import (
    Gemeentecode,
    LocalCode,
    Oin,
    Periode,
    Pgn,
    Postcode4,
    RegistratieId,
    Schooljaar,
    SwvNummer,
    Vestigingscode,
)
from exchange.storage.cursors import decode
from exchange.telemetry.trace import trace_of
from tests.fuzz.effort import fuzzed
from tests.fuzz.hard import MARK, bodies, documents, scalars, texts
from tests.naive_log import LOG, bundle_of, checkpoint_of, export_of, leaf
from tests.unit.adapters.identity.loopback import VALID

_KEY = RecipientPrivateKey.parse(generate_recipient_key())
_CERTIFICATE = x509.load_pem_x509_certificate(
    make_client(
        make_authority("CA", VALID), Oin("00000099000003610000"), "Gemeente", "x", VALID
    ).certificate
).public_bytes(Encoding.DER)
_LOG_KEY = read_vkey(LOG.vkey)
_LEAVES = [leaf(number) for number in range(7)]
_OIN = Oin("00000099000003610000")
_GEMEENTEN = "gemeentecode;naam;geldig_van\n0361;Alkmaar;2000-01-01\n"
_VESTIGINGEN = (
    "VESTIGINGSCODE;GEMEENTENUMMER;POSTCODE;ONDERWIJSSTRUCTUUR\n99AA00;361;1811 AB;HAVO\n"
)
_REGIO = "postcode4;swv_po;swv_vo\n1811;PO2703;VO2703\n"


@st.composite
def spoiled(draw: st.DrawFn, *good: str) -> bytes:
    """Give a good file with a few bytes of it changed, or something that is no such file at all."""
    if draw(st.integers(0, 5)) == 0:
        return draw(st.binary(max_size=200))
    text = draw(st.sampled_from(good))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 6))
        text = text[:place] + draw(texts) + text[place + length :]
    codings = st.sampled_from(["utf-8", "utf-8-sig", "latin-1", "utf-16", "cp1252"])
    return text.encode(draw(codings), "replace")


@fuzzed(150)
@given(spoiled(_GEMEENTEN, _VESTIGINGEN, _REGIO), st.sampled_from(["bo.csv", "x", MARK]))
def test_a_register_is_read_or_refused_without_what_stands_in_it(data: bytes, name: str) -> None:
    told = ""
    try:
        read_register(data, name)
    except Invalid as refused:
        told = repr([(fault.pointer, fault.detail) for fault in refused.violations])
    assert MARK not in told


_CSV = (
    "vestigingscode;registratieId;pgn;datum;minuten;categorie\n"
    "99BB00;r1;999970008;2026-11-17;50;geoorloofd\n"
)
_LINE = json.dumps({"vestigingscode": "99BB00", "registratieId": "r", "minuten": 5}) + "\n"


@fuzzed(75)
@given(spoiled(_CSV, _LINE))
def test_a_delivery_is_read_or_refused_line_by_line(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "delivery"
    path.write_bytes(data)
    kind = Kind.VERZUIMREGISTRATIES
    for file in (CsvFile(path, kind, open_law()), NdjsonFile(path, kind)):
        try:
            file.count()
            read = list(file.entries())
        except Invalid:
            continue
        assert all(entry.line >= 1 for entry in read)


@fuzzed(125)
@given(st.data())
def test_a_sealed_message_that_nobody_sealed_is_not_opened(data: st.DataObject) -> None:
    part = st.one_of(
        st.text("ABCabc012_-", max_size=12),
        documents.map(_b64json),
        st.binary(max_size=30).map(_b64),
        st.sampled_from(_HEADERS).map(_b64json),
        texts,
    )
    token = ".".join(data.draw(st.lists(part, min_size=0, max_size=6)))
    with pytest.raises(SealBroken):
        open_message(token, _OIN, [_KEY], [])


_MEMBERS = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "use", "key_ops", "d", "k", MARK])


@fuzzed(125)
@given(st.dictionaries(_MEMBERS, scalars | st.lists(scalars, max_size=3)))
def test_a_public_key_is_fit_or_refused_without_its_members(jwk: dict[str, Any]) -> None:
    told = ""
    try:
        accept_public_jwk(jwk)
    except Invalid as refused:
        told = repr([(fault.pointer, fault.detail) for fault in refused.violations])
    assert MARK not in told


@fuzzed(125)
@given(spoiled(checkpoint_of(_LEAVES)))
def test_a_checkpoint_is_the_one_that_was_signed_or_proves_nothing(data: bytes) -> None:
    try:
        read = read_checkpoint(data, _LOG_KEY)
    except NotProven:
        return
    assert read.text == read_checkpoint(checkpoint_of(_LEAVES), _LOG_KEY).text


@pytest.mark.filterwarnings("ignore")  # the library has an opinion on those that are spoiled
@fuzzed(100)
@given(st.data())
def test_a_certificate_is_read_whole_or_refused(data: st.DataObject) -> None:
    der = bytearray(_CERTIFICATE)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(der) - 1))
        der[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    try:
        read = read_certificate(bytes(der))
    except Refused as refused:
        assert refused.code is Code.NIET_AANGEMELD  # noqa: PT017  what is told is what is tested
        return
    assert str(read.oin).isascii()


@fuzzed(125)
@given(
    bodies(
        (
            bundle_of(2, _LEAVES),
            {"soort": "bewaarketen", "versie": 1, "checkpoint": "x", "regels": []},
        )
    )
    | spoiled(b"".join(export_of(_LEAVES, 3, 7)).decode())
)
def test_a_bundle_proves_something_or_is_refused_as_one(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "bundle"
    path.write_bytes(data)
    try:
        proven = verify_file(path, Trust(_LOG_KEY))
    except NotProven:
        return
    assert proven.size in {3, 7}


_READERS: tuple[Callable[[str], object], ...] = (
    Pgn, Vestigingscode, Oin, Gemeentecode, Postcode4, SwvNummer, LocalCode, RegistratieId,
    Schooljaar.parse, Periode.parse, decode,
)  # fmt: skip


@fuzzed(250)
@given(
    st.sampled_from(_READERS), texts | st.from_regex(r"[0-9A-Z\u0660-\u0669\uff10-\uff19-]{4,20}")
)
def test_an_identifier_is_plain_visible_ascii_or_refused_without_repeating_it(
    read: Callable[[str], object], text: str
) -> None:
    try:
        read(text)
    except ValueError as refused:
        told = f"{refused}"
        assert MARK not in told
        return
    assert text.isascii()
    assert text.isprintable()
    assert text == text.strip()


@fuzzed(100)
@given(texts | st.from_regex(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", fullmatch=True))
def test_a_trace_is_carried_on_or_begun_anew(header: str) -> None:
    trace = trace_of({"traceparent": header, "tracestate": header})
    assert len(trace.trace_id) == 32
    assert set(trace.trace_id) <= set("0123456789abcdef")
    assert trace.trace_id in header or not trace.parent_span_id


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _b64json(document: object) -> str:
    try:
        return _b64(json.dumps(document).encode())
    except ValueError:
        return "e30"


_HEADERS = (
    {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": _KEY.kid},
    {"alg": "dir", "enc": "A256GCM"},
    {"alg": "none"},
    {"alg": "RSA1_5", "enc": "A128CBC-HS256", "zip": "DEF"},
    {"alg": ["ECDH-ES+A256KW"], "epk": {"kty": "EC", "crv": "P-256", "x": MARK, "y": MARK}},
)
