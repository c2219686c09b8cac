"""Laws of crypto: what is sealed opens as it was, here and nowhere else; names never join."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adapters.keys.memory import MemoryKeyProvider
from exchange.crypto.canonical import b64url, canonical, framed, strict_json, unb64url
from exchange.crypto.keyring import RootSecret, WorkingKey
from exchange.crypto.opening import SealBroken, open_message
from exchange.crypto.pseudonym import blind_index, case_reference, counting_pseudonym
from exchange.crypto.receipts import sign_detached, verify_detached
from exchange.crypto.recipient_keys import accept_public_jwk
from exchange.crypto.sealing import SealContext, seal_message
from exchange.crypto.sealing_keys import (
    RecipientPrivateKey,
    RecipientPublicKey,
    generate_recipient_key,
)
from exchange.crypto.signatures import SignatureBroken
from exchange.errors import Fault, Invalid
from exchange.messages.identifiers import Oin, Pgn, Schooljaar, Vestigingscode
from exchange.ports import GatewayKey, KeyUse, PseudonymKey, VestigingKey

law = settings(deadline=None)  # a busy machine breaks no law

KEYS = MemoryKeyProvider()
PRIVATE = RecipientPrivateKey.parse(generate_recipient_key())
PUBLIC = RecipientPublicKey.parse(accept_public_jwk(PRIVATE.public_jwk)[1])
POINT = {member: PRIVATE.public_jwk[member] for member in ("kty", "crv", "x", "y")}

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
documents = st.dictionaries(texts, values, max_size=6)
oins = st.integers(0, 10**9 - 1).map(lambda number: Oin(f"00000099{number:09d}000"))
years = st.integers(2020, 2035).map(Schooljaar)
vestigingen = st.from_regex(r"[0-9]{2}[A-Z]{2}[0-9]{2}", fullmatch=True).map(Vestigingscode)
purposes = st.text("abcdefghij/|-0123456789", min_size=1, max_size=12)
contexts = st.builds(
    SealContext,
    recipient=oins,
    rid=st.uuids(version=4) | purposes,
    purpose=purposes,
    issued_at=st.integers(0, 2**32 - 1).map(lambda second: datetime.fromtimestamp(second, UTC)),
)


def _pupil(start: int) -> Pgn:
    """Give the first BSN in the test range from ``start`` on that passes the elfproef."""
    for number in itertools.count(999900000 + start):
        try:
            return Pgn(str(number))
        except ValueError:
            continue
    raise AssertionError


pupils = st.integers(0, 90_000).map(_pupil)


@law
@given(documents, contexts)
def test_open_undoes_seal(content: dict[str, object], context: SealContext) -> None:
    token = seal_message(content, context, PUBLIC, KEYS)
    opened = open_message(token, context.recipient, [PRIVATE], KEYS.public_keys())
    assert opened.content == content
    assert (opened.rid, opened.purpose) == (str(context.rid), context.purpose)
    assert opened.issued_at == context.issued_at


@settings(law, max_examples=300)
@given(contexts, st.data())
def test_no_changed_character_is_overlooked(context: SealContext, data: st.DataObject) -> None:
    token = seal_message({"pgn": "999990019"}, context, PUBLIC, KEYS)
    position = data.draw(st.integers(0, len(token) - 1))
    character = data.draw(st.sampled_from("AZaz09-_.=+/ é"))
    assume(token[position] != character)
    changed = token[:position] + character + token[position + 1 :]
    with pytest.raises(SealBroken):
        open_message(changed, context.recipient, [PRIVATE], KEYS.public_keys())


@law
@given(
    st.text() | st.lists(st.text("abcAZ09-_", max_size=30), min_size=5, max_size=5).map(".".join)
)
def test_rubbish_is_refused_and_nothing_else_happens(token: str) -> None:
    with pytest.raises(SealBroken):
        open_message(token, Oin("00000099000003610000"), [PRIVATE], KEYS.public_keys())


@law
@given(
    st.fixed_dictionaries(
        {
            "alg": st.just("ECDH-ES+A256KW"),
            "enc": st.just("A256GCM"),
            "kid": st.just(PRIVATE.kid),
            "typ": st.just("JWE"),
            "cty": st.just("JOSE"),
            "rcp": texts,
            "rid": texts,
            "pur": texts,
            "iat": st.integers(0, 100),
            "epk": values | st.just(POINT),
        }
    ),
    st.sampled_from(["AAAA.AAAA.AAAA.AAAA", "...", f"{'A' * 54}.{'A' * 16}.AAAA.{'A' * 22}"]),
)
def test_a_header_in_form_around_rubbish_is_refused(header: dict[str, object], rest: str) -> None:
    token = f"{b64url(json.dumps(header).encode())}.{rest}"
    with pytest.raises(SealBroken):
        open_message(token, Oin("00000099000003610000"), [PRIVATE], KEYS.public_keys())


@law
@given(st.binary(max_size=200), st.binary(max_size=50), st.binary(max_size=50))
def test_a_sealed_column_opens_in_its_own_context_only(
    plaintext: bytes, context: bytes, other: bytes
) -> None:
    key = WorkingKey(RootSecret.fresh(), GatewayKey(KeyUse.COLUMN))
    sealed = key.seal(plaintext, context)
    assert key.open(sealed, context) == plaintext
    if other != context:
        with pytest.raises(Fault):
            key.open(sealed, other)


@law
@given(pupils, st.lists(st.tuples(oins, purposes, years), min_size=2, max_size=5, unique=True))
def test_zaakreferenties_never_join(pupil: Pgn, keys: list[tuple[Oin, str, Schooljaar]]) -> None:
    references = {case_reference(pupil, PseudonymKey(*key), KEYS) for key in keys}
    assert len(references) == len(keys)


@law
@given(
    st.lists(pupils, min_size=2, max_size=5, unique_by=lambda pupil: pupil.reveal()),
    oins,
    purposes,
    years,
)
def test_two_pupils_never_share_a_name(
    several: list[Pgn], oin: Oin, purpose: str, year: Schooljaar
) -> None:
    key = PseudonymKey(oin, purpose, year)
    references = {case_reference(pupil, key, KEYS) for pupil in several}
    assert len(references) == len(several)
    assert references == {case_reference(pupil, key, KEYS) for pupil in several}


@law
@given(pupils, st.lists(st.tuples(vestigingen, years), min_size=2, max_size=5, unique=True))
def test_a_pupil_cannot_be_followed_across_schools_or_years(
    pupil: Pgn, places: list[tuple[Vestigingscode, Schooljaar]]
) -> None:
    names = [f(pupil, *place, KEYS) for place in places for f in (blind_index, counting_pseudonym)]
    assert len(set(names)) == len(names)


@law
@given(pupils, vestigingen, years)
def test_no_stored_name_contains_the_number(
    pupil: Pgn, vestiging: Vestigingscode, year: Schooljaar
) -> None:
    number = pupil.reveal().encode()
    assert number not in blind_index(pupil, vestiging, year, KEYS)
    sealed = KEYS.seal(VestigingKey(KeyUse.COLUMN, vestiging, year), number, b"context")
    assert number not in sealed


@law
@given(documents, documents)
def test_a_signature_holds_for_one_document(
    document: dict[str, object], other: dict[str, object]
) -> None:
    signature = sign_detached(document, KEYS)
    verify_detached(json.loads(json.dumps(document)), signature, KEYS.public_keys())
    assume({**document, "handtekening": 0} != {**other, "handtekening": 0})
    assume(canonical(document) != canonical(other))  # in Python, True equals 1
    with pytest.raises(SignatureBroken):
        verify_detached(other, signature, KEYS.public_keys())


@law
@given(documents)
def test_the_canonical_form_says_the_same_and_only_once(document: dict[str, object]) -> None:
    form = canonical(document)
    assert strict_json(form) == document
    assert canonical(strict_json(form)) == form
    assert canonical(dict(reversed(document.items()))) == form


@law
@given(st.lists(st.binary(max_size=20)), st.lists(st.binary(max_size=20)))
def test_framing_never_collides(one: list[bytes], other: list[bytes]) -> None:
    assert (framed(*one) == framed(*other)) == (one == other)


@law
@given(st.binary(max_size=100))
def test_base64url_round_trip(data: bytes) -> None:
    assert unb64url(b64url(data)) == data


@law
@given(st.text(max_size=12))
def test_base64url_reads_each_value_in_one_spelling_only(text: str) -> None:
    try:
        data = unb64url(text)
    except ValueError:
        return
    assert b64url(data) == text


members = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "use", "alg", "key_ops", "d", "kid"])
jwks = st.dictionaries(
    members | texts,
    values | st.sampled_from(["EC", "RSA", "P-256", PRIVATE.public_jwk["x"], "AQAB", "enc"]),
    max_size=8,
)


@law
@given(jwks)
def test_whatever_is_sent_as_a_key_is_accepted_or_refused_by_name(jwk: dict[str, object]) -> None:
    try:
        kid, text = accept_public_jwk(jwk)
    except Invalid as refused:
        pointers = {violation.pointer for violation in refused.violations}
    else:
        assert accept_public_jwk(json.loads(text)) == (kid, text)
        pointers = set()
    assert pointers <= {"", *(f"/{name}" for name in (*jwk, "kty", "crv", "x", "y", "n", "e"))}
