"""What a recipient of figures gets: its own releases, in the form it asks for, and all logged."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.types import Message, Scope

from exchange.api.edge import SECURITY_HEADERS
from exchange.crypto.canonical import b64url
from exchange.crypto.opening import open_message
from exchange.crypto.sealing_keys import RecipientPrivateKey, generate_recipient_key
from exchange.pipeline.stages import Peer
from exchange.policy.parties import Dienst
from tests.integration.api.releases import (
    CSP,
    CSV,
    CSVW,
    DIGEST,
    HTML,
    JOSE,
    JSON,
    MEDIA,
    PARQUET,
    body_of,
    release,
    withdraw,
)
from tests.integration.api.test_outage import without_log
from tests.integration.api.world import (
    NOW,
    OINS,
    LogLine,
    WithPeer,
    World,
    but_for_instance,
    faults,
    refusal,
    steady,
)

COLLEGE, SWV, OCW = "college-0361", "swv-VO2703", "ocw"
FORMS = (JSON, CSV, PARQUET, HTML)
NOT_THEIRS = (*("leerplicht-0361", "las-noord", "school-99AA", "softwarehuis", "fg"),)
LISTED, FETCHED = "leveringen-ingezien", "levering-opgehaald"


async def get(
    world: World, name: str, nummer: int | str, accept: str = JSON, **headers: str
) -> httpx.Response:
    return await world.call(name, "GET", f"/v1/leveringen/{nummer}", accept=accept, **headers)


async def items(world: World, name: str, query: str = "?limit=500") -> list[dict[str, Any]]:
    answer = await world.call(name, "GET", f"/v1/leveringen{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["leveringen"]
    return found


async def new_records(world: World, before: set[object]) -> list[LogLine]:
    return [line for line in await world.log() if line.entry not in before]


async def entries(world: World) -> set[object]:
    return {line.entry for line in await world.log()}


def tag_of(body: bytes) -> str:
    return f'"{b64url(hashlib.sha256(body).digest())}"'


async def register_key(world: World, name: str) -> RecipientPrivateKey:
    private = RecipientPrivateKey.parse(generate_recipient_key())
    answer = await world.call(name, "PUT", "/v1/sleutel", dict(private.public_jwk))
    assert answer.status_code in {200, 201}, answer.text
    return private


# --- the list ---


async def test_an_empty_list_is_empty_and_leaves_no_record(world: World) -> None:
    before = await entries(world)
    for name in (COLLEGE, SWV, OCW):
        answer = await world.call(name, "GET", "/v1/leveringen")
        assert answer.json() == {"leveringen": [], "_links": {}}
    assert await new_records(world, before) == []


async def test_a_levering_is_listed_with_the_hash_of_each_of_its_own_files(world: World) -> None:
    nummer = await release(world, COLLEGE, OCW, stand="definitief")
    (item,) = [one for one in await items(world, COLLEGE) if one["nummer"] == nummer]
    bodies = {media: body_of(nummer, COLLEGE, media) for media in sorted(MEDIA)}
    assert item == {
        "nummer": nummer,
        "periode": "2026-09",
        "stand": "definitief",
        "vrijgegevenOp": "2026-11-18T10:00:00.000Z",
        "ingetrokkenOp": None,
        "drempel": 5,
        "certificaat": b64url(DIGEST),
        "manifest": f"manifest.of.{nummer}",
        "bestanden": [
            {"mediatype": media, "sha256": tag_of(body).strip('"'), "bytes": len(body)}
            for media, body in bodies.items()
        ],
    }


async def test_a_list_holds_exactly_the_releases_with_a_part_for_its_reader(world: World) -> None:
    mine, ours = await release(world, COLLEGE), await release(world, COLLEGE, SWV)
    theirs = await release(world, SWV, OCW)
    for name, there, absent in (
        (COLLEGE, {mine, ours}, {theirs}),
        (SWV, {ours, theirs}, {mine}),
        (OCW, {theirs}, {mine, ours}),
    ):
        listed = {item["nummer"] for item in await items(world, name)}
        assert there <= listed
        assert absent.isdisjoint(listed)


async def test_pages_hold_everything_once_and_newest_first(world: World) -> None:
    for _ in range(4):
        await release(world, SWV)
    everything = [item["nummer"] for item in await items(world, SWV)]
    assert everything == sorted(everything, reverse=True)
    namens = f"namens={OINS[SWV]}"
    shown, following = [], f"/v1/leveringen?limit=3&{namens}"
    while following:
        answer = await world.call(SWV, "GET", following)
        document = answer.json()
        assert 1 <= len(document["leveringen"]) <= 3
        shown += [item["nummer"] for item in document["leveringen"]]
        following = document["_links"].get("next", {}).get("href", "")
        assert not following or namens in following
    assert shown == everything


async def test_a_cursor_of_another_list_shows_nothing_of_others(world: World) -> None:
    for _ in range(2):
        await world.sent()
    await release(world, SWV)
    listed = await world.call("leerplicht-0361", "GET", "/v1/berichten?limit=1")
    cursor = listed.json()["_links"]["next"]["href"].partition("cursor=")[2]
    shown = await items(world, SWV, f"?limit=500&cursor={cursor}")
    assert shown == await items(world, SWV)
    wrong = await world.call(SWV, "GET", "/v1/leveringen?cursor=x")
    assert faults(wrong) == [("/cursor", "waarde-ongeldig")]


# --- forms ---


@pytest.mark.parametrize("media_type", [*FORMS, CSVW])
async def test_each_form_is_given_to_the_byte_as_it_was_stored(
    world: World, media_type: str
) -> None:
    nummer = await release(world, COLLEGE, SWV, OCW)
    below = "/csvw" if media_type == CSVW else ""
    endings = ("json", "csv", "parquet", "html", "csv-metadata.json")
    ending = dict(zip((*FORMS, CSVW), endings, strict=True))[media_type]
    for name in (COLLEGE, SWV, OCW):
        answer = await get(world, name, f"{nummer}{below}", media_type)
        body = body_of(nummer, name, media_type)
        assert (answer.status_code, answer.content) == (200, body)
        headers = answer.headers
        assert headers["content-type"].partition(";")[0] == media_type
        assert ("charset=utf-8" in headers["content-type"]) is media_type.startswith("text/")
        assert headers["etag"] == tag_of(body)
        assert headers["vary"] == "accept"
        assert headers["accept-ranges"] == "bytes"
        shown = "inline" if media_type == HTML else "attachment"
        named = f'{shown}; filename="levering-{nummer}-2026-09-voorlopig.{ending}"'
        assert headers["content-disposition"] == named
        policy = CSP if media_type == HTML else SECURITY_HEADERS["content-security-policy"]
        assert headers["content-security-policy"] == policy


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", JSON),
        ("", JSON),
        ("application/*", JSON),
        ("text/*", CSV),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML),
        ("application/json;q=0.5, text/csv", CSV),
        ("text/csv;q=0.2, text/html;q=0.3", HTML),
        ("text/csv, */*;q=0.1", CSV),
        ("*/*, application/json;q=0", CSV),
        ("application/*, application/json;q=0.1", PARQUET),
        ("TEXT/CSV", CSV),
        ("text/csv;charset=utf-8", CSV),
        ("application/xml, application/json;q=0.001", JSON),
    ],
)
async def test_the_accept_header_decides_which_form_is_given(
    world: World, accept: str, expected: str
) -> None:
    nummer = await release(world, COLLEGE)
    answer = await get(world, COLLEGE, nummer, accept)
    assert answer.content == body_of(nummer, COLLEGE, expected)


async def test_a_form_that_there_is_not_is_not_given(world: World) -> None:
    nummer = await release(world, COLLEGE)
    for accept in ("application/xml", "text/csv;q=0", "image/*", "application/csvm+json"):
        answer = await get(world, COLLEGE, nummer, accept)
        assert refusal(answer) == (406, "niet-aanvaardbaar")
    assert refusal(await get(world, COLLEGE, f"{nummer}/csvw")) == (406, "niet-aanvaardbaar")


async def test_the_csv_says_where_its_columns_are_described(world: World) -> None:
    nummer = await release(world, COLLEGE)
    answer = await get(world, COLLEGE, nummer, CSV)
    link = f'</v1/leveringen/{nummer}/csvw>; rel="describedby"; type="application/csvm+json"'
    assert answer.headers["link"] == link
    described = await world.call(COLLEGE, "GET", f"/v1/leveringen/{nummer}/csvw")
    assert described.content == body_of(nummer, COLLEGE, CSVW)
    for accept in (JSON, HTML, PARQUET):
        assert "link" not in (await get(world, COLLEGE, nummer, accept)).headers


# --- parts and repeats ---


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-9", 0, 10),
        ("bytes=5-", 5, None),
        ("bytes=-7", -7, None),
        ("bytes=-99999", 0, None),
        ("bytes=3-99999999999999999999", 3, None),
        ("BYTES=2-4", 2, 5),
    ],
)
async def test_a_part_is_given_with_its_place(
    world: World, asked: str, start: int, stop: int | None
) -> None:
    nummer = await release(world, COLLEGE)
    for media_type in FORMS:
        body = body_of(nummer, COLLEGE, media_type)
        answer = await get(world, COLLEGE, nummer, media_type, range=asked)
        first, last, _ = slice(start, stop).indices(len(body))
        assert (answer.status_code, answer.content) == (206, body[first:last])
        assert answer.headers["content-range"] == f"bytes {first}-{last - 1}/{len(body)}"
        assert answer.headers["etag"] == tag_of(body)
        assert int(answer.headers["content-length"]) == last - first


@pytest.mark.parametrize("asked", ["bytes=99999-", "bytes=5000-6000", "bytes=-0"])
async def test_a_part_behind_the_end_is_refused_with_the_size(world: World, asked: str) -> None:
    nummer = await release(world, COLLEGE)
    answer = await get(world, COLLEGE, nummer, range=asked)
    assert refusal(answer) == (416, "bereik-ongeldig")
    size = len(body_of(nummer, COLLEGE, JSON))
    assert answer.headers["content-range"] == f"bytes */{size}"


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,4-5", "bytes=5-2", "bytes=-", "bytes=", "regels=0-4", "0-4", "bytes=a-b", ""],
)
async def test_several_parts_or_no_part_at_all_is_everything(world: World, asked: str) -> None:
    nummer = await release(world, COLLEGE)
    answer = await get(world, COLLEGE, nummer, range=asked)
    assert (answer.status_code, answer.content) == (200, body_of(nummer, COLLEGE, JSON))
    assert "content-range" not in answer.headers


async def test_a_part_of_another_version_is_everything(world: World) -> None:
    nummer = await release(world, COLLEGE)
    body = body_of(nummer, COLLEGE, JSON)
    tag, other = tag_of(body), tag_of(body_of(nummer, COLLEGE, CSV))
    part = await get(world, COLLEGE, nummer, range="bytes=0-3", if_range=tag)
    assert (part.status_code, part.content) == (206, body[:4])
    for known in (other, f"W/{tag}", "Wed, 18 Nov 2026 10:00:00 GMT", tag.strip('"')):
        whole = await get(world, COLLEGE, nummer, range="bytes=0-3", if_range=known)
        assert (whole.status_code, whole.content) == (200, body)


async def test_a_download_goes_on_where_it_stopped(world: World) -> None:
    nummer = await release(world, OCW)
    first = await get(world, OCW, nummer, PARQUET, range="bytes=0-9")
    tag = first.headers["etag"]
    rest = await get(world, OCW, nummer, PARQUET, range="bytes=10-", if_range=tag)
    assert first.content + rest.content == body_of(nummer, OCW, PARQUET)


async def test_who_has_it_already_is_told_so_and_gets_nothing(world: World) -> None:
    nummer = await release(world, COLLEGE)
    body = body_of(nummer, COLLEGE, JSON)
    tag, other = tag_of(body), tag_of(body_of(nummer, COLLEGE, CSV))
    for known in (tag, f"W/{tag}", f"{other}, {tag}", "*", f"{tag},{other}"):
        answer = await get(world, COLLEGE, nummer, if_none_match=known, range="bytes=0-3")
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
        assert answer.headers["vary"] == "accept"
        assert "content-type" not in answer.headers
    for unknown in (other, "", tag.strip('"'), '"x"'):
        answer = await get(world, COLLEGE, nummer, if_none_match=unknown)
        assert (answer.status_code, answer.content) == (200, body)


@pytest.mark.parametrize("media_type", FORMS)
async def test_a_head_tells_what_a_get_tells_without_the_bytes(
    world: World, media_type: str
) -> None:
    nummer = await release(world, COLLEGE)
    path = f"/v1/leveringen/{nummer}"
    head = await world.call(COLLEGE, "HEAD", path, accept=media_type, range="bytes=0-3")
    got = await get(world, COLLEGE, nummer, media_type)
    assert (head.status_code, head.content) == (200, b"")
    assert steady(head) == steady(got)
    assert int(head.headers["content-length"]) == len(got.content)


# --- who ---


@pytest.mark.parametrize("name", NOT_THEIRS)
async def test_figures_are_for_nobody_else(world: World, name: str) -> None:
    nummer = await release(world, COLLEGE, SWV, OCW)
    for path in ("", f"/{nummer}", f"/{nummer}/csvw", "/999999"):
        answer = await world.call(name, "GET", f"/v1/leveringen{path}")
        assert refusal(answer) == (403, "geen-recht")


async def test_a_stranger_is_told_nothing(world: World) -> None:
    nummer = await release(world, OCW)
    for name in (None, "vreemde"):
        answer = await world.call(name, "GET", f"/v1/leveringen/{nummer}")
        assert refusal(answer) == (401, "niet-aangemeld")


@pytest.mark.parametrize("accept", [*FORMS, JOSE])
async def test_anothers_levering_looks_exactly_like_none(world: World, accept: str) -> None:
    theirs = await release(world, SWV, OCW)
    gone = await release(world, SWV, OCW)
    assert await withdraw(world, gone)
    unknown = but_for_instance(await get(world, COLLEGE, 999999, accept))
    assert (unknown[0], unknown[1]["code"]) == (404, "niet-gevonden")
    for nummer in (theirs, gone):
        assert but_for_instance(await get(world, COLLEGE, nummer, accept)) == unknown
    assert (await get(world, SWV, theirs)).status_code == 200


@pytest.mark.parametrize(
    "nummer", ["0", "-1", "+1", "01", "1.0", "x", "%20", "1%20", "%D9%A1", "9" * 10, "9" * 5000]
)
async def test_what_cannot_be_a_number_is_not_found(world: World, nummer: str) -> None:
    for below in ("", "/csvw"):
        answer = await world.call(OCW, "GET", f"/v1/leveringen/{nummer}{below}")
        assert refusal(answer) == (404, "niet-gevonden")


async def test_a_software_house_collects_for_whom_it_names(world: World) -> None:
    nummer = await release(world, COLLEGE)
    swv_only = await release(world, SWV)
    principals = (COLLEGE, SWV)
    for name in principals:
        await world.mandate("softwarehuis", OINS[name].reveal(), dienst=Dienst.ONTVANGEN)
    try:
        namens = f"namens={OINS[COLLEGE]}"
        answer = await world.call("softwarehuis", "GET", f"/v1/leveringen?{namens}")
        assert nummer in [item["nummer"] for item in answer.json()["leveringen"]]
        path = f"/v1/leveringen/{nummer}?{namens}"
        got = await world.call("softwarehuis", "GET", path, accept=CSV)
        assert got.content == body_of(nummer, COLLEGE, CSV)
        described = got.headers["link"].partition(">")[0].strip("<")
        sidecar = await world.call("softwarehuis", "GET", described)
        assert sidecar.content == body_of(nummer, COLLEGE, CSVW)
        line = (await world.log())[-1]
        house, principal = str(OINS["softwarehuis"]), str(OINS[COLLEGE])
        assert (line.actor, line.recipient) == (house, principal)
        assert line.document["namens"] == principal
        for path in (f"/v1/leveringen/{nummer}", f"/v1/leveringen/{nummer}?namens={OINS[OCW]}"):
            refused = await world.call("softwarehuis", "GET", path)
            assert refusal(refused) == (403, "geen-mandaat")
        other = await world.call("softwarehuis", "GET", f"/v1/leveringen/{swv_only}?{namens}")
        assert refusal(other) == (404, "niet-gevonden")
    finally:
        for name in principals:
            oin = OINS[name].reveal()
            await world.end_mandate("softwarehuis", oin, Dienst.ONTVANGEN)


# --- withdrawal ---


async def test_a_withdrawn_levering_is_gone_in_every_form_and_says_so_in_the_list(
    world: World,
) -> None:
    await register_key(world, COLLEGE)
    nummer = await release(world, COLLEGE)
    tag = (await get(world, COLLEGE, nummer)).headers["etag"]
    assert (await get(world, COLLEGE, nummer, JOSE)).status_code == 200
    with world.at(NOW + timedelta(hours=1)):
        assert await withdraw(world, nummer)
        assert not await withdraw(world, nummer)
    for accept in (*FORMS, JOSE):
        answer = await get(world, COLLEGE, nummer, accept, if_none_match=tag)
        assert refusal(answer) == (410, "levering-ingetrokken")
        path = f"/v1/leveringen/{nummer}"
        head = await world.call(COLLEGE, "HEAD", path, accept=accept)
        assert head.status_code == 410
    described = await get(world, COLLEGE, f"{nummer}/csvw", CSVW)
    assert refusal(described) == (410, "levering-ingetrokken")
    (item,) = [one for one in await items(world, COLLEGE) if one["nummer"] == nummer]
    assert item["ingetrokkenOp"] == "2026-11-18T11:00:00.000Z"


# --- the sealed form ---


async def test_the_sealed_form_opens_with_the_recipients_key_to_the_same_json(
    world: World,
) -> None:
    private = await register_key(world, COLLEGE)
    nummer = await release(world, COLLEGE)
    answer = await get(world, COLLEGE, nummer, JOSE)
    assert (answer.status_code, answer.headers["content-type"]) == (200, JOSE)
    assert answer.headers["etag"] == tag_of(answer.content)
    assert answer.headers["content-disposition"].endswith('-voorlopig.jose"')
    jwks = list(world.gateway.keys.public_keys())
    opened = open_message(answer.text, OINS[COLLEGE], [private], jwks)
    assert opened.content == (await get(world, COLLEGE, nummer)).json()
    assert (opened.rid, opened.purpose) == (str(nummer), "leveringen/1")
    assert (opened.recipient, opened.issued_at) == (OINS[COLLEGE], NOW)


async def test_the_sealed_form_is_made_once_for_each_key(world: World) -> None:
    await register_key(world, SWV)
    nummer = await release(world, SWV)
    answers = await asyncio.gather(*(get(world, SWV, nummer, JOSE) for _ in range(5)))
    first = answers[0].content
    assert {answer.content for answer in answers} == {first}
    part = await get(world, SWV, nummer, JOSE, range="bytes=0-99")
    assert (part.status_code, part.content) == (206, first[:100])
    head = await world.call(SWV, "HEAD", f"/v1/leveringen/{nummer}", accept=JOSE)
    assert int(head.headers["content-length"]) == len(first)
    private = await register_key(world, SWV)
    again = await get(world, SWV, nummer, JOSE)
    assert again.content != first
    jwks = list(world.gateway.keys.public_keys())
    opened = open_message(again.text, OINS[SWV], [private], jwks)
    assert opened.content == (await get(world, SWV, nummer)).json()


async def test_without_a_key_there_is_no_sealed_form(world: World) -> None:
    nummer = await release(world, OCW)
    answer = await get(world, OCW, nummer, JOSE)
    assert refusal(answer) == (409, "ontvanger-niet-aangesloten")
    assert (await get(world, OCW, nummer)).status_code == 200


# --- the log ---


async def test_a_download_is_one_record_that_says_which_form(world: World) -> None:
    nummer = await release(world, COLLEGE)
    for media_type in FORMS:
        before = await entries(world)
        await get(world, COLLEGE, nummer, media_type)
        (line,) = await new_records(world, before)
        assert line.activity == "leveringen/1"
        assert line.document["name"] == FETCHED
        assert line.document["toegangspunt"] == f"x5t-of-{COLLEGE}"
        said = {"leveringen": [nummer], "mediatype": media_type}
        assert line.document["bijzonderheden"] == said
        assert (line.actor, line.recipient) == (str(OINS[COLLEGE]),) * 2
        assert line.links == ()


async def test_a_part_is_a_download_and_says_which_bytes(world: World) -> None:
    nummer = await release(world, COLLEGE)
    before = await entries(world)
    await get(world, COLLEGE, nummer, range="bytes=2-5")
    (line,) = await new_records(world, before)
    assert line.document["name"] == FETCHED
    said = {"leveringen": [nummer], "mediatype": JSON, "bytes": [2, 5]}
    assert line.document["bijzonderheden"] == said


async def test_a_list_names_exactly_what_was_shown(world: World) -> None:
    for _ in range(3):
        await release(world, COLLEGE)
    before = await entries(world)
    shown = [item["nummer"] for item in await items(world, COLLEGE, "?limit=2")]
    (line,) = await new_records(world, before)
    assert line.document["name"] == LISTED
    assert line.document["bijzonderheden"] == {"leveringen": shown}


async def test_what_gives_no_byte_is_recorded_as_a_look(world: World) -> None:
    nummer = await release(world, COLLEGE)
    tag, path = tag_of(body_of(nummer, COLLEGE, CSV)), f"/v1/leveringen/{nummer}"
    before = await entries(world)
    await world.call(COLLEGE, "HEAD", path, accept=CSV)
    assert (await get(world, COLLEGE, nummer, CSV, if_none_match=tag)).status_code == 304
    lines = await new_records(world, before)
    assert [line.document["name"] for line in lines] == [LISTED, LISTED]
    said = {"leveringen": [nummer], "mediatype": CSV}
    assert [line.document["bijzonderheden"] for line in lines] == [said, said]


async def test_a_refusal_is_recorded_as_nothing_but_that(world: World) -> None:
    nummer = await release(world, COLLEGE)
    before = await entries(world)
    for answer in (
        await get(world, SWV, nummer),
        await get(world, COLLEGE, nummer, range="bytes=99999-"),
        await get(world, COLLEGE, nummer, "application/xml"),
    ):
        assert answer.status_code in {404, 406, 416}
    documents = [line.document for line in await new_records(world, before)]
    assert {document["name"] for document in documents} == {"verzoek-geweigerd"}
    codes = ["niet-gevonden", "bereik-ongeldig", "niet-aanvaardbaar"]
    assert [document["code"] for document in documents] == codes


async def test_the_record_is_there_before_the_first_byte_leaves(world: World) -> None:
    nummer = await release(world, COLLEGE)
    before = await entries(world)
    at_the_first_byte: list[str] = []

    async def send(message: Message) -> None:
        if not at_the_first_byte:
            lines = await new_records(world, before)
            at_the_first_byte.extend(line.document["name"] for line in lines)
        assert message["type"].startswith("http.response")

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    await world.stay_current()
    scope: Scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "https", "path": f"/v1/leveringen/{nummer}", "raw_path": b"", "root_path": "",
        "query_string": b"", "headers": [], "server": ("gateway", 443),
    }  # fmt: skip
    peer = Peer(OINS[COLLEGE], f"x5t-of-{COLLEGE}")
    await WithPeer(world.app, peer)(scope, receive, send)
    assert at_the_first_byte == [FETCHED]


@pytest.mark.parametrize("accept", [*FORMS, JOSE])
async def test_what_cannot_be_logged_is_not_given(world: World, accept: str) -> None:
    await register_key(world, COLLEGE)
    nummer = await release(world, COLLEGE)
    before = await world.everything()
    async with without_log(world):
        for path in ("", f"/{nummer}"):
            answer = await world.call(
                COLLEGE, "GET", f"/v1/leveringen{path}", accept=accept if path else JSON
            )
            assert refusal(answer) == (503, "logboek-onbeschikbaar")
        head = await world.call(COLLEGE, "HEAD", f"/v1/leveringen/{nummer}", accept=accept)
        assert (head.status_code, "etag" in head.headers) == (503, False)
        assert await world.everything() == before
    assert (await get(world, COLLEGE, nummer, accept)).status_code == 200
