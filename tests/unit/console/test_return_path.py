"""After signing in a visitor goes to a page of the console, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.console.return_path import safe_path, sign_in_path


@pytest.mark.parametrize(
    "page",
    [
        "/console",
        "/console/zoeken",
        "/console/zoeken?van=2026-11-01&tot=2026-11-30&actor=00000099000000001000",
        "/console/bericht/0199c0de-0000-7000-8000-000000000001",
        "/console/register/verzuimmelding-leerplicht/1",
    ],
)
def test_a_page_is_kept(page: str) -> None:
    assert safe_path(page) == page


@pytest.mark.parametrize(
    "elsewhere",
    [
        "",
        "/",
        "console",
        "/consolex",
        "/console/",
        "//kwaad.example",
        "//kwaad.example/console",
        "/console//kwaad.example",
        "/console/../v1/sleutels",
        "/console/./x",
        "/console/..",
        "/console\\kwaad",
        "/console/x#y",
        "/console\n",
        "/console?x=\r\nlocation: y",
        "https://gateway/console",
        "https:/console",
        "/console/aanmelden",
        "/console/aanmelden/terug?code=x",
        "/console/afmelden",
        "/console/link/geheim",
        "/console/é",
        "/console/" + "x" * 600,
    ],
)
def test_anything_else_becomes_the_start_page(elsewhere: str) -> None:
    assert safe_path(elsewhere) == "/console"


@given(st.text())
def test_whatever_comes_in_the_answer_is_a_path_on_this_host(text: str) -> None:
    for candidate in (text, f"/console{text}", f"/console/{text}"):
        path = safe_path(candidate)
        assert path == "/console" or path.startswith(("/console/", "/console?"))
        assert "//" not in path.partition("?")[0]
        assert "\\" not in path
        assert path.isprintable()


def test_the_sign_in_page_is_told_what_was_asked_for_and_why() -> None:
    assert sign_in_path("/console", over=False) == "/console/aanmelden"
    assert sign_in_path("/console/zoeken?a=b", over=True) == (
        "/console/aanmelden?naar=%2Fconsole%2Fzoeken%3Fa%3Db&sessie=voorbij"
    )
