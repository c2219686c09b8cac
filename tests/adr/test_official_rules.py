"""The OpenAPI document passes the official linter, which would notice if it were worse."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adr.breaking import reduced
from tests.adr.broken_copies import BROKEN
from tests.adr.linter import Linter
from tests.adr.walk import Document
from tests.generate import openapi

_AT_LEAST = 25
_WHOLE = "as it is"


@pytest.fixture(scope="module")
def linter() -> Linter:
    """The official linter."""
    return Linter.installed()


@pytest.fixture(scope="module")
def judged(
    linter: Linter, tmp_path_factory: pytest.TempPathFactory
) -> tuple[int, dict[str, set[str]]]:
    """What it finds in every broken copy: all in one run, for starting it takes long."""
    copies = {name: _broken(name) for name in BROKEN}
    copies[_WHOLE] = reduced(openapi())
    return linter.judge(copies, tmp_path_factory.mktemp("broken"))


def _broken(name: str) -> Document:
    copy = reduced(openapi())
    BROKEN[name].change(copy)
    return copy


def test_the_linter_has_rules(linter: Linter) -> None:
    assert len(linter.rules()) >= _AT_LEAST


def test_the_document_passes_the_official_linter(linter: Linter, tmp_path: Path) -> None:
    assert linter.judge({"openapi": openapi()}, tmp_path) == (0, {"openapi": set()})


@pytest.mark.parametrize("name", BROKEN)
def test_the_linter_notices_a_broken_copy_but_in_its_blind_spots(
    judged: tuple[int, dict[str, set[str]]], name: str
) -> None:
    code, found = judged
    expected = BROKEN[name].linter
    assert code == 1
    assert found[name] >= {expected} if expected else not found[name]
    assert not found[_WHOLE]


_NOT_IN_THE_FILE = {"invalid-ref"}
"""What the linter itself finds, whatever the rules."""

_INERT = {
    "nlgov:http-methods",  # looks at paths that have "summary" or "description" in their names
    "nlgov:paths-no-trailing-slash",  # wants a space before the slash; another rule has it
    "nlgov:property-casing",  # looks at ``_links`` only
}


def test_the_broken_copies_try_every_official_rule_that_can_bite(linter: Linter) -> None:
    tried = {broken.linter for broken in BROKEN.values() if broken.linter}
    assert linter.rules() == (tried - _NOT_IN_THE_FILE) | _INERT
