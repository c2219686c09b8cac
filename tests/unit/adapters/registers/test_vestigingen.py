"""DUO's address files, as they are and as they were: every dialect gives the same schools."""

import csv

import pytest

from adapters.registers.file import read_register
from exchange.errors import Invalid
from exchange.policy.parties import Sector
from exchange.policy.registers import Register, VestigingenFile, VestigingLine
from tests.registers import Dialect, School, columns, duo, schools

SCHOOLS = [
    School(),
    School("12AB", "01", "Wichelroede, 't Carré", "3011AA", "0599", "41234"),
    School("30XY", "00", "De “Zeeën”; oost", "9711 ZZ", "0014", "80001"),
]


def read(data: bytes, register: Register | None = Register.BO) -> VestigingenFile:
    found = read_register(data, "bestand.csv", register)
    assert isinstance(found, VestigingenFile)
    return found


def refused(data: bytes, register: Register | None = Register.BO) -> list[str]:
    with pytest.raises(Invalid) as error:
        read_register(data, "bestand.csv", register)
    return [violation.detail for violation in error.value.violations]


def line(text: bytes, number: int) -> bytes:
    return text.splitlines()[number - 1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("old_names", [False, True])
@pytest.mark.parametrize("two_digits", [False, True])
def test_every_dialect_gives_the_same_schools(
    encoding: str, separator: str, quoting: int, old_names: bool, two_digits: bool
) -> None:
    dialect = Dialect("bo", old_names, two_digits, separator, quoting, encoding)
    found = read(duo(SCHOOLS, dialect))
    assert [_facts(line) for line in found.lines] == [
        ("12AB00", "0361", "1811", "OBS De Regenboog", "41234"),
        ("12AB01", "0599", "3011", "Wichelroede, 't Carré", "41234"),
        ("30XY00", "0014", "9711", "De “Zeeën”; oost", "80001"),
    ]
    assert found.about.read == 3
    assert found.about.absent == ()


def _facts(line: VestigingLine) -> tuple[str, str, str, str | None, str | None]:
    return str(line.code), str(line.gemeente), str(line.postcode4), line.naam, line.bevoegd_gezag


def test_reads_latin_1_without_quotes() -> None:
    data = duo([School(naam="'t Carré")], Dialect(encoding="latin-1", quoting=csv.QUOTE_MINIMAL))
    assert "\xe9".encode("latin-1") in data
    assert read(data).lines[0].naam == "'t Carré"


def test_columns_are_found_by_name_wherever_they_stand() -> None:
    rows = [row.split(b";") for row in duo([School(gezag="1")]).replace(b"; ", b" ").splitlines()]
    shuffled = b"\n".join(b";".join(reversed(row)) for row in rows)
    assert _facts(read(shuffled).lines[0]) == _facts(read(duo([School(gezag="1")])).lines[0])


def test_a_name_with_a_line_break_keeps_the_lines_counted() -> None:
    data = duo([School(naam="De\nRegenboog"), School("13AB", gemeente="x")])
    assert refused(data) == ["regel 4: GEMEENTENUMMER is geen gemeentecode"]


def test_a_spreadsheet_may_have_eaten_leading_zeros() -> None:
    found = read(duo([School(nummer="1", gemeente="14")], Dialect(two_digits=True)))
    assert (str(found.lines[0].code), str(found.lines[0].gemeente)) == ("12AB01", "0014")


def test_an_optional_column_that_is_missing_is_named() -> None:
    gone = ("VESTIGINGSNAAM", "BEVOEGD GEZAG NUMMER", "INSTELLINGSCODE")
    found = read(duo([School()], Dialect(without=gone)))
    assert found.about.absent == ("INSTELLINGSCODE", "VESTIGINGSNAAM", "BEVOEGD GEZAG NUMMER")
    assert (found.lines[0].naam, found.lines[0].bevoegd_gezag) == (None, None)


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("VESTIGINGSCODE", "VESTIGINGSCODE of VESTIGINGSNUMMER of VESTIGINGS NUMMER"),
        ("POSTCODE", "POSTCODE"),
        ("GEMEENTENUMMER", "GEMEENTENUMMER of GEMEENTECODE"),
    ],
)
def test_a_file_without_a_column_that_we_need_is_damaged(column: str, told: str) -> None:
    assert refused(duo([School()], Dialect(without=(column,)))) == [
        f"regel 1: kolom {told} ontbreekt"
    ]


@pytest.mark.parametrize(
    ("kind", "sector"), [("bo", Sector.PO), ("so", Sector.SO), ("vo", Sector.VO)]
)
def test_the_file_gives_the_sector(kind: str, sector: Sector) -> None:
    found = read(duo([School()], Dialect(kind)), Register(kind))
    assert found.lines[0].sector is sector


