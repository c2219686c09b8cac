"""Nobody but the proxy says who calls: a forged field, in whatever spelling, never gets through."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from tests.edge.caller import get, post, speak
from tests.edge.haproxy import HASTY, Proxy, proxied
from tests.edge.parties import Parties
from tests.edge.stand_in import StandIn, standing_in

_FORGED = b":Zm9yZ2Vk:"
_ABOUT_IDENTITY = re.compile(
    rb"client.?cert|forwarded|^x.|^ssl|real.?ip|^via$|^connection$|^te$|^trailer$|^keep-alive$"
    rb"|^proxy|^upgrade$|settings"
)
SPELLINGS = [
    b"Client-Cert: %s",
    b"client-cert: %s",
    b"CLIENT-CERT: %s",
    b"Client-Cert:%s",
    b"Client-Cert: %s\r\nClient-Cert: %s",
    b"Client-Cert:\r\n %s",
    b"Client_Cert: %s",
    b"CLIENT_CERT: %s",
    b"client.cert: %s",
    b"Client-Cert-Chain: %s",
    b"Client_Cert_Chain: %s",
    b"Client-Certificate: %s",
    b"X-Client-Cert: %s",
    b"X-Client-OIN: %s",
    b"X_Client_Cert: %s",
    b"X-Forwarded-For: %s",
    b"X-Forwarded-Client-Cert: %s",
    b"X-Forwarded-Proto: %s",
    b"X-Forwarded-Host: %s",
    b"x_forwarded_for: %s",
    b"Forwarded: for=%s",
    b"X-Real-IP: %s",
    b"X-SSL-Client-Cert: %s",
    b"X-SSL-Client-Verify: SUCCESS%s",
    b"SSL-Client-Cert: %s",
    b"SSL_CLIENT_CERT: %s",
    b"Proxy-Authorization: %s",
    b"Via: %s",
    b"Connection: Client-Cert, close\r\nClient-Cert: %s",
    b"TE: trailers\r\nTrailer: Client-Cert\r\nKeep-Alive: %s",
    b"A: b\nClient-Cert: %s",
    b"A: b\r\n Client-Cert: %s",
]
ILL_FORMED = [
    b"Client-Cert : %s",
    b"Client-Cert\t: %s",
    b"Client-Cert\x00: %s",
    b"Client-Cert: \x00%s",
    b"A: b\rClient-Cert: %s",
    b"Client\r-Cert: %s",
]


def forged(spelling: bytes) -> bytes:
    """Fill in what the forger claims."""
    return spelling.replace(b"%s", _FORGED)


def _handed_over(proxy: Proxy, name: str) -> bytes:
    return b":%s:" % base64.b64encode(proxy.parties.der(name))


@pytest.mark.parametrize("name", [None, "las-noord"], ids=["nobody", "a party"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_gateway_hears_of_the_certificate_that_was_shown_and_of_no_other(
    proxy: Proxy, stand_in: StandIn, spelling: bytes, name: str | None
) -> None:
    assert speak(proxy, get("/v1/x", forged(spelling)), name).statuses == [200]
    (taken,) = stand_in.taken
    assert taken.values(b"client-cert") == ([_handed_over(proxy, name)] if name else [])
    heard = [found for found, _ in taken.fields() if _ABOUT_IDENTITY.search(found)]
    assert sorted(heard) == ([b"client-cert"] if name else []) + [b"connection"]
    assert taken.values(b"connection") == [b"close"]


@pytest.mark.parametrize("spelling", ILL_FORMED)
def test_a_field_that_is_no_field_is_refused(
    proxy: Proxy, stand_in: StandIn, spelling: bytes
) -> None:
    assert speak(proxy, get("/v1/x", forged(spelling))).statuses in ([400], [])
    assert stand_in.taken == []


def test_a_large_head_does_not_push_the_certificate_out(proxy: Proxy, stand_in: StandIn) -> None:
    answer = speak(proxy, get("/v1/x", b"A: " + b"a" * 15_800), "las-noord")
    assert answer.statuses == [200]
    assert stand_in.taken[0].values(b"client-cert") == [_handed_over(proxy, "las-noord")]


def test_a_certificate_without_room_is_an_error_and_never_left_out(
    folder: Path, parties: Parties
) -> None:
    """The twin: here the reserve is too small for any certificate."""
    cramped = {"tune.maxrewrite 16384": "tune.maxrewrite 100"}
    filling = get("/v1/x", b"A: " + b"a" * 32_450)
    with proxied(folder, parties, HASTY, cramped) as proxy, standing_in(proxy.socket) as stand_in:
        assert speak(proxy, filling).statuses == [200]
        assert speak(proxy, filling, "las-noord").statuses == [500]
    assert len(stand_in.taken) == 1


@pytest.mark.parametrize(
    ("guard", "spelling"),
    [
        ("http-request del-header client- -m beg", b"Client-Cert: %s"),
        ("http-request del-header x- -m beg", b"X-Forwarded-For: %s"),
        ("http-request del-header forwarded -m beg", b"Forwarded: for=%s"),
        ("http-request del-header ssl -m beg", b"SSL-Client-Cert: %s"),
        ("option http-restrict-req-hdr-names delete", b"Client_Cert: %s"),
    ],
)
def test_without_its_guard_a_forged_field_would_arrive(
    folder: Path, parties: Parties, guard: str, spelling: bytes
) -> None:
    """The tests above can see: a configuration without the guard lets the forger through."""
    unguarded = {guard: ""}
    with proxied(folder, parties, HASTY, unguarded) as proxy, standing_in(proxy.socket) as stand_in:
        speak(proxy, get("/v1/x", forged(spelling)))
    assert any(_FORGED in value for _, value in stand_in.taken[0].fields())


def test_a_trailer_reaches_the_gateway_which_therefore_drops_it_itself(
    proxy: Proxy, stand_in: StandIn
) -> None:
    """HAProxy cannot remove it: ``exchange.api.protocol`` does, and test_gateway.py tries it."""
    body = b"3\r\nabc\r\n0\r\nClient-Cert: %s\r\n\r\n" % _FORGED
    speak(proxy, post(b"Transfer-Encoding: chunked", body=body), "las-noord")
    (taken,) = stand_in.taken
    assert taken.values(b"client-cert") == [_handed_over(proxy, "las-noord")]
    assert _FORGED in taken.body
