"""Every closed list is published, every code has its meaning, and no meaning is left over."""

from __future__ import annotations

import pkgutil
import re
import tomllib
from enum import StrEnum
from importlib import import_module
from importlib.resources import files

import pytest

from exchange import messages
from exchange.api.v1.codelijsten import CODELIJSTEN, ELEMENTEN
from exchange.bootstrap.law import open_elementen
from exchange.policy import parties, status
from exchange.policy.parties import Dienst, KeyStatus

TEXTS = tomllib.loads(files("exchange.api").joinpath("codelijsten.toml").read_text("utf-8"))
NOT_IN_A_MESSAGE = {
    Dienst,  # an operator gives a mandate at the command line
    KeyStatus,  # says in an answer where one key stands
}
ELEMENT_CODES = {code for required in open_elementen().lists for code in required.codes}


def enums() -> set[type[StrEnum]]:
    """Give every enum of the rooms whose values stand in messages."""
    rooms = [
        *(
            import_module(f"{messages.__name__}.{module.name}")
            for module in pkgutil.iter_modules(messages.__path__)
        ),
        parties,
        status,
    ]
    return {
        kind
        for room in rooms
        for kind in vars(room).values()
        if isinstance(kind, type) and issubclass(kind, StrEnum) and kind.__module__ == room.__name__
    }


def test_every_closed_list_is_published_once() -> None:
    published = list(CODELIJSTEN.values())
    assert len(set(published)) == len(published)
    assert enums() - NOT_IN_A_MESSAGE == set(published)


def test_every_list_has_its_texts_in_its_own_order() -> None:
    assert set(TEXTS) == {*CODELIJSTEN, ELEMENTEN}
    for name, codes in CODELIJSTEN.items():
        assert list(TEXTS[name]["codes"]) == [code.value for code in codes], name


def test_every_element_of_a_verzuimbeleid_has_its_text() -> None:
    assert set(TEXTS[ELEMENTEN]["codes"]) == ELEMENT_CODES


@pytest.mark.parametrize("name", list(TEXTS))
def test_a_list_says_where_it_comes_from_and_what_each_code_means(name: str) -> None:
    assert set(TEXTS[name]) == {"bron", "codes"}
    assert re.search(r"DESIGN|AVG|[Ww]et|Besluit", TEXTS[name]["bron"])
    meanings = list(TEXTS[name]["codes"].values())
    assert len(set(meanings)) == len(meanings)
    for code, meaning in TEXTS[name]["codes"].items():
        assert 8 < len(meaning) <= 120
        assert meaning[0].isupper()
        assert not meaning.endswith(".")
        assert meaning.upper() != code.replace("_", " ")