@pytest.mark.parametrize(
    ("soort", "sector"),
    [
        ("SO", Sector.SO),
        ("VSO", Sector.VSO),
        ("vso", Sector.VSO),
        ("SO/VSO", Sector.SO),
        ("SOVSO", Sector.SO),
        ("SBO", Sector.PO),
        ("", Sector.SO),
    ],
)
def test_speciaal_onderwijs_says_so_or_vso_in_its_own_column(soort: str, sector: Sector) -> None:
    found = read(duo([School(soort=soort)], Dialect("so")), Register.SO)
    assert found.lines[0].sector is sector
    both = "1 vestigingen geven so en vso: opgenomen als so"
    assert found.about.notes == ((both,) if soort in {"SO/VSO", "SOVSO"} else ())


def test_an_unknown_kind_of_speciaal_onderwijs_does_not_fit() -> None:
    found = read(duo([School(), School("13AB", soort="BO")], Dialect("so")), Register.SO)
    assert [str(line.code) for line in found.lines] == ["12AB00"]
    assert [(m.line, m.key) for m in found.misfits] == [(3, "13AB00")]


def test_without_a_postcode_the_line_is_read_all_the_same() -> None:
    assert read(duo([School(postcode="")])).lines[0].postcode4 is None


@pytest.mark.parametrize(
    ("school", "told"),
    [
        (School(nummer="A0"), "VESTIGINGSCODE is geen vestigingscode"),
        (School(brin="12ab"), "VESTIGINGSCODE is geen vestigingscode"),
        (School(brin="\uff11\uff12AB"), "VESTIGINGSCODE is geen vestigingscode"),
        (School(gemeente=""), "GEMEENTENUMMER is geen gemeentecode"),
        (School(gemeente="03610"), "GEMEENTENUMMER is geen gemeentecode"),
        (School(postcode="0811 AB"), "POSTCODE is geen postcode"),
        (School(postcode="1811 A"), "POSTCODE is geen postcode"),
    ],
)
def test_a_cell_that_cannot_be_what_its_column_says_is_damage(school: School, told: str) -> None:
    assert refused(duo([School("99ZZ"), school])) == [f"regel 3: {told}"]


def test_a_vestiging_of_another_institution_is_damage() -> None:
    data = duo([School()]).replace(b";12AB;12AB00;", b";12AB;13AB00;")
    assert refused(data) == ["regel 2: VESTIGINGSCODE hoort niet bij INSTELLINGSCODE"]


def test_the_same_line_twice_counts_once_and_other_facts_are_damage() -> None:
    assert len(read(duo([School(), School()])).lines) == 1
    told = "regel 4: vestiging 12AB00 staat ook op regel 2, maar anders"
    assert refused(duo([School(), School("13AB"), School(naam="Anders")])) == [told]


def test_every_fault_is_named_at_once_and_no_value_is_repeated() -> None:
    bad = [School(f"{n}AB", postcode="geheim") for n in range(10, 35)]
    told = refused(duo(bad))
    assert told[0] == "regel 2: POSTCODE is geen postcode"
    assert told[19:] == ["regel 21: POSTCODE is geen postcode", "en nog 5 fouten"]
    assert "geheim" not in " ".join(told)


def test_tells_the_kind_by_its_columns() -> None:
    told = (("ONDERWIJSSTRUCTUUR", "HAVO/VWO"),)
    for kind, extra in (("bo", ()), ("so", ()), ("vo", ()), ("vo", told)):
        found = read(duo([School()], Dialect(kind, extra=extra)), None)
        assert found.about.register == kind, found.about.because


def test_the_name_of_the_file_tells_bo_from_vo_where_the_columns_do_not() -> None:
    data = duo([School()], Dialect("bo", without=("KVK-NUMMER",)))
    for name, register in (("02-vestigingen-vo.csv", "vo"), ("Basisonderwijs_2026.csv", "bo")):
        assert read_register(data, name).about.register == register
    assert refused(data, None) == [
        "regel 1: bo en vo hebben deze kolommen allebei; kies er een met --soort"
    ]


def test_refuses_a_file_of_no_register() -> None:
    assert "van geen register" in refused(b"a;b\n1;2\n", None)[0]
    assert "leeg" in refused(b"", None)[0]
    assert "geen regel" in refused(duo([]))[0]


def test_eight_thousand_vestigingen_are_read() -> None:
    made = schools(8_000)
    found = read(duo(made, Dialect(encoding="windows-1252")))
    assert [(str(v.code), v.naam) for v in found.lines] == [(s.code, s.naam) for s in made]


def test_the_generator_writes_the_published_columns() -> None:
    assert columns()[1:6] == [
        "BEVOEGD GEZAG NUMMER",
        "BEVOEGD GEZAG NAAM",
        "INSTELLINGSCODE",
        "VESTIGINGSCODE",
        "VESTIGINGSNAAM",
    ]
