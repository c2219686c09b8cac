"""Forms and addresses of the console: read or refused, and a stranger's page repeats nothing."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote_plus

from hypothesis import given
from hypothesis import strategies as st

from exchange.console.return_path import safe_path
from exchange.console.views.inzage_form import read_inzage_form
from exchange.console.views.search_form import Books, read_search
from exchange.messages.identifiers import Oin
from exchange.policy.necessity import Mode
from exchange.policy.parties import Party
from tests.fuzz.effort import fuzzed
from tests.fuzz.hard import MARK, texts
from tests.fuzz.knocking import Doorstep, Header
from tests.fuzz.test_every_entrance import headers

ALKMAAR = Oin("00000099100000001000")
BOOKS = Books(
    parties={ALKMAAR: Party(ALKMAAR, "Gemeente Alkmaar", ())},
    actions=("bericht-opgehaald",),
    activities=("signaal-leerplicht/1",),
    outcomes=("ok", "geweigerd"),
    today=date(2026, 11, 18),
)
FORM = (b"content-type", b"application/x-www-form-urlencoded")
_FIELDS = st.sampled_from(
    ["van", "tot", "actor", "ontvanger", "actie", "activiteit", "berichtId", "uitkomst", "nummer",
     "pgn", "reden", "csrf", "token", "naar", MARK, ""]
)  # fmt: skip
forms = st.dictionaries(_FIELDS, texts, max_size=5)
_PATHS = st.sampled_from(
    ["/console", "/console/", "/console/aanmelden", "/console/afmelden", "/console/link",
     "/console/zoeken", "/console/inzage", "/console/export", "/console/bericht/x",
     "/console/static/x", "/console/overzicht", f"/console/{MARK}", "/console/../v1/noodzaak"]
)  # fmt: skip


@fuzzed(200)
@given(forms)
def test_what_a_search_asks_is_understood_or_not_asked(form: dict[str, str]) -> None:
    asked = read_search(form, BOOKS)
    assert MARK not in repr(asked.answers)
    assert MARK not in repr([field.error for field in asked.fields])


@fuzzed(150)
@given(forms)
def test_a_number_that_is_none_is_not_shown_again(form: dict[str, str]) -> None:
    assert MARK not in repr(read_inzage_form(form, Mode.TRIAL))


@fuzzed(150)
@given(texts | texts.map(lambda text: f"/console{text}") | texts.map(lambda text: f"//{text}"))
def test_after_signing_in_nobody_lands_outside_the_console(asked: str) -> None:
    path = safe_path(asked)
    assert path.startswith("/console")
    assert path.isascii()
    assert not set(path) & set("\\\r\n\t\x00#@") or "?" in path
    assert ".." not in path.partition("?")[0].split("/")


@fuzzed(120)
@given(
    path=_PATHS,
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT"]),
    form=forms,
    odd=headers,
    broken=st.sampled_from([b"", b"&a=%ff", b"&a=%", b"\xff", b"&" * 500, b"x" * 70_000]),
)
async def test_a_stranger_gets_a_page_that_repeats_nothing(
    door: Doorstep, path: str, method: str, form: dict[str, str], odd: list[Header], broken: bytes
) -> None:  # fmt: skip
    body = "&".join(f"{n}={quote_plus(v, errors='replace')}" for n, v in form.items()).encode()
    heard = await door.knock(None, method, path, body[:200], [FORM, *odd], [body + broken])
    assert heard.status < 500, heard
    shown = heard.body + heard.events.encode("utf-8", "replace")
    assert MARK.encode() not in shown, heard
