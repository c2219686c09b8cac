"""Whatever bytes come in, at any route: an answer of ours, 2xx or 4xx, that repeats nothing."""

# ruff: noqa: E501  tables of odd things are wide

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from tests import pure
from tests.fuzz.effort import fuzzed
from tests.fuzz.hard import MARK, ODD_BODIES, bodies, texts
from tests.fuzz.knocking import Doorstep, Header, require_decent
from tests.integration.api.world import BELEID, KALENDER

JSON = (b"content-type", b"application/json")
NDJSON = (b"content-type", b"application/x-ndjson")
ID = "01a10000-0000-7000-8000-000000000001"
_SCHOOL = "/v1/vestigingen/99BB00"
_COUNTS = {"leerlingen": 100, "geplandeMinutenPerLeerling": 6000}
REGISTRATION: dict[str, Any] = {
    "vestigingscode": "99BB00", "registratieId": "r-1", "pgn": "999970008",
    "datum": "2026-11-17", "minuten": 50, "categorie": "ongeoorloofd",
}  # fmt: skip
_EC = {
    "kty": "EC", "crv": "P-256", "use": "enc",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}  # fmt: skip
_RSA = {"kty": "RSA", "n": "u" * 512, "e": "AQAB"}


@dataclass(frozen=True)
class Entrance:
    """A call that takes a body, who may make it, and bodies that it understands."""

    method: str
    path: str
    caller: str
    good: tuple[dict[str, Any], ...]


ENTRANCES = (
    Entrance("POST", "/v1/signalen", "las-noord", (pure.signaal(),)),
    Entrance("POST", "/v1/verzuimmeldingen", "las-noord", (pure.verzuimmelding(),)),
    Entrance("POST", "/v1/verzuimregistraties", "las-noord", (REGISTRATION,)),
    Entrance("PUT", f"{_SCHOOL}/verzuimbeleid", "las-noord", (BELEID,)),
    Entrance("PUT", f"{_SCHOOL}/schoolkalenders/2026-2027", "las-noord", (KALENDER,)),
    Entrance("PUT", f"{_SCHOOL}/leerlingaantallen/2026-10", "las-noord", (_COUNTS,)),
    Entrance(
        "PUT",
        f"{_SCHOOL}/schoolcijfers/2026-10",
        "las-noord",
        ({
            "geoorloofdeMinuten": 100, "ongeoorloofdeMinuten": 50,
            "leerlingenMetOngeoorloofdVerzuim": 6, "trede1": 6, "trede2": 0, "trede3": 0,
        },),
    ),
    Entrance("POST", f"/v1/berichten/{ID}/intrekkingen", "las-noord", ({"reden": "onjuist"},)),
    Entrance(
        "POST",
        f"/v1/berichten/{ID}/bevestigingen",
        "leerplicht-0361",
        ({"uitkomst": "geweigerd", "reden": "NIET_WOONACHTIG"},),
    ),
    Entrance(
        "POST",
        f"/v1/berichten/{ID}/terugmeldingen",
        "leerplicht-0361",
        ({"status": "afgesloten", "afsluitreden": "OVERIG"},),
    ),
    Entrance("PUT", "/v1/sleutel", "leerplicht-0772", (_EC, _RSA)),
    Entrance(
        "POST", "/v1/inzageverzoeken", "fg", ({"pgn": "999970008", "reden": "INZAGEVERZOEK"},)
    ),
    Entrance(
        "POST",
        "/v1/logregels/_zoek",
        "fg",
        ({"van": "2026-11-01", "tot": "2026-11-18", "activiteit": "signaal-leerplicht/1"},),
    ),
)  # fmt: skip

