"""``/v1/logboek``: a stranger verifies what we say of the log; nobody sees what is another's."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from exchange.pipeline.logbook import cosigned_checkpoints, integrity
from exchange.pipeline.onlooker import Onlooker
from exchange.storage.sealing_lag import SealingLag
from exchange.telemetry.trace import trace_of
from tests.integration.api.world import (
    BELEID,
    NOW,
    OINS,
    World,
    bericht_id,
    but_for_instance,
    faults,
    refusal,
    signaal,
)
from tests.naive_log import WITNESS, Signer, root_of
from tests.stranger import head_of, verify_bundle, verify_growth

OFFICER = "leerplicht-0361"


async def test_a_log_that_was_never_sealed_cannot_be_shown(world: World) -> None:
    for path in ("checkpoint", "consistentie?van=0&tot=0"):
        answer = await world.call(None, "GET", f"/v1/logboek/{path}")
        assert refusal(answer) == (503, "logboek-onbeschikbaar")
    assert (await world.call(None, "GET", "/v1/logboek/tile/0/000")).status_code == 404


async def vkey_of(world: World) -> str:
    keys = (await world.call(None, "GET", "/v1/sleutels")).json()["keys"]
    (jwk,) = [key for key in keys if key["use"] == "checkpoint"]
    vkey: str = jwk["vkey"]
    return vkey


async def checkpoint(world: World) -> str:
    answer = await world.call(None, "GET", "/v1/logboek/checkpoint")
    assert answer.status_code == 200, answer.text
    return answer.text


async def proof(world: World, name: str, entry: object) -> httpx.Response:
    return await world.call(name, "GET", f"/v1/logboek/entries/{entry}/bewijs")


async def accepted(world: World, **changes: object) -> dict[str, Any]:
    """Have a signaal accepted; give its receipt."""
    answer = await world.send(signaal(world.pupil(), **changes))
    bericht_id(answer)
    receipt: dict[str, Any] = answer.json()
    return receipt


# --- the head and its key ---


async def test_anybody_gets_the_newest_head_under_the_published_key(world: World) -> None:
    await accepted(world)
    await world.seal()
    answer = await world.call(None, "GET", "/v1/logboek/checkpoint", accept="text/plain")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    size, root = head_of(answer.text, await vkey_of(world))
    leaves = await world.rows(
        "SELECT leaf FROM log_records JOIN log_leaves USING (entry) ORDER BY index"
    )
    assert (size, root) == (len(leaves), root_of([row["leaf"] for row in leaves]))
    refused = await world.call(None, "GET", "/v1/logboek/checkpoint", accept="application/json")
    assert refusal(refused) == (406, "niet-aanvaardbaar")


async def test_the_key_of_the_log_stands_among_our_keys_and_signs_nothing_else(
    world: World,
) -> None:
    keys = (await world.call(None, "GET", "/v1/sleutels")).json()["keys"]
    *others, jwk = keys
    assert {key["use"] for key in others} == {"sig"}
    origin = f"verzuim-exchange/{world.gateway.oin.reveal()}"
    assert (jwk["kty"], jwk["crv"], jwk["use"]) == ("OKP", "Ed25519", "checkpoint")
    public = base64.urlsafe_b64decode(jwk["x"] + "=")
    named = hashlib.sha256(f"{origin}\n\x01".encode() + public).hexdigest()[:8]
    key = base64.b64encode(b"\x01" + public).decode()
    assert jwk["vkey"] == f"{origin}+{named}+{key}"
    assert jwk["kid"] == named


# --- the proof of one record ---


async def test_a_party_proves_its_record_with_what_its_receipt_says(world: World) -> None:
    receipt = await accepted(world)
    entry, said = receipt["logboek"]["entry"], receipt["logboek"]["bladhash"]
    await world.seal()
    seen = {}
    for name in ("las-noord", OFFICER, "fg"):
        answer = await proof(world, name, entry)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        seen[name] = answer.json()
        leaf = verify_bundle(seen[name], await vkey_of(world))
        digest = base64.urlsafe_b64encode(hashlib.sha256(b"\0" + leaf).digest())
        assert digest.rstrip(b"=").decode() == said
        assert json.loads(leaf)["entry"] == seen[name]["entry"] == entry
    assert len({bundle["index"] for bundle in seen.values()}) == 1


async def test_every_record_of_the_log_is_proven_to_the_fg(world: World) -> None:
    for _ in range(3):
        await accepted(world)
    await world.seal()
    lines, vkey = await world.log(), await vkey_of(world)
    for line in lines[::3]:
        answer = await proof(world, "fg", line.entry)
        assert verify_bundle(answer.json(), vkey) == line.leaf


async def test_a_proof_that_was_changed_proves_nothing(world: World) -> None:
    receipt = await accepted(world)
    await world.seal()
    bundle = (await proof(world, "fg", receipt["logboek"]["entry"])).json()
    vkey = await vkey_of(world)
    verify_bundle(bundle, vkey)
    other = base64.b64encode(bytes(32)).decode()
    for change in (
        {"blad": base64.b64encode(b"{}").decode()},
        {"index": bundle["index"] - 1},
        {"omvang": bundle["omvang"] - 1},
        {"bewijs": [*bundle["bewijs"][:-1], other]},
        {"bewijs": bundle["bewijs"][1:]},
    ):
        with pytest.raises((AssertionError, IndexError)):
            verify_bundle({**bundle, **change}, vkey)


async def test_a_school_sees_the_record_of_its_pupil_whoever_sent_it(world: World) -> None:
    mine = await accepted(world, vestigingscode="99AA00")
    theirs = await accepted(world, vestigingscode="99BB00")
    await world.seal()
    assert (await proof(world, "school-99AA", mine["logboek"]["entry"])).status_code == 200
    refused = await proof(world, "school-99AA", theirs["logboek"]["entry"])
    assert refusal(refused) == (404, "niet-gevonden")


@pytest.mark.parametrize("name", ["las-zuid", "leerplicht-0599", "swv-VO2703", "ocw"])
async def test_anothers_record_looks_like_none(world: World, name: str) -> None:
    receipt = await accepted(world)
    before = await proof(world, name, receipt["logboek"]["entry"])
    await world.seal()
    after = await proof(world, name, receipt["logboek"]["entry"])
    none = await proof(world, name, uuid4())
    assert refusal(none) == (404, "niet-gevonden")
    assert but_for_instance(after) == but_for_instance(before) == but_for_instance(none)
    malformed = await proof(world, name, "geen-id")
    assert but_for_instance(malformed) == but_for_instance(none)


async def test_a_record_has_no_proof_until_it_is_sealed_and_then_it_has(world: World) -> None:
    receipt = await accepted(world)
    entry = receipt["logboek"]["entry"]
    early = await proof(world, OFFICER, entry)
    assert refusal(early) == (409, "nog-niet-verzegeld")
    assert early.headers["retry-after"] == "2"
    await world.seal()
    verify_bundle((await proof(world, OFFICER, entry)).json(), await vkey_of(world))


async def test_a_proof_is_a_look_at_the_log_and_leaves_its_own_record(world: World) -> None:
    receipt = await accepted(world)
    entry = receipt["logboek"]["entry"]
    await world.seal()
    before = {line.entry for line in await world.log()}
    assert (await proof(world, OFFICER, entry)).status_code == 200
    (line,) = [line for line in await world.log() if line.entry not in before]
    assert line.document["name"] == "logbewijs-ingezien"
    assert (line.actor, line.bericht_id) == (OINS[OFFICER].reveal(), UUID(receipt["berichtId"]))
    assert line.document["bijzonderheden"] == {"bewezen": entry}
    assert line.document["toegangspunt"] == f"x5t-of-{OFFICER}"


async def test_a_record_whose_text_went_proves_nothing_any_more(world: World) -> None:
    receipt = await accepted(world)
    entry = receipt["logboek"]["entry"]
    await world.seal()
    await world.rows(
        "UPDATE log_records SET activity = NULL, actor = NULL, recipient = NULL, leaf = NULL,"
        " bericht_id = NULL, action = NULL, outcome = NULL,"
        " erasure = decode(repeat('01', 49), 'hex') WHERE entry = $1",
        UUID(entry),
    )
    assert refusal(await proof(world, "fg", entry)) == (410, "vervallen")


# --- growth ---


async def test_anybody_can_check_that_the_log_only_grew(world: World) -> None:
    vkey, heads = await vkey_of(world), []
    for _ in range(4):
        await accepted(world)
        await world.seal()
        heads.append(head_of(await checkpoint(world), vkey))
    for n, new in enumerate(heads):
        for old in [(0, hashlib.sha256(b"").digest()), *heads[: n + 1]]:
            path = f"/v1/logboek/consistentie?van={old[0]}&tot={new[0]}"
            answer = await world.call(None, "GET", path)
            assert answer.status_code == 200, answer.text
            verify_growth(old, new, answer.json())
            if 0 < old[0] < new[0]:
                with pytest.raises(AssertionError):
                    verify_growth((old[0], new[1]), new, answer.json())


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("", [("/tot", "verplicht-veld"), ("/van", "verplicht-veld")]),
        ("?van=1", [("/tot", "verplicht-veld")]),
        ("?van=x&tot=2", [("/van", "waarde-ongeldig")]),
        ("?van=-1&tot=2", [("/van", "waarde-ongeldig")]),
        ("?van=01&tot=2", [("/van", "waarde-ongeldig")]),
        ("?van=1&tot=2.0", [("/tot", "waarde-ongeldig")]),
        ("?van=1&tot=1000000", [("/tot", "waarde-ongeldig")]),
        ("?van=1&tot=9999999999999999999", [("/tot", "waarde-ongeldig")]),
        ("?van=2&tot=1", [("/van", "waarde-ongeldig")]),
    ],
)
async def test_sizes_that_are_none_are_named(
    world: World, query: str, wrong: list[tuple[str, str]]
) -> None:
    await world.seal()
    answer = await world.call(None, "GET", f"/v1/logboek/consistentie{query}")
    assert answer.status_code == 400
    assert sorted(faults(answer)) == wrong
    assert "9999999999999999999" not in answer.text


# --- tiles ---


async def test_a_tile_is_byte_for_byte_what_the_records_make_it(world: World) -> None:
    await world.execute(
        "INSERT INTO log_pending SELECT entry, sha256(entry::text::bytea), now() FROM"
        " (SELECT gen_random_uuid() AS entry FROM generate_series(1, 600)) AS others"
    )
    await world.seal()
    leaves = await world.rows(
        "SELECT coalesce(leaf_hash, sha256(entry::text::bytea)) AS hash"
        " FROM log_leaves LEFT JOIN log_records USING (entry) ORDER BY index"
    )
    row = b"".join([leaf["hash"] for leaf in leaves])
    assert len(leaves) == head_of(await checkpoint(world), await vkey_of(world))[0]
    whole = [row[at : at + 8192] for at in range(0, len(row) // 8192 * 8192, 8192)]
    last = row[len(whole) * 8192 :]
    tiles = {f"0/{n:03}": tile for n, tile in enumerate(whole)}
    tiles |= {f"0/{len(whole):03}.p/{w}": last[: w * 32] for w in (1, 7, len(last) // 32)}
    tiles |= {"0/000.p/255": whole[0][:-32]}
    tiles |= {f"1/000.p/{len(whole)}": b"".join(map(_fold, whole))}
    for path, hashes in tiles.items():
        answer = await world.call(None, "GET", f"/v1/logboek/tile/{path}")
        assert answer.content == hashes, path
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    absent = f"/v1/logboek/tile/0/{len(whole):03}"
    assert refusal(await world.call(None, "GET", absent)) == (404, "niet-gevonden")


def _fold(row: bytes) -> bytes:
    hashes = [row[at : at + 32] for at in range(0, len(row), 32)]
    while len(hashes) > 1:
        hashes = [
            hashlib.sha256(b"\1" + left + right).digest()
            for left, right in zip(hashes[::2], hashes[1::2], strict=True)
        ]
    return hashes[0]


@pytest.mark.parametrize(
    "path",
    [
        "0/999", "0/x001/000", "1/000", "9/000", "64/000", "00/000", "-1/000", "0/0", "0/00",
        "0/0000", "0/x000/000", "0/000.p/0", "0/000.p/256", "0/000.p/01", "0/000.p", "0/000.p/",
        "0/000/", "0/001/002", "entries/000", "0/x001", "0/%30%30%30x", "0/999.p/1", "0/",
        "0/x999/x999/x999/x999/x999/x999/x999/999",
    ],
)  # fmt: skip
async def test_a_tile_that_is_not_there_is_not_found(world: World, path: str) -> None:
    await world.seal()
    answer = await world.call(None, "GET", f"/v1/logboek/tile/{path}")
    assert refusal(answer) == (404, "niet-gevonden")
    assert answer.headers["cache-control"] == "no-store"


# --- witnesses ---


async def trust(world: World, witness: Signer) -> None:
    await world.execute(
        f"INSERT INTO log_witnesses VALUES ('{witness.name}', '{witness.vkey}', now())"  # noqa: S608  our own names
        " ON CONFLICT (witness) DO UPDATE SET revoked_at = NULL"
    )


async def offer(world: World, size: object, line: str | bytes) -> httpx.Response:
    body = line.encode() if isinstance(line, str) else line
    path = f"/v1/logboek/cosignatures?omvang={size}"
    return await world.call(None, "POST", path, body, content_type="text/plain; charset=utf-8")


async def head_text(world: World) -> tuple[int, str]:
    """Give the size and the signed text of the newest head."""
    await accepted(world)
    await world.seal()
    note = await checkpoint(world)
    return head_of(note, await vkey_of(world))[0], note.partition("\n\n")[0] + "\n"


AT = int(NOW.timestamp())


async def test_the_line_of_a_registered_witness_is_kept_once_and_shown(world: World) -> None:
    await trust(world, WITNESS)
    size, text = await head_text(world)
    line = WITNESS.line(text, at=AT)
    for status in (201, 200):
        answer = await offer(world, size, line)
        assert (answer.status_code, answer.json()) == (status, {"omvang": size})
    again = WITNESS.line(text, at=AT - 60)
    assert (await offer(world, size, again)).status_code == 200
    note = await checkpoint(world)
    assert note.endswith(line)
    assert note.count("\u2014") == 2
    assert head_of(note, await vkey_of(world))[0] == size
    (newest, *_) = await cosigned_checkpoints(world.gateway, 10)
    assert (newest.size, newest.note) == (size, note)
    assert newest.cosigned_at == {WITNESS.name: NOW}
    await accepted(world)
    await world.seal()
    assert (await checkpoint(world)).count("\u2014") == 1


async def test_what_no_registered_witness_signed_is_refused_and_not_repeated(world: World) -> None:
    await trust(world, WITNESS)
    size, text = await head_text(world)
    stranger = Signer("gemeente.example/onbekend", 4, bytes(range(1, 33)))
    namesake = replace(stranger, name=WITNESS.name)
    good = WITNESS.line(text, at=AT)
    before = await world.everything()
    for omvang, line in (
        (size, stranger.line(text, at=AT)),
        (size, namesake.line(text, at=AT)),
        (size, WITNESS.line(text)),
        (size, WITNESS.line(text.replace(f"\n{size}\n", f"\n{size + 1}\n"), at=AT)),
        (size, WITNESS.line(text, at=AT + 3600)),
        (size, WITNESS.line(text, at=2**63)),
        (size - 1, good),
        (size + 1, good),
        (size, good + good),
        (size, good + "\n"),
        (size, f"{good}\u2014 x AAAAAA=="),
        (size, f"x{good}"),
        (size, good.replace("\u2014", "-")),
        (size, f"{WITNESS.name}"),
        (size, ""),
        (size, b"\xff\xfe"),
    ):
        answer = await offer(world, omvang, line)
        assert (answer.status_code, faults(answer)) == (400, [("", "waarde-ongeldig")])
        assert "gemeente.example" not in answer.text
    assert await world.everything() == before
    assert (await offer(world, size, good)).status_code == 201


async def test_a_revoked_witness_signs_nothing_any_more(world: World) -> None:
    await trust(world, WITNESS)
    size, text = await head_text(world)
    await world.execute("UPDATE log_witnesses SET revoked_at = now()")
    answer = await offer(world, size, WITNESS.line(text, at=AT))
    assert (answer.status_code, faults(answer)) == (400, [("", "waarde-ongeldig")])


async def test_a_line_that_is_no_text_or_no_line_is_refused(world: World) -> None:
    path = "/v1/logboek/cosignatures?omvang=1"
    for body, kind, expected in (
        (b"{}", "application/json", (415, "mediatype-niet-ondersteund")),
        (b"x" * 1025, "text/plain", (413, "te-groot")),
    ):
        answer = await world.call(None, "POST", path, body, content_type=kind)
        assert refusal(answer) == expected
    for omvang in ("", "x", "-1"):
        answer = await offer(world, omvang, "x")
        assert (answer.status_code, faults(answer)) == (400, [("/omvang", "waarde-ongeldig")])


# --- what the console shows ---


@asynccontextmanager
async def undone(world: World, *statements: str) -> AsyncIterator[None]:
    """Let statements hold for a while, and put back what they changed."""
    tables = ("log_tiles", "log_checkpoints")
    for table in tables:
        await world.execute(f"CREATE TABLE kept_{table} AS TABLE {table}")
    await world.execute(*statements)
    try:
        yield
    finally:
        await world.execute("DELETE FROM log_cosignatures")
        for table in tables:
            await world.execute(
                f"DELETE FROM {table}",  # noqa: S608  our own names
                f"INSERT INTO {table} TABLE kept_{table}",
                f"DROP TABLE kept_{table}",
            )


def officer(world: World) -> Onlooker:
    return Onlooker(world.gateway.directory().parties[OINS["fg"]], trace_of({}))


async def test_a_quick_look_says_how_the_log_stands(world: World) -> None:
    await world.stay_current()
    for _ in range(3):
        await accepted(world)
        await world.seal()
    size, _ = head_of(await checkpoint(world), await vkey_of(world))
    await accepted(world)
    with world.at(NOW + timedelta(seconds=7)):
        found = await integrity(officer(world), world.gateway)
    assert (found.size, found.waiting, found.first_fault) == (size, 1, None)
    assert (found.signed_at, found.lag_seconds) == (NOW, 7.0)
    assert found.checked >= 3
    look = (await world.log())[-1]
    assert (look.document["name"], look.actor) == ("integriteit-getoetst", OINS["fg"].reveal())


@pytest.mark.parametrize(
    ("tampering", "words"),
    [
        ("UPDATE log_checkpoints SET note = replace(note, ' ', '  ')", "handtekening"),
        ("UPDATE log_checkpoints SET root = sha256(root)", "dan is ondertekend"),
        ("UPDATE log_tiles SET hashes = sha256(hashes) || substr(hashes, 33)", "andere wortel"),
        ("UPDATE log_tiles SET hashes = substr(hashes, 1, 32)", "niet compleet"),
    ],
)
async def test_a_quick_look_finds_what_is_not_as_it_was_signed(
    world: World, tampering: str, words: str
) -> None:
    await world.stay_current()
    await accepted(world)
    await world.seal()
    async with undone(world, tampering):
        found = await integrity(officer(world), world.gateway)
        assert found.first_fault is not None
        assert words in found.first_fault
    assert (await integrity(officer(world), world.gateway)).first_fault is None


# --- when everybody asks at once ---


async def test_strangers_wait_for_each_other_and_nobody_waits_for_them(world: World) -> None:
    await world.seal()
    path = "/v1/logboek/cosignatures?omvang=1"
    turn = world.gateway.nobodys_turn
    async with AsyncExitStack() as held:
        while not turn.locked():
            await held.enter_async_context(turn)
        strangers = [
            asyncio.ensure_future(world.call(None, "GET", f"/v1/logboek/{below}"))
            for below in ("checkpoint", "consistentie?van=0&tot=1", "tile/0/000.p/1")
        ]
        line = world.call(None, "POST", path, b"x", content_type="text/plain")
        strangers.append(asyncio.ensure_future(line))
        bericht_id(await world.send(signaal(world.pupil())))
        assert not any(stranger.done() for stranger in strangers)
    answers = await asyncio.gather(*strangers)
    assert [answer.status_code for answer in answers] == [200, 200, 200, 400]


# --- when the sealer stands still ---


async def test_a_log_sealed_far_too_late_stops_acceptance_and_disclosure_until_it_is_sealed(
    world: World,
) -> None:
    lag = SealingLag(world.gateway.database, world.clock)
    stopped = world.over(sealing_lag=lag.seconds)
    await world.seal()
    receipt = await accepted(stopped)
    number, path = receipt["berichtId"], "/v1/vestigingen/99BB00/verzuimbeleid"

    async def refused() -> list[bool]:
        answers = [
            await stopped.send(signaal(world.pupil())),
            await stopped.call("las-noord", "PUT", path, BELEID),
            await stopped.call("las-noord", "GET", f"/v1/ontvangstbewijzen/{number}"),
            await stopped.call(OFFICER, "GET", f"/v1/berichten/{number}"),
            await stopped.call(OFFICER, "GET", "/v1/berichten"),
        ]
        for answer in answers:
            if not answer.is_success:
                assert refusal(answer) == (503, "logboek-onbeschikbaar")
                assert answer.headers["retry-after"]
        return [not answer.is_success for answer in answers]

    with world.at(NOW + timedelta(minutes=15)):
        await lag.refresh()
        assert not any(await refused())
    with world.at(NOW + timedelta(minutes=15, seconds=1)):
        await lag.refresh()
        assert all(await refused())
        before = await world.rows("SELECT count(*) FROM messages")
        assert all(await refused())
        assert await world.rows("SELECT count(*) FROM messages") == before
        for name, open_to_all in ((None, "/v1/sleutels"), (None, "/v1/logboek/checkpoint")):
            assert (await stopped.call(name, "GET", open_to_all)).status_code == 200
        early = await proof(stopped, "fg", receipt["logboek"]["entry"])
        assert refusal(early) == (409, "nog-niet-verzegeld")  # the FG can still look
        await world.seal()
        await lag.refresh()
        assert not any(await refused())


def test_a_stranger_needs_nothing_of_us() -> None:
    text = Path(__file__).parents[2].joinpath("stranger.py").read_text("utf-8")
    assert "exchange" not in text.replace("Exchange", "")
    assert "adapters" not in text
