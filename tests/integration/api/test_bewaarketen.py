"""The chain of custody of a message: seen by whom it concerns, and provable without the gateway."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from adapters.keys.memory import MemoryKeyProvider
from exchange.accountability.checkpoint import checkpoint_vkey, origin_of
from exchange.crypto.canonical import b64url, canonical
from exchange.crypto.verify_log import (
    NotProven,
    Proven,
    Trust,
    leaf_hash,
    main,
    read_checkpoint,
    read_vkey,
    verify_custody,
)
from exchange.pipeline.custody import custody
from exchange.pipeline.onlooker import Onlooker
from exchange.telemetry.trace import trace_of
from tests.integration.api.world import OINS, World

OFFICER = "leerplicht-0361"
SENDER = "las-noord"


async def handled(world: World) -> str:
    """A message that was fetched, acknowledged and reported on; sealed."""
    number = await world.sent()
    await world.collect(OFFICER, number)
    assert (await world.report(OFFICER, number, status="in-behandeling")).status_code == 201
    await world.seal()
    return number


async def chain(world: World, number: str, caller: str) -> dict[str, Any]:
    answer = await world.call(caller, "GET", f"/v1/berichten/{number}/bewaarketen")
    assert answer.status_code == 200, answer.text
    bundle: dict[str, Any] = answer.json()
    return bundle


def key(world: World) -> str:
    return checkpoint_vkey(origin_of(world.gateway.oin), world.gateway.keys)


def proven(world: World, bundle: dict[str, Any]) -> Proven:
    """What a stranger finds, with keys that it kept itself."""
    kept = world.gateway.keys.public_keys()
    return verify_custody(bundle, Trust(read_vkey(key(world)), None, (), kept))


def names(bundle: dict[str, Any]) -> list[str]:
    return [json.loads(base64.b64decode(line["blad"]))["name"] for line in bundle["regels"]]


HANDLED = [
    "bericht-aangenomen",
    "bericht-opgehaald",
    "bericht-bevestigd",
    "behandeling-teruggemeld",
]


@pytest.mark.parametrize("caller", [SENDER, OFFICER, "fg"])
async def test_who_it_concerns_gets_a_chain_that_proves_itself(world: World, caller: str) -> None:
    number = await handled(world)
    bundle = await chain(world, number, caller)
    assert proven(world, bundle).facts["regels"] == 4
    assert names(bundle) == HANDLED


@pytest.mark.parametrize("caller", ["las-zuid", "leerplicht-0599", "college-0361", "ocw"])
async def test_to_others_the_message_does_not_exist(world: World, caller: str) -> None:
    number, unknown = await handled(world), uuid4()
    there = await world.call(caller, "GET", f"/v1/berichten/{number}/bewaarketen")
    never = await world.call(caller, "GET", f"/v1/berichten/{unknown}/bewaarketen")
    assert there.status_code == never.status_code == 404
    assert {**there.json(), "instance": ""} == {**never.json(), "instance": ""}


async def test_every_look_stands_in_the_next_chain(world: World) -> None:
    number = await handled(world)
    await chain(world, number, "fg")
    await world.seal()
    assert names(await chain(world, number, SENDER)) == [*HANDLED, "bewaarketen-ingezien"]


async def test_what_is_not_sealed_yet_is_named_and_not_proven(world: World) -> None:
    number = await handled(world)
    await chain(world, number, "fg")
    bundle = await chain(world, number, SENDER)
    assert len(bundle["wachtend"]) == 1
    assert any("nog niet verzegeld" in remark for remark in proven(world, bundle).remarks)


async def test_right_after_the_acceptance_it_is_too_early(world: World) -> None:
    await world.seal()
    number = await world.sent()
    answer = await world.call(SENDER, "GET", f"/v1/berichten/{number}/bewaarketen")
    assert (answer.status_code, answer.json()["code"]) == (409, "nog-niet-verzegeld")
    assert answer.headers["retry-after"]


async def test_only_the_school_sees_the_hash_of_what_it_sent(world: World) -> None:
    number = await handled(world)
    assert {"zout", "inhoudshash"} <= set((await chain(world, number, SENDER))["feiten"])
    for caller in (OFFICER, "fg"):
        assert not {"zout", "inhoudshash"} & set((await chain(world, number, caller))["feiten"])


async def test_a_recipient_is_told_of_its_own_stream_alone(world: World) -> None:
    number = await handled(world)
    bundle, all_of_it = await chain(world, number, OFFICER), await chain(world, number, "fg")
    assert [stream["rol"] for stream in bundle["feiten"]["stromen"]] == ["leerplicht"]
    assert {clause["rol"] for clause in bundle["noodzaak"]} == {"leerplicht"}
    roles = {"leerplicht", "college", "swv", "ocw"}
    assert {stream["rol"] for stream in all_of_it["feiten"]["stromen"]} == roles
    assert {clause["rol"] for clause in all_of_it["noodzaak"]} == roles


async def test_a_refused_message_is_known_to_be_erased(world: World) -> None:
    number = await world.sent()
    await world.download(OFFICER, number)
    await world.answer(OFFICER, number, uitkomst="geweigerd", reden="NIET_WOONACHTIG")
    await world.seal()
    bundles = [await chain(world, number, caller) for caller in (SENDER, "fg")]
    for bundle in bundles:
        (parcel,) = bundle["wissing"]
        assert (parcel["status"], "gewistOp" in parcel) == ("geweigerd", True)
        assert proven(world, bundle).facts["regels"] >= 3


async def test_the_fg_still_sees_the_chain_of_a_message_that_is_erased(world: World) -> None:
    number = await handled(world)
    await world.execute(f"DELETE FROM messages WHERE bericht_id = '{number}'")  # noqa: S608  ours
    bundle = await chain(world, number, "fg")
    assert proven(world, bundle).facts["regels"] == 4
    assert (bundle["feiten"]["gewist"], bundle["wissing"]) == (True, [])
    for caller in (SENDER, OFFICER):
        answer = await world.call(caller, "GET", f"/v1/berichten/{number}/bewaarketen")
        assert answer.status_code == 404


async def test_the_file_is_proven_by_the_one_file_program(world: World, tmp_path: Path) -> None:
    number = await handled(world)
    answer = await world.call(SENDER, "GET", f"/v1/berichten/{number}/bewaarketen")
    keys = await world.call(None, "GET", "/v1/sleutels")
    for name, content in {"keten.json": answer.content, "sleutels.json": keys.content}.items():
        (tmp_path / name).write_bytes(content)
    arguments = [str(tmp_path / "keten.json"), "--vkey", key(world)]
    assert main([*arguments, "--keys", str(tmp_path / "sleutels.json")]) == 0
    (tmp_path / "keten.json").write_bytes(answer.content.replace(b"bevestigd", b"ingetrokken"))
    assert main(arguments) == 1


async def test_a_chain_in_which_anything_was_changed_is_refused(world: World) -> None:
    number = await handled(world)
    bundle = await chain(world, number, SENDER)
    for name in bundle:
        without = {member: value for member, value in bundle.items() if member != name}
        with pytest.raises(NotProven):
            proven(world, without)
    changes: list[dict[str, Any]] = [
        {"peildatum": "2026-01-01T00:00:00.000Z"},
        {"regels": bundle["regels"][1:]},
        {"regels": bundle["regels"][::-1]},
        {"regels": bundle["regels"] + bundle["regels"][:1]},
        {"wissing": []},
        {"noodzaak": []},
        {"feiten": {**bundle["feiten"], "ontvangenOp": "2026-01-01T00:00:00.000Z"}},
        {"berichtId": str(uuid4())},
        {"iets": 1},
    ]
    for change in changes:
        with pytest.raises(NotProven):
            proven(world, {**bundle, **change})


def forged(bundle: dict[str, Any], kid: str | None = None, **changes: object) -> dict[str, Any]:
    """Sign another chain with a key of one's own, under the name of the gateway's if given."""
    keys = MemoryKeyProvider()
    (jwk,) = keys.public_keys()
    changed = {**bundle, **changes, "sleutels": [jwk | {"kid": kid or jwk["kid"]}]}
    del changed["handtekening"]
    header = {"alg": "ES256", "kid": kid or jwk["kid"], "typ": "bewaarketen+jws"}
    head = b64url(canonical(header))
    signature = b64url(keys.sign(f"{head}.{b64url(canonical(changed))}".encode()))
    return {**changed, "handtekening": f"{head}..{signature}"}


async def test_a_chain_that_somebody_else_signed_never_proves_facts_or_completeness(
    world: World,
) -> None:
    bundle = await chain(world, await handled(world), SENDER)
    trust = Trust(read_vkey(key(world)))
    facts = {**bundle["feiten"], "ontvangenOp": "2026-01-01T00:00:00.000Z"}
    for changes in ({"regels": bundle["regels"][:1]}, {"feiten": facts}):
        with pytest.raises(NotProven, match="de naam volgt uit de sleutel"):
            verify_custody(forged(bundle, world.gateway.keys.signing_kid(), **changes), trust)
        other = forged(bundle, **changes)
        assert "volledigheid zijn NIET bewezen (geef --keys)" in verify_custody(other, trust).what
        with pytest.raises(NotProven, match="is onbekend"):
            proven(world, other)
    assert "NIET bewezen" not in proven(world, bundle).what


async def test_a_chain_without_texts_says_what_it_does_not_prove(world: World) -> None:
    bundle = await chain(world, await handled(world), SENDER)
    bare = [{name: line[name] for name in line if name != "blad"} for line in bundle["regels"]]
    for line, full in zip(bare, bundle["regels"], strict=True):
        line["bladhash"] = base64.b64encode(leaf_hash(base64.b64decode(full["blad"]))).decode()
    found = verify_custody(forged(bundle, regels=bare), Trust(read_vkey(key(world))))
    assert any(f"van {len(bare)} regels is de tekst er niet" in said for said in found.remarks)


async def test_a_chain_of_another_log_is_refused(world: World) -> None:
    number = await handled(world)
    bundle = await chain(world, number, "fg")
    other = read_checkpoint(bundle["checkpoint"], read_vkey(key(world)))
    assert other.size == bundle["omvang"]
    with pytest.raises(NotProven):
        verify_custody(bundle, Trust(read_vkey(key(world)), None, (), ()))
    stranger = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    with pytest.raises(NotProven):
        verify_custody(bundle, Trust(read_vkey(stranger)))


async def test_the_chain_extends_a_head_that_the_school_kept(world: World) -> None:
    await world.sent()
    await world.seal()
    kept = read_checkpoint(
        (await world.call(SENDER, "GET", "/v1/logboek/checkpoint")).text, read_vkey(key(world))
    )
    number = await handled(world)
    bundle = await chain(world, number, SENDER)
    path = f"/v1/logboek/consistentie?van={kept.size}&tot={bundle['omvang']}"
    growth = (await world.call(SENDER, "GET", path)).json()
    published = world.gateway.keys.public_keys()
    verify_custody(bundle, Trust(read_vkey(key(world)), kept, [growth], published))
    with pytest.raises(NotProven, match="consistentie"):
        verify_custody(bundle, Trust(read_vkey(key(world)), kept, (), published))


async def test_the_steps_tell_the_same_in_order(world: World) -> None:
    number = await handled(world)
    party = world.gateway.directory().parties[OINS["fg"]]
    found = await custody(Onlooker(party, trace_of({})), UUID(number), world.gateway)
    assert [step.wat for step in found.steps] == HANDLED
    assert all(step.plaats is not None for step in found.steps)
    assert {view.rol for view in found.views} == {"leerplicht", "college", "swv", "ocw"}
    assert (found.afzender, found.ingetrokken_op) == (str(OINS[SENDER]), None)
