"""Every true proof of a log is accepted, and no other: held against the definitions themselves."""

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.crypto.verify_log import (
    NotProven,
    Tree,
    Trust,
    read_checkpoint,
    read_vkey,
    verify_consistency,
    verify_entry,
    verify_export,
    verify_inclusion,
)
from tests.naive_log import (
    LOG,
    b64,
    bundle_of,
    checkpoint_of,
    consistency_of,
    export_of,
    growth_of,
    leaf,
    path_of,
    root_of,
)

KEY = read_vkey(LOG.vkey)
LEAVES = [leaf(number) for number in range(70)]
HASHES = [root_of([one]) for one in LEAVES]
ROOTS = [root_of(LEAVES[:size]) for size in range(71)]
SIZES = st.integers(0, 70)
PLACES = st.integers(1, 70).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n)))
STEPS = st.tuples(SIZES, SIZES).map(lambda pair: tuple(sorted(pair)))
law = settings(deadline=None)  # a busy machine breaks no law


def refused(call: object, *arguments: object) -> None:
    with pytest.raises(NotProven):
        call(*arguments)  # type: ignore[operator]


def test_every_place_of_every_small_log_is_proven() -> None:
    for size in range(1, 40):
        for index in range(size):
            proof = path_of(index, LEAVES[:size])
            verify_inclusion(HASHES[index], index, size, proof, ROOTS[size])


def test_every_growth_of_every_small_log_is_proven() -> None:
    for new in range(40):
        for old in range(new + 1):
            proof = growth_of(old, LEAVES[:new])
            verify_consistency((old, ROOTS[old]), (new, ROOTS[new]), proof)


@law
@given(SIZES)
def test_a_tree_that_grows_has_the_root_of_the_definition(size: int) -> None:
    tree = Tree()
    for one in HASHES[:size]:
        tree.append(one)
    assert (tree.size, tree.root()) == (size, ROOTS[size])


@law
@given(PLACES, st.data())
def test_a_proof_of_a_place_proves_nothing_else(
    place: tuple[int, int], data: st.DataObject
) -> None:
    index, size = place
    proof = path_of(index, LEAVES[:size])
    other = data.draw(st.integers(0, 69).filter(lambda one: one != index))
    refused(verify_inclusion, HASHES[other], index, size, proof, ROOTS[size])
    refused(verify_inclusion, HASHES[index], other, size, proof, ROOTS[size])
    refused(verify_inclusion, HASHES[index], index, size, [*proof, HASHES[0]], ROOTS[size])
    if proof:
        refused(verify_inclusion, HASHES[index], index, size, proof[:-1], ROOTS[size])
        refused(verify_inclusion, HASHES[index], index, size, proof[1:], ROOTS[size])
    if len(proof) > 1 and proof[0] != proof[1]:
        swapped = [proof[1], proof[0], *proof[2:]]
        refused(verify_inclusion, HASHES[index], index, size, swapped, ROOTS[size])


@law
@given(STEPS, st.data())
def test_a_proof_of_growth_proves_nothing_else(step: tuple[int, int], data: st.DataObject) -> None:
    old, new = step
    proof = growth_of(old, LEAVES[:new])
    heads = (old, ROOTS[old]), (new, ROOTS[new])
    wrong = data.draw(st.binary(min_size=32, max_size=32))
    refused(verify_consistency, heads[0], (new, wrong), [*proof, wrong])
    refused(verify_consistency, *heads, [*proof, wrong])
    if old < new:
        refused(verify_consistency, heads[1], heads[0], proof)
    if proof:
        refused(verify_consistency, *heads, proof[:-1])
        refused(verify_consistency, (old, wrong), heads[1], proof)
        refused(verify_consistency, heads[0], (new, wrong), proof)


@settings(max_examples=20, deadline=None)
@given(PLACES, st.data())
def test_a_bit_changed_anywhere_in_a_proof_is_refused(
    place: tuple[int, int], data: st.DataObject
) -> None:
    index, size = place
    proof = path_of(index, LEAVES[:size])
    if not proof:
        return
    part, byte, bit = (data.draw(st.integers(0, n - 1)) for n in (len(proof), 32, 8))
    changed = bytearray(proof[part])
    changed[byte] ^= 1 << bit
    proof[part] = bytes(changed)
    refused(verify_inclusion, HASHES[index], index, size, proof, ROOTS[size])


def test_every_byte_of_a_small_bundle_matters() -> None:
    """Flip each bit of each text in the bundle: what is read is refused, or it is the same."""
    bundle = bundle_of(2, LEAVES[:5])
    verify_entry(bundle, Trust(KEY))
    written = json.dumps(bundle, ensure_ascii=False).encode()
    for place in range(len(written)):
        for bit in range(8):
            changed = bytearray(written)
            changed[place] ^= 1 << bit
            try:
                read = json.loads(changed.decode())
            except ValueError:
                continue
            if read == bundle:
                continue
            refused(verify_entry, read, Trust(KEY))


def test_every_hash_in_a_small_proof_flipped_bit_by_bit_is_refused() -> None:
    bundle = bundle_of(2, LEAVES[:5])
    for number, part in enumerate(bundle["bewijs"]):
        for place in range(32 * 8):
            changed = bytearray(base64.b64decode(part))
            changed[place // 8] ^= 1 << place % 8
            proof = [*bundle["bewijs"]]
            proof[number] = b64(bytes(changed))
            refused(verify_entry, {**bundle, "bewijs": proof}, Trust(KEY))


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_a_bundle_extends_an_older_or_newer_trusted_checkpoint(step: tuple[int, int]) -> None:
    old, new = step
    for size, other in (step, step[::-1]):
        if not size:
            continue
        trusted = read_checkpoint(checkpoint_of(LEAVES[:other]), KEY)
        proof = consistency_of(old, LEAVES[:new])
        verify_entry(bundle_of(0, LEAVES[:size]), Trust(KEY, trusted, [proof]))
        if 0 < old < new:
            refused(verify_entry, bundle_of(0, LEAVES[:size]), Trust(KEY, trusted))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.data())
def test_a_log_with_anything_changed_does_not_pass(size: int, data: st.DataObject) -> None:
    """Whoever holds a checkpoint from before is told, though all is signed and hashed anew."""
    leaves, place = LEAVES[:size], data.draw(st.integers(0, size - 1))
    trusted = Trust(KEY, read_checkpoint(checkpoint_of(leaves), KEY))
    verify_export(export_of(leaves, size), trusted)
    edited = [*leaves[:place], leaf(place, name="anders"), *leaves[place + 1 :]]
    missing = [*leaves[:place], *leaves[place + 1 :]]
    inserted = [*leaves[:place], leaf(99), *leaves[place:]]
    for false in (edited, missing, inserted, missing + leaves[place : place + 1]):
        if false != leaves:
            refused(verify_export, export_of(false, len(false)), trusted)