_ODD_HEADERS = st.one_of(
    st.sampled_from(
        [
            b"", b"*", b"*/*", b"*/*;q=0", b"application/json;q=0.0001", b";;;", b",,,", b"a" * 4000,
            MARK.encode(), b"\xff\xfe", b"\x00", b"application/json, */*;q=1.0000",
            b"application/jose", b"gzip, gzip", b"br", b"identity;q=0", b"bytes=0-", b"bytes=-0",
            b"bytes=" + b"0-1," * 500, b"bytes=" + b"9" * 99 + b"-", b'W/"x"', b'"', b"*, *",
            b"00-" + b"f" * 32 + b"-" + b"f" * 16 + b"-01", b"00-" + b"0" * 32, b"ff-x-y-z",
            b"[", b"a:b:c", b":" + b"A" * 200 + b":", b"::", b"application/json; charset=utf-8; x=y", b"999970008",
        ]
    ),
    st.binary(max_size=30),
    texts.map(lambda text: text.encode("utf-8", "replace")),
)  # fmt: skip
_NAMES = st.sampled_from(
    [
        b"accept", b"content-type", b"content-encoding", b"range", b"if-none-match", b"if-match",
        b"traceparent", b"tracestate", b"client-cert", b"client-cert-chain", b"idempotency-key",
        b"host", b"authorization", b"origin", b"x-forwarded-for", b"content-length", b"cookie", b"if-range",
    ]
)  # fmt: skip
headers = st.lists(st.tuples(_NAMES, _ODD_HEADERS), max_size=4)
_PARAMETERS = st.sampled_from(
    ["namens", "valideer", "cursor", "limit", "vestigingscode", "periode", "status", "op", "van",
     "tot", "omvang", "Valideer", MARK, ""]
)  # fmt: skip
_VALUES = st.one_of(
    texts, st.sampled_from(["true", "1", "500", "501", "0", "2026-09", "99BB00", ID, "nieuw"])
)
queries = st.one_of(
    st.binary(max_size=30),
    st.lists(st.tuples(_PARAMETERS, _VALUES), max_size=3).map(
        lambda pairs: "&".join(f"{n}={quote(v, errors='replace')}" for n, v in pairs).encode()
    ),
)
segments = st.one_of(
    texts,
    st.sampled_from(
        ["99BB00", "2026-10", "2026-2027", ID, ID.upper(), ID.replace("-", ""), f"{{{ID}}}", "1",
         "0", "01", "999999999", "9999999999", "verwerking", "x000/000", "000.p/1", "63", "64"]
    ),
)  # fmt: skip
_READING = (
    "/v1/berichten", "/v1/berichten/{}", "/v1/berichten/{}/bewaarketen", "/v1/codelijsten",
    "/v1/drempelmeldingen", "/v1/vestigingen/{}/leerlingaantallen/{}", "/v1/leveringen",
    "/v1/leveringen/{}", "/v1/leveringen/{}/csvw", "/v1/logboek/checkpoint",
    "/v1/logboek/entries/{}/bewijs", "/v1/logboek/consistentie", "/v1/logboek/tile/{}/{}",
    "/v1/noodzaak", "/v1/ontvangstbewijzen", "/v1/ontvangstbewijzen/{}",
    "/v1/vestigingen/{}/schoolcijfers/{}", "/v1/vestigingen/{}/schoolkalenders/{}", "/v1/sleutels",
    "/v1/terugmeldingen", "/v1/verwerkingsactiviteiten", "/v1/verwerkingsactiviteiten/{}/{}",
    "/v1/vestigingen/{}/verzuimbeleid", "/v1/openapi.json", "/v1/{}", "/{}",
)  # fmt: skip
_CALLERS = st.sampled_from([None, "las-noord", "school-99AA", "leerplicht-0361", "ocw", "fg"])


@fuzzed(220)
@given(data=st.data())
async def test_a_body_is_taken_or_refused_and_never_repeated(
    door: Doorstep, data: st.DataObject
) -> None:
    entrance = data.draw(st.sampled_from(ENTRANCES))
    body = data.draw(bodies(entrance.good))
    odd = data.draw(st.one_of(st.just([]), headers))
    own: list[Header] = [] if any(name == b"content-type" for name, _ in odd) else [JSON]
    key = door.key()
    if not any(name == b"idempotency-key" for name, _ in odd):
        own.append((b"idempotency-key", key))
    query = data.draw(st.sampled_from([b"", b"", b"valideer=true"]))
    path = entrance.path
    heard = await door.knock(entrance.caller, entrance.method, path, query, [*own, *odd], [body])
    require_decent(heard)


