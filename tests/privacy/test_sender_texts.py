"""What a sender puts where nobody asked for it goes no further: headers and queries are texts."""

from __future__ import annotations

import json

import pytest

from tests.integration.api.world import BELEID, World, bericht_id, signaal
from tests.persons import bsn, onderwijsnummer

PUPIL = bsn(90).reveal()
NO_PGN = "999970001"  # fails the elfproef
RANDOM_TRACE, RANDOM_SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture(scope="module", autouse=True)
async def messages(connected: World) -> None:
    """A few messages, so that every list has more than one page."""
    for number in range(91, 95):
        bericht_id(await connected.send(signaal(bsn(number))))


async def traces(world: World, traceparent: str) -> tuple[str, dict[str, str]]:
    """Ask in vain, then with success; give the reference number and what the log keeps."""
    refused = await world.call(None, "GET", "/v1/berichten", traceparent=traceparent)
    listed = await world.call("leerplicht-0361", "GET", "/v1/berichten", traceparent=traceparent)
    assert listed.status_code == 200
    async with world.database.raw() as conn:
        leaf = await conn.fetchval("SELECT leaf FROM log_records ORDER BY entry DESC LIMIT 1")
    return str(refused.json()["instance"]), json.loads(leaf)


@pytest.mark.parametrize(
    "traceparent",
    [
        f"00-{PUPIL:0>32}-{RANDOM_SPAN}-01",
        f"00-{PUPIL:a<32}-{RANDOM_SPAN}-01",
        f"00-{onderwijsnummer(90).reveal():0>32}-{RANDOM_SPAN}-01",
        f"00-{PUPIL.encode().hex():0>32}-{RANDOM_SPAN}-01",
        f"00-{RANDOM_TRACE}-{PUPIL:0>16}-01",
    ],
)
async def test_a_trace_in_which_a_pgn_can_be_read_is_begun_anew(
    world: World, traceparent: str
) -> None:
    instance, leaf = await traces(world, traceparent)
    trace_id = traceparent.split("-")[1]
    assert instance.replace("-", "") != f"urn:uuid:{trace_id}"
    assert leaf["trace_id"] != trace_id
    assert "parent_span_id" not in leaf
    assert PUPIL not in json.dumps(leaf)


@pytest.mark.parametrize("trace_id", [RANDOM_TRACE, f"{NO_PGN:a<32}"])
async def test_any_other_trace_is_continued(world: World, trace_id: str) -> None:
    instance, leaf = await traces(world, f"00-{trace_id}-{RANDOM_SPAN}-01")
    assert instance.replace("-", "") == f"urn:uuid:{trace_id}"
    assert (leaf["trace_id"], leaf["parent_span_id"]) == (trace_id, RANDOM_SPAN)


@pytest.mark.parametrize(
    ("caller", "path", "kept"),
    [
        ("leerplicht-0361", "/v1/berichten?limit=1&status=nieuw", "limit=1"),
        ("las-noord", "/v1/ontvangstbewijzen?limit=1&vestigingscode=99BB00", "99BB00"),
    ],
)
async def test_the_link_to_the_next_page_repeats_only_what_the_list_was_asked(
    world: World, caller: str, path: str, kept: str
) -> None:
    for extra in (
        f"pgn={PUPIL}",
        f"{PUPIL}=1",
        f"periode={PUPIL}&periode=2026-11",
        f"limit={PUPIL}",
    ):
        asked = path.replace("?", f"?{extra}&")
        answer = await world.call(caller, "GET", asked)
        assert answer.status_code == 200, answer.text
        link = answer.json()["_links"]["next"]["href"]
        assert PUPIL not in answer.text
        assert kept in link
        following = await world.call(caller, "GET", link)
        assert following.status_code == 200
        assert following.text != answer.text


@pytest.mark.parametrize("member", ["redenen", "signaalcriteria", "elementen"])
@pytest.mark.parametrize(
    ("code", "refused"), [(f"P_{PUPIL}", True), (f"P{PUPIL}7", True), (f"P_{NO_PGN}", False)]
)
async def test_a_schools_own_code_in_which_a_pgn_can_be_read_is_refused(
    world: World, member: str, code: str, refused: bool
) -> None:
    as_sent: dict[str, object] = {
        "redenen": {"code": code, "categorie": "geoorloofd"},
        "signaalcriteria": {"code": code},
        "elementen": code,
    }
    path = "/v1/vestigingen/99BB01/verzuimbeleid"
    answer = await world.call("las-noord", "PUT", path, {**BELEID, member: [as_sent[member]]})
    if not refused:
        assert answer.status_code == 201, answer.text
        return
    assert answer.status_code == 400
    (fault,) = answer.json()["fouten"]
    assert (fault["pointer"], fault["code"]) == (f"/{member}", "pgn-in-vrije-tekst")
    assert PUPIL not in answer.text
