"""Lists of gemeenten: several headers, several ways to write a day, never a doubtful one."""

from datetime import date

import pytest

from adapters.registers.file import read_register
from exchange.errors import Invalid
from exchange.messages.identifiers import Gemeentecode
from exchange.policy.parties import Gemeente
from exchange.policy.registers import GemeentenFile
from tests.registers import Dialect, gemeenten

HEERHUGOWAARD = Gemeente(
    Gemeentecode("0398"), "Heerhugowaard", date(1850, 1, 1), date(2021, 12, 31)
)
ALKMAAR = Gemeente(Gemeentecode("0361"), "Alkmaar", date(2015, 1, 1))


def read(data: bytes) -> GemeentenFile:
    found = read_register(data, "gemeenten.csv")
    assert isinstance(found, GemeentenFile)
    return found


def told(data: bytes) -> list[str]:
    with pytest.raises(Invalid) as error:
        read_register(data, "gemeenten.csv")
    return [violation.detail for violation in error.value.violations]


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        (
            ("gemeentecode", "gemeentenaam", "geldig_van", "geldig_tot"),
            [
                ("0398", "Heerhugowaard", "1850-01-01", "2021-12-31"),
                ("0361", "Alkmaar", "2015-01-01", ""),
            ],
        ),
        (
            ("Naam", "Code", "Begindatum", "Einddatum"),
            [
                ("Heerhugowaard", "GM0398", "1-1-1850", "31-12-2021"),
                ("Alkmaar", "GM0361", "01-01-2015", ""),
            ],
        ),
        (
            ("GemeentecodeGM", "Gemeente", "Datum ingang", "Datum einde"),
            [
                ("GM0398", "Heerhugowaard", "18500101", "20211231"),
                ("GM0361", "Alkmaar", "20150101", ""),
            ],
        ),
        (
            ("Gemeentenummer", "Gemeentenaam", "Ingangsdatum", "geldig tot en met"),
            [
                ("398", "Heerhugowaard", "1/1/1850", "31/12/2021"),
                ("361", "Alkmaar", "1/1/2015", ""),
            ],
        ),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("separator", [";", ","])
def test_reads_the_list_under_any_of_its_headers(
    header: tuple[str, ...], rows: list[tuple[str, ...]], encoding: str, separator: str
) -> None:
    found = read(gemeenten(rows, header, Dialect(separator=separator, encoding=encoding)))
    assert found.gemeenten == (HEERHUGOWAARD, ALKMAAR)


def test_a_name_may_hold_the_separator_and_accents() -> None:
    rows = [
        ("0820", "Nuenen, Gerwen en Nederwetten", "2000-01-01", ""),
        ("1900", "Súdwest-Fryslân", "2011-01-01", ""),
    ]
    for encoding in ("utf-8", "latin-1"):
        found = read(gemeenten(rows, dialect=Dialect(separator=",", encoding=encoding)))
        assert [g.naam for g in found.gemeenten] == [row[1] for row in rows]


def test_a_code_may_be_there_for_two_periods() -> None:
    rows = [("0361", "Alkmaar", "1850-01-01", "2014-12-31"), ("0361", "Alkmaar", "2015-01-01", "")]
    assert [g.geldig_tot for g in read(gemeenten(rows)).gemeenten] == [date(2014, 12, 31), None]


def test_a_list_without_last_days_says_that_it_has_none() -> None:
    found = read(gemeenten([("0361", "Alkmaar", "2015-01-01")], ("code", "naam", "geldig_van")))
    assert found.gemeenten == (ALKMAAR,)
    assert found.about.absent == ("GELDIG TOT",)


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (("36A1", "Alkmaar", "2015-01-01", ""), "GEMEENTECODE is geen gemeentecode"),
        (("", "Alkmaar", "2015-01-01", ""), "GEMEENTECODE is geen gemeentecode"),
        (("0361", "", "2015-01-01", ""), "GEMEENTENAAM is leeg"),
        (("0361", "Alkmaar", "", ""), "GELDIG VAN is leeg of geen datum"),
        (("0361", "Alkmaar", "2015-01-01", "2015-02-30"), "GELDIG TOT is geen datum"),
        (("0361", "Alkmaar", "2015-01-01", "2014-12-31"), "GELDIG TOT ligt voor GELDIG VAN"),
        (("0599", "Rotterdam-Zuid", "2000-01-01", ""), "gemeente 0599 staat ook op regel 2"),
    ],
)
def test_a_row_that_cannot_be_read_is_damage(row: tuple[str, ...], what: str) -> None:
    (detail,) = told(gemeenten([("0599", "Rotterdam", "2000-01-01", ""), row]))
    assert detail.startswith("regel 3: ")
    assert what in detail


def test_a_day_that_is_none_is_named_once() -> None:
    details = told(gemeenten([("0361", "Alkmaar", "1 januari", "")]))
    assert details[0] == "regel 2: GELDIG VAN is geen datum"


def test_a_list_without_names_is_damage() -> None:
    (detail,) = told(gemeenten([("0361", "2015-01-01")], ("code", "geldig_van")))
    assert "GEMEENTENAAM of NAAM of GEMEENTE ontbreekt" in detail
