"""One idea, one name: the glossary's banned synonyms stand nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = yaml.safe_load((ROOT / "schemas" / "glossary.yaml").read_text("utf-8"))
TEXTS = {
    path.relative_to(ROOT): path.read_text("utf-8").lower()
    for folder, pattern in (
        ("exchange", "**/*.py"),
        ("exchange", "**/*.toml"),
        ("adapters", "**/*.py"),
        ("adapters", "**/*.toml"),
        ("docs", "**/*.md"),
        ("schemas", "**/*.toml"),
    )
    for path in (ROOT / folder).glob(pattern)
}


@pytest.mark.parametrize("entry", GLOSSARY, ids=lambda entry: entry["term"])
def test_no_banned_synonym_is_used(entry: dict[str, object]) -> None:
    banned = entry["banned"]
    assert isinstance(banned, list)
    found = [
        (str(path), word) for path, text in TEXTS.items() for word in banned if word.lower() in text
    ]
    assert not found


def test_every_term_has_a_meaning_and_a_source() -> None:
    for entry in GLOSSARY:
        assert set(entry) == {"term", "english", "source", "banned"}
        assert all(entry.values()), entry["term"]


def test_no_term_stands_twice_or_is_banned_by_another() -> None:
    terms = [entry["term"].lower() for entry in GLOSSARY]
    assert len(set(terms)) == len(terms)
    banned = [word.lower() for entry in GLOSSARY for word in entry["banned"]]
    assert len(set(banned)) == len(banned)
    assert not [(word, term) for word in banned for term in terms if word in term]


def test_every_kind_of_message_and_of_melding_is_a_term() -> None:
    terms = {entry["term"] for entry in GLOSSARY}
    assert {
        "signaal", "verzuimmelding", "verzuimregistratie", "intrekking", "leerlingaantallen",
        "schoolcijfers", "drempelmelding", "luxeverzuim", "langdurig relatief verzuim",
    } <= terms  # fmt: skip


def test_code_data_and_pages_are_all_read() -> None:
    read = {path.as_posix() for path in TEXTS}
    assert {
        "exchange/messages/signaal.py",
        "exchange/api/problems.toml",
        "adapters/duo/mapping.toml",
        "schemas/necessity/2025-08-01.toml",
        "docs/flow.md",
    } <= read
