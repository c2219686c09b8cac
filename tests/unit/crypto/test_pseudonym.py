"""A pupil has another name for everybody, and no name can be made without the key."""

from __future__ import annotations

import hashlib
import itertools
import re

import pytest

from adapters.keys.memory import MemoryKeyProvider
from exchange.crypto.pseudonym import (
    blind_index,
    case_reference,
    commitment,
    counting_pseudonym,
    keyed_digest,
    natural_key,
)
from exchange.messages.identifiers import Oin, Pgn, Schooljaar, Vestigingscode
from exchange.ports import GatewayKey, KeyUse, PseudonymKey

PGN = Pgn("999990019")
ALKMAAR, ROTTERDAM = Oin("00000099000003610000"), Oin("00000099000005990000")
SCHOOL, OTHER_SCHOOL = Vestigingscode("99AA00"), Vestigingscode("99BB00")
YEAR, NEXT_YEAR = Schooljaar(2026), Schooljaar(2027)


def test_a_zaakreferentie_is_stable_and_short(keys: MemoryKeyProvider) -> None:
    key = PseudonymKey(ALKMAAR, "leerplicht", YEAR)
    reference = case_reference(PGN, key, keys)
    assert reference == case_reference(Pgn("999990019"), key, keys)
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", reference)


def test_zaakreferenties_never_join(keys: MemoryKeyProvider) -> None:
    contexts = itertools.product(
        (ALKMAAR, ROTTERDAM), ("leerplicht", "leerplicht/2"), (YEAR, NEXT_YEAR)
    )
    references = {case_reference(PGN, PseudonymKey(*context), keys) for context in contexts}
    assert len(references) == 8


def test_another_gateway_gives_other_names(keys: MemoryKeyProvider) -> None:
    key = PseudonymKey(ALKMAAR, "leerplicht", YEAR)
    assert case_reference(PGN, key, keys) != case_reference(PGN, key, MemoryKeyProvider())


def test_an_index_holds_for_one_vestiging_and_schooljaar(keys: MemoryKeyProvider) -> None:
    for name in (blind_index, counting_pseudonym):
        values = {
            name(pgn, school, year, keys)
            for pgn in (PGN, Pgn("999990020"))
            for school in (SCHOOL, OTHER_SCHOOL)
            for year in (YEAR, NEXT_YEAR)
        }
        assert len(values) == 8
        assert all(len(value) == 33 and value[0] == 1 for value in values)


def test_names_for_different_uses_differ(keys: MemoryKeyProvider) -> None:
    values = {
        blind_index(PGN, SCHOOL, YEAR, keys),
        counting_pseudonym(PGN, SCHOOL, YEAR, keys),
        natural_key(SCHOOL, YEAR, keys, PGN.reveal()),
        keyed_digest(GatewayKey(KeyUse.IDEMPOTENCY), keys, "inzage/v1", PGN.reveal()),
    }
    assert len(values) == 4


def test_a_natural_key_keeps_its_parts_apart(keys: MemoryKeyProvider) -> None:
    values = {
        natural_key(SCHOOL, YEAR, keys, *parts)
        for parts in (("signaal/v1", "ab", "c"), ("signaal/v1", "a", "bc"), ("signaal/v1", "abc"))
    }
    assert len(values) == 3


def test_no_name_is_an_unkeyed_hash(keys: MemoryKeyProvider) -> None:
    number = PGN.reveal().encode()
    values = [blind_index(PGN, SCHOOL, YEAR, keys), counting_pseudonym(PGN, SCHOOL, YEAR, keys)]
    for algorithm in ("md5", "sha1", "sha256", "sha512"):
        digest = hashlib.new(algorithm, number).digest()[:16]
        assert all(digest not in value for value in values)


def test_a_commitment_is_the_hash_in_the_design() -> None:
    assert commitment(b"s" * 16, b"index") == hashlib.sha256(b"s" * 16 + b"index").digest()
    with pytest.raises(ValueError, match="16 bytes"):
        commitment(b"short", b"index")