@fuzzed(80)
@given(data=st.data())
async def test_lines_are_taken_or_refused_one_by_one_and_never_repeated(
    door: Doorstep, data: st.DataObject
) -> None:
    lines = data.draw(st.lists(bodies((REGISTRATION,)), max_size=5))
    end = data.draw(st.sampled_from([b"\n", b"\r\n", b"\r", b"\n\n", b"\x00", b"\xe2\x80\xa8"]))
    body = end.join(lines)
    packed = data.draw(st.sampled_from([b"", b"", b"gzip", b"GZIP", b" gzip ", b"deflate", b"br"]))
    given_headers = [NDJSON, (b"idempotency-key", door.key())]
    if packed:
        given_headers.append((b"content-encoding", packed))
        body = data.draw(st.sampled_from([body, gzip.compress(body), gzip.compress(body)[:-3]]))
    cut = data.draw(st.integers(0, len(body)))
    chunks = [body[:cut], b"", body[cut:]]
    path = "/v1/verzuimregistraties"
    heard = await door.knock("las-noord", "POST", path, b"", given_headers, chunks)
    require_decent(heard)


@st.composite
def paths(draw: st.DrawFn) -> str:
    """Give the path of something to read, perhaps with odd segments."""
    shape = draw(st.sampled_from(_READING))
    filled = [draw(segments) for _ in range(shape.count("{}"))]
    return shape.format(*filled).encode("utf-8", "replace").decode()


@fuzzed(220)
@given(
    caller=_CALLERS,
    method=st.sampled_from(["GET", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", MARK]),
    path=paths(),
    query=queries,
    odd=headers,
)
async def test_a_question_is_answered_or_refused_and_never_repeated(
    door: Doorstep, caller: str | None, method: str, path: str, query: bytes, odd: list[Header]
) -> None:
    require_decent(await door.knock(caller, method, path, query, odd))


@fuzzed(60)
@given(data=st.data())
async def test_a_witness_line_is_text_of_a_witness_or_nothing(
    door: Doorstep, data: st.DataObject
) -> None:
    line = data.draw(
        st.one_of(
            st.binary(max_size=200),
            texts.map(lambda text: f"\u2014 {text} AAAA".encode("utf-8", "replace")),
            st.sampled_from([b"\xe2\x80\x94 a\x00b AAAA\n", b"\xe2\x80\x94  \n", b"x" * 1025]),
        )
    )
    size = data.draw(
        st.one_of(st.sampled_from([b"0", b"1", b"9" * 18, b"9" * 19, b"-1"]), st.binary())
    )
    heard = await door.knock(
        None, "POST", "/v1/logboek/cosignatures", b"omvang=" + size,
        [(b"content-type", b"text/plain")], [line],
    )  # fmt: skip
    require_decent(heard)


async def test_every_odd_body_gets_a_decent_answer_wherever_it_comes_in(door: Doorstep) -> None:
    for number, body in enumerate(ODD_BODIES):
        for entrance in ENTRANCES[number % 3 :: 3]:
            headers = [JSON, (b"idempotency-key", door.key())]
            heard = await door.knock(
                entrance.caller, entrance.method, entrance.path, b"", headers, [body]
            )
            require_decent(heard)
            empty_search = body == b"{}" and entrance.path.endswith("_zoek")
            assert heard.status in {400, 404, 409} or empty_search, (entrance.path, body[:60])


async def test_the_bodies_that_are_mutated_are_taken_as_they_are(door: Doorstep) -> None:
    taken = set()
    for entrance in ENTRANCES:
        for good in entrance.good:
            headers = [JSON, (b"idempotency-key", door.key())]
            heard = await door.knock(
                entrance.caller, entrance.method, entrance.path, b"", headers,
                [json.dumps(good).encode()],
            )  # fmt: skip
            require_decent(heard)
            if heard.status < 300:
                taken.add(entrance.path)
    assert len(taken) >= 8, taken
