"""Which line of a program's output is shown."""

import pytest

from exchange.storage.embedded.complaint import complaint, unavailable


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("", ""),
        ("\n \n", ""),
        ("Killed\n", "Killed"),
        ("initdb: error: could not write\ninitdb: removing data\n", "could not write"),
        ("LOG:  starting\nFATAL:  out of memory\nLOG:  stopped\n", "out of memory"),
        ("2026-11-22 UTC [7] FATAL:  first\n2026-11-22 UTC [7] FATAL:  last\n", "last"),
    ],
)
def test_shows_the_last_line_that_is_marked_as_an_error(output: str, line: str) -> None:
    assert complaint(output) == line


def test_every_trouble_has_the_same_code_and_says_what_it_is_about() -> None:
    error = unavailable("de server stopte meteen weer")

    assert error.code == "dienst-onbeschikbaar"
    assert error.facts == {"reden": "PostgreSQL: de server stopte meteen weer"}
