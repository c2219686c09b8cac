"""``make mutate`` can fail: what its tests cannot see it reports, and so it says something."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.mutation.__main__ import main
from tests.mutation.herd import ROOT
from tests.mutation.mutants import SUBJECTS, Document, Subject, mutants_of
from tests.mutation.toml import as_toml

PARAMETERS = SUBJECTS[0]
WHO_DECIDES = "tests/contract/test_decisions.py"
WHO_CANNOT_SEE = "tests/unit/storage/test_cursors.py"
WHO_READS_EARLY = "tests/unit/policy/test_thresholds.py"
WHO_READS_THE_TEXT = "tests/unit/policy/test_law.py"


def _stricter(document: Document) -> None:
    document["drempel_eenheden"]["waarden"][0]["waarde"] = 15


def _unreadable(document: Document) -> None:
    document["drempel_eenheden"].pop("waarden")


def changed(what: str, edit: Callable[[Document], object], *tests: str) -> Subject:
    return replace(PARAMETERS, edits=lambda _: iter([(what, edit)]), tests=tests)


SEEN = changed("seen", _stricter, WHO_DECIDES)
BAD = (
    changed("unseen", _stricter, WHO_CANNOT_SEE),
    changed("only failed to load", _unreadable, WHO_READS_EARLY),
    changed("seen by its spelling", _stricter, WHO_READS_THE_TEXT),
)


def test_a_mutant_counts_only_when_a_test_notices_it_by_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    gone = changed("no longer loads", _unreadable, WHO_DECIDES)
    assert main(["--workers", "1", "--verbose"], [SEEN, *BAD, gone]) == 1
    said = [line.strip() for line in capsys.readouterr().out.splitlines()]
    by_name = {line.split(": ")[1]: said[n + 1] for n, line in enumerate(said[:-1]) if ": " in line}
    assert by_name["unseen"] == "SURVIVED: nothing failed"
    assert by_name["only failed to load"].startswith("SURVIVED: no test failed, but pytest said")
    assert any(line.startswith("RED WITHOUT A MUTANT") for line in said)
    assert by_name["seen"].startswith(WHO_DECIDES)
    assert by_name["no longer loads"].startswith(WHO_DECIDES)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.edits.__name__)
def test_a_mutant_differs_from_the_law_and_from_every_other(subject: Subject) -> None:
    document = tomllib.loads((ROOT / subject.file).read_text("utf-8"))
    assert tomllib.loads(as_toml(document)) == document
    mutants = list(mutants_of(subject, ROOT))
    assert len({mutant.what for mutant in mutants}) == len(mutants) > 5
    assert len({mutant.text for mutant in mutants} - {as_toml(document)}) == len(mutants)


def test_a_change_that_changes_nothing_is_no_mutant() -> None:
    with pytest.raises(ValueError, match="changes nothing"):
        list(mutants_of(changed("nothing", lambda _: None, WHO_DECIDES), ROOT))


NO_RULES_FOR_MESSAGES = {
    "schemas/findings.toml",  # what an officer is pointed to; tests stand at each boundary
    "schemas/processing_activities.toml",  # words; what they say of members comes from the tables
}


def test_every_file_of_the_dated_law_is_mutated() -> None:
    dated = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "schemas").rglob("*.toml")
        if "geldig_vanaf" in path.read_text("utf-8")
    }
    assert dated - NO_RULES_FOR_MESSAGES <= {subject.file for subject in SUBJECTS}
