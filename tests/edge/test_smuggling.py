"""One request in, one request out: what two programs could read in two ways is never passed on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.edge.caller import HOST, get, post, speak
from tests.edge.haproxy import HASTY, Proxy, proxied
from tests.edge.parties import Parties
from tests.edge.stand_in import StandIn, standing_in

_HIDDEN = b"GET /v1/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"
_CHUNKED = b"Transfer-Encoding: chunked"
_NO_CHUNKS = b"0\r\n\r\n"


def _line(line: bytes) -> bytes:
    return line + b"\r\n" + HOST + b"\r\n"


def _after_nothing(*lines: bytes) -> bytes:
    """Put a hidden request where it follows an empty body, if ``lines`` are read one way."""
    return post(*lines, body=_NO_CHUNKS + _HIDDEN)


REFUSED = {
    "TE.TE": _after_nothing(_CHUNKED, b"Transfer-Encoding: x"),
    "TE twice": _after_nothing(_CHUNKED, _CHUNKED),
    "TE unknown": _after_nothing(b"Transfer-Encoding: xchunked"),
    "TE not last": _after_nothing(b"Transfer-Encoding: chunked, identity"),
    "TE with another": _after_nothing(b"Transfer-Encoding: gzip, chunked"),
    "TE space before colon": _after_nothing(b"Transfer-Encoding : chunked"),
    "TE vertical tab": _after_nothing(b"Transfer-Encoding: \x0bchunked"),
    "TE quoted": _after_nothing(b'Transfer-Encoding: "chunked"'),
    "TE in HTTP/1.0": b"POST /v1/x HTTP/1.0\r\n" + HOST + _CHUNKED + b"\r\n\r\n" + _NO_CHUNKS,
    "CL twice": post(b"Content-Length: 0", b"Content-Length: 44", body=_HIDDEN),
    "CL list": post(b"Content-Length: 0, 44", body=_HIDDEN),
    "CL plus": post(b"Content-Length: +3", body=b"abc"),
    "CL negative": post(b"Content-Length: -1", body=_HIDDEN),
    "CL hexadecimal": post(b"Content-Length: 0x3", body=b"abc"),
    "CL empty": post(b"Content-Length: ", body=_HIDDEN),
    "CL overflow": post(b"Content-Length: 18446744073709551616", body=_HIDDEN),
    "chunk negative": post(_CHUNKED, body=b"-3\r\nabc\r\n0\r\n\r\n" + _HIDDEN),
    "chunk overflow": post(_CHUNKED, body=b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n" + _HIDDEN),
    "chunk 0x": post(_CHUNKED, body=b"0x3\r\nabc\r\n0\r\n\r\n" + _HIDDEN),
    "chunk without end": post(_CHUNKED, body=b"3\r\nabcd\r\n0\r\n\r\n" + _HIDDEN),
    "first line folded": _line(b"GET /v1/x HTTP/1.1\r\n A: b"),
    "NUL in a value": get("/v1/x", b"A: b\x00c"),
    "NUL in a name": get("/v1/x", b"A\x00: b"),
    "NUL in the target": _line(b"GET /v1/\x00x HTTP/1.1"),
    "CR in a value": get("/v1/x", b"A: b\rB: c"),
    "HTTP/0.9": b"GET /v1/x\r\n\r\n",
    "HTTP/1.2": _line(b"GET /v1/x HTTP/1.2"),
    "HTTP/2.0 in one line": _line(b"GET /v1/x HTTP/2.0"),
    "HTTP/3.1": _line(b"GET /v1/x HTTP/3.1"),
    "http/1.1 in small letters": _line(b"GET /v1/x http/1.1"),
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    b"\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    "upgrade to h2c": get("/v1/x", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAAP__"),
    "upgrade to a websocket": get("/v1/x", b"Upgrade: websocket"),
    "HTTP/1.0 without a host": b"GET /v1/x HTTP/1.0\r\n\r\n",
    "no host": b"GET /v1/x HTTP/1.1\r\n\r\n",
    "two hosts": get("/v1/x", b"Host: elsewhere"),
    "an empty host": b"GET /v1/x HTTP/1.1\r\nHost: \r\n\r\n",
    "a host with a space": b"GET /v1/x HTTP/1.1\r\nHost: a b\r\n\r\n",
    "a host with a user": b"GET /v1/x HTTP/1.1\r\nHost: a@b\r\n\r\n",
    "an absolute target": _line(b"GET https://localhost/v1/x HTTP/1.1"),
    "an absolute target elsewhere": _line(b"GET http://elsewhere/v1/x HTTP/1.1"),
    "a relative target": _line(b"GET v1/x HTTP/1.1"),
    "a star": _line(b"OPTIONS * HTTP/1.1"),
    "a fragment": _line(b"GET /v1/x#y HTTP/1.1"),
    "a byte above ASCII": _line(b"GET /v1/\xff HTTP/1.1"),
    "a control character": _line(b"GET /v1/\x01 HTTP/1.1"),
    "CONNECT": _line(b"CONNECT localhost:443 HTTP/1.1"),
    "TRACE": _line(b"TRACE /v1/x HTTP/1.1"),
    "an unknown method": _line(b"FOO /v1/x HTTP/1.1"),
    "a method in small letters": _line(b"get /v1/x HTTP/1.1"),
}
READ_ONE_WAY = {
    "CL.TE": post(b"Content-Length: 50", _CHUNKED, body=_NO_CHUNKS + _HIDDEN),
    "TE.CL": post(
        _CHUNKED, b"Content-Length: 4", body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(_HIDDEN), _HIDDEN)
    ),
    "an underscored TE": post(
        b"Transfer_Encoding: chunked", b"Content-Length: 49", body=_NO_CHUNKS + _HIDDEN
    ),
    "CL twice the same": post(b"Content-Length: 3", b"Content-Length: 3", body=b"abc"),
    "a chunk extension": post(_CHUNKED, body=b"3;a=b\r\nabc\r\n0\r\n\r\n"),
    "a chunk extension with a bare LF": post(
        _CHUNKED, body=b"2c;\nxx\r\n2c\r\n" + _HIDDEN + b"\r\n0\r\n\r\n"
    ),
    "TE folded": post(
        b"Transfer-Encoding:\r\n chunked", body=b"2c\r\n" + _HIDDEN + b"\r\n0\r\n\r\n"
    ),
    "a folded value": get("/v1/x", b"A: b\r\n GET /v1/hidden HTTP/1.1"),
    "bare LF": b"GET /v1/x HTTP/1.1\nHost: localhost\n\n",
    "a request in the body of a GET": b"GET /v1/x HTTP/1.1\r\n"
    + HOST
    + b"Content-Length: 44\r\n\r\n"
    + _HIDDEN,
    "HTTP/1.0 with a host": _line(b"GET /v1/x HTTP/1.0"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_ambiguous_is_refused_and_the_connection_ended(
    proxy: Proxy, stand_in: StandIn, name: str
) -> None:
    answer = speak(proxy, REFUSED[name], "las-noord")
    assert all(status in {400, 413, 422, 501} for status in answer.statuses)
    assert len(answer.statuses) <= 1
    assert stand_in.taken == []


@pytest.mark.parametrize("name", READ_ONE_WAY)
def test_what_the_proxy_reads_in_one_way_is_passed_on_in_that_way_alone(
    proxy: Proxy, stand_in: StandIn, name: str
) -> None:
    speak(proxy, READ_ONE_WAY[name], "las-noord")
    assert len(stand_in.taken) <= 1
    for taken in stand_in.taken:
        assert taken.target == (b"/v1/signalen" if taken.head.startswith(b"POST") else b"/v1/x")
        framed = taken.values(b"content-length") + taken.values(b"transfer-encoding")
        assert len(framed) <= 1
        assert taken.rest == b""
        assert b"a=b" not in taken.body


def test_requests_in_a_row_are_each_asked_and_answered_apart(
    proxy: Proxy, stand_in: StandIn
) -> None:
    """Pipelining is lawful; each request has a connection to the gateway of its own."""
    row = b"".join(b"GET /v1/%d HTTP/1.1\r\n%s\r\n" % (number, HOST) for number in range(3))
    assert speak(proxy, row, "las-noord").statuses == [200, 200, 200]
    assert [taken.target for taken in stand_in.taken] == [b"/v1/0", b"/v1/1", b"/v1/2"]
    assert all(taken.rest == b"" and taken.values(b"client-cert") for taken in stand_in.taken)


@pytest.mark.parametrize(
    ("guard", "name"),
    [
        ("http-request deny deny_status 400 unless { req.ver 1.0 1.1 }", "HTTP/1.2"),
        ("http-request deny deny_status 400 if { req.hdrs -m reg '[\\x00]' }", "NUL in a value"),
        ("http-request deny deny_status 400 unless { url -m beg / }", "an absolute target"),
        ("http-request deny deny_status 400 if { req.hdr(upgrade) -m found }", "upgrade to h2c"),
        ("http-request deny deny_status 501 unless known_method", "an unknown method"),
        (
            "http-request deny deny_status 400 unless { req.fhdr_cnt(host) eq 1 }",
            "HTTP/1.0 without a host",
        ),
        ("{ req.ver 1.0 } || chunked measured", "TE in HTTP/1.0"),
    ],
)
def test_without_its_guard_the_attack_would_reach_the_gateway(
    folder: Path, parties: Parties, guard: str, name: str
) -> None:
    """The tests above can see: a configuration without the guard passes the request on."""
    also = "http-request deny deny_status 400 unless { req.hdr(host) -m reg"
    changes = {guard: "{ always_false }" if guard.startswith("{") else ""}
    if "host" in name:
        changes[also] = "http-request set-var(txn.x) bool(1) unless { req.hdr(host) -m reg"
    with proxied(folder, parties, HASTY, changes) as proxy, standing_in(proxy.socket) as stand_in:
        speak(proxy, REFUSED[name], "las-noord")
    assert len(stand_in.taken) == 1
