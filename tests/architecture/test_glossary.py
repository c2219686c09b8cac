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
        ("adapters", "**/*.py"),
        ("docs", "**/*.md"),
        ("schemas/necessity", "*.toml"),
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
    assert TEXTS
    assert all({"term", "english", "source", "banned"} <= set(entry) for entry in GLOSSARY)
