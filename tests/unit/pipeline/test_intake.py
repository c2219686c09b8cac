"""Step 1: size, media type and idempotency key, before anything is read."""

from __future__ import annotations

import pytest

from exchange.errors import Code, ExchangeError
from exchange.messages.soort import Soort
from exchange.pipeline.intake import intake
from exchange.pipeline.stages import Limits, RawRequest, Received
from tests.pure import NOW, TODAY, TRACE


def taken(
    body: bytes = b"{}", *, rehearsal: bool = False, **headers: str | None
) -> Received | Code:
    """Take a request in; give what comes of it or the code with which it is refused."""
    given = {"content_type": "application/json", "idempotency_key": "k", **headers}
    named = {name.replace("_", "-"): value for name, value in given.items() if value is not None}
    raw = RawRequest(Soort.SIGNAAL, "/v1/signalen", named, body, None, TRACE, rehearsal=rehearsal)
    try:
        return intake(raw, Limits(json_bytes=10), NOW)
    except ExchangeError as error:
        return error.code


def test_ten_bytes_are_taken_where_ten_are_allowed_and_eleven_are_not() -> None:
    assert isinstance(taken(b"x" * 10), Received)
    assert taken(b"x" * 11) is Code.TE_GROOT


def test_size_comes_before_type_and_type_before_key() -> None:
    assert taken(b"x" * 11, content_type="text/plain", idempotency_key=None) is Code.TE_GROOT
    assert taken(content_type="text/plain", idempotency_key=None) is Code.MEDIATYPE_NIET_ONDERSTEUND


@pytest.mark.parametrize("key", [None, "", " ", "a b", "a\tb", "é", "a\x7f", "x" * 256, "a\n"])
def test_a_key_is_visible_and_not_too_long(key: str | None) -> None:
    assert taken(idempotency_key=key) is Code.IDEMPOTENTIESLEUTEL_ONTBREEKT


@pytest.mark.parametrize("key", ["!", "~", "x" * 255, "0190a5d0-ac96-774b-bcce-b302099a8057"])
def test_a_visible_key_is_taken_as_it_is(key: str) -> None:
    received = taken(idempotency_key=key)
    assert isinstance(received, Received)
    assert received.idempotency_key == key
    assert (received.received_at, received.today) == (NOW, TODAY)


@pytest.mark.parametrize("key", [None, "k", "a b"])
def test_a_rehearsal_has_no_key_whatever_was_sent(key: str | None) -> None:
    received = taken(rehearsal=True, idempotency_key=key)
    assert isinstance(received, Received)
    assert received.idempotency_key == ""
