"""The region annex: a postcode belongs to one region, and three of them to none."""

import pytest

from adapters.registers.file import read_register
from exchange.errors import Invalid
from exchange.messages.identifiers import Postcode4
from exchange.policy.parties import Sector
from exchange.policy.registers import Regio, RegioFile
from tests.registers import regions


def read(data: bytes) -> RegioFile:
    found = read_register(data, "bijlage.csv")
    assert isinstance(found, RegioFile)
    return found


def told(data: bytes) -> str:
    with pytest.raises(Invalid) as error:
        read_register(data, "bijlage.csv")
    return error.value.violations[0].detail


def test_gives_both_samenwerkingsverbanden_of_a_postcode() -> None:
    found = read(regions({1811: ("PO2703", "VO2703"), 3011: ("PO2806", "VO2810")}))
    assert found.regions[Postcode4("3011")] == Regio("PO2806", "VO2810")
    assert found.about.read == 2
    assert found.misfits == ()


def test_a_gemeente_may_be_split_and_only_the_postcode_counts() -> None:
    data = (
        b"postcode4,gemeente,swv_po,swv_vo\n2471,Alphen,PO2813,VO2813\n2401,Alphen,PO2814,VO2814\n"
    )
    assert len(set(read(data).regions.values())) == 2


def test_a_postcode_of_no_samenwerkingsverband_is_reported_and_not_taken() -> None:
    found = read(regions({3196: ("PO2806", "VO2810"), 3197: ("Europoort", "Europoort")}))
    assert list(found.regions) == [Postcode4("3196")]
    assert [(m.line, m.key) for m in found.misfits] == [(3, "3197")]


def test_a_postcode_may_have_one_of_the_two() -> None:
    regio = read(regions({3197: ("PO2806", "Europoort")})).regions[Postcode4("3197")]
    assert [regio.swv_of(sector) for sector in Sector] == ["PO2806", "PO2806", None, None]


def test_po_and_so_have_one_and_vo_and_vso_the_other() -> None:
    regio = Regio("PO2806", "VO2810")
    assert {sector.value: regio.swv_of(sector) for sector in Sector} == {
        "po": "PO2806",
        "so": "PO2806",
        "vo": "VO2810",
        "vso": "VO2810",
    }


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("011,A,PO2703,VO2703", "POSTCODE4 is geen postcode van vier cijfers"),
        ("1811,A,VO2703,VO2703", "SWV PO is geen nummer PO"),
        ("1811,A,PO2703,PO2703", "SWV VO is geen nummer VO"),
        ("1811,A,PO270,VO2703", "SWV PO is geen nummer PO"),
        ("1811,A,Maasvlakte,VO2703", "SWV PO is geen nummer PO"),
        ("1000,A,PO2703,VO2810", "postcode 1000 staat ook op regel 2, maar anders"),
    ],
)
def test_a_row_that_cannot_be_read_is_damage(row: str, what: str) -> None:
    data = f"postcode4,gemeente,swv_po,swv_vo\n1000,A,PO2703,VO2703\n{row}\n".encode()
    assert told(data).startswith(f"regel 3: {what}")


def test_a_name_with_commas_must_be_quoted() -> None:
    data = regions({5671: ("PO3008", "VO3008")})
    assert b'"Nuenen, Gerwen en Nederwetten"' in data
    assert len(read(data).regions) == 1
    assert told(data.replace(b'"', b"")) == "regel 2: 5 cellen in plaats van 4"
