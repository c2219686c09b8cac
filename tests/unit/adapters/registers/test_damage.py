"""A damaged file is refused as a whole, and its line is named."""

import pytest

from adapters.registers.file import read_register
from exchange.errors import Invalid
from exchange.policy.registers import Register
from tests.registers import School, duo

LINES = [School(f"{n}AB", naam="'t Carré") for n in range(10, 30)]
WHOLE = duo(LINES)


def told(data: bytes) -> str:
    with pytest.raises(Invalid) as error:
        read_register(data, "vestigingen.csv", Register.BO)
    return error.value.violations[0].detail


def changed(line: int, old: bytes, new: bytes, whole: bytes = WHOLE) -> bytes:
    lines = whole.splitlines(keepends=True)
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    return b"".join(lines)


@pytest.mark.parametrize("line", [2, 11, 21])
@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (b"Noord-Holland;", b"Noord-Holland;;", "22 cellen in plaats van 21"),
        (b"Noord-Holland;", b"", "20 cellen in plaats van 21"),
        (b"Noord", b"No\x00rd", "een teken dat niet in een tekst hoort"),
        (b"Noord", b"No\x1brd", "een teken dat niet in een tekst hoort"),
        (b"Noord", b"No\xef\xbf\xbdrd", "een teken dat niet in een tekst hoort"),
        (b"Carr\xc3\xa9", b"Carr\xc3", "geen UTF-8, maar regel"),
        (b"Carr\xc3\xa9", b"Carr\xe9", "geen UTF-8, maar regel"),
    ],
)
def test_names_the_line_of_a_damaged_row(line: int, old: bytes, new: bytes, what: str) -> None:
    detail = told(changed(line, old, new))
    assert detail.startswith(f"regel {line}: ")
    assert what in detail


def test_names_the_line_of_a_quote_that_never_closes() -> None:
    assert told(changed(7, b"Noord", b'"Noord')).startswith("regel 7: onleesbaar")


def test_names_the_line_on_which_a_file_breaks_off() -> None:
    assert told(WHOLE[: WHOLE.index(b"25AB") + 2]).startswith("regel 17: ")


def test_bytes_that_are_in_no_encoding_are_damage() -> None:
    latin = WHOLE.decode().encode("latin-1")
    assert told(changed(5, b"Noord", b"No\x9drd", latin)).startswith("regel 5: geen UTF-8 en geen")


def test_a_file_that_says_utf_8_must_be_it() -> None:
    latin = b"\xef\xbb\xbf" + WHOLE.decode().encode("latin-1")
    assert told(latin).startswith("regel 2: dit is geen UTF-8, al begint")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_wide_encodings_are_refused(encoding: str) -> None:
    assert told(WHOLE.decode().encode(encoding)).startswith("regel 1: ")


@pytest.mark.parametrize("head", [b"PK\x03\x04", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", b"\x1f\x8b\x08"])
def test_a_file_of_another_kind_is_refused(head: bytes) -> None:
    assert told(head + bytes(range(256)) * 4).startswith("regel ")


def test_a_column_that_stands_there_twice_is_damage() -> None:
    data = duo([School()]).replace(b"PLAATSNAAM;", b"POSTCODE;", 1)
    assert told(data) == "regel 1: kolom POSTCODE staat er meer dan eens"
