"""The page of a levering: what it says, what it never says, and that nothing in it can run."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from exchange.bootstrap.law import open_law
from exchange.figures.levering import Levering, Regel, Stand
from exchange.figures.measures import Measure, Niveau
from exchange.figures.publish import Names, as_page, page_csp
from exchange.figures.publish.columns import MEASURES
from tests.leveringen import RELEASED, TINY, levering, missing, regel

NAMES = Names(
    ontvanger="Samenwerkingsverband VO2703",
    vestigingen={"99BB00": "De Wissel", "99BB01": "Het Baken"},
    gemeenten={"0361": "Alkmaar", "0399": "Heiloo"},
)
NASTY = "<script>alert('x')</script>\"'&"
EMPTY_ELEMENTS = {"meta", "br", "rect", "circle", "line"}


class Outline(HTMLParser):
    """Everything a browser would see of a page: elements, attributes, text by element."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY_ELEMENTS:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)

    def attributes(self, name: str) -> Iterator[str]:
        """Give every value of one attribute."""
        return (str(attrs[name]) for _, attrs in self.elements if name in attrs)


def text_of(page: bytes) -> str:
    """Give what a reader reads, with single spaces."""
    return " ".join(" ".join(Outline(page).text).split()).replace("\u00ad", "")


def swv(trede1: int | None = 1_702, *, periode: str = "2026-10", nummer: int = 12) -> Levering:
    """Give a release with one row: an SWV of 1.890 pupils."""
    hidden = trede1 is None
    row = regel(
        Niveau.SWV, 1_890,
        None if hidden else 280_400, None if hidden else 41_700, 163,
        trede1, None if hidden else 1_830 - (trede1 or 0), 60, 21, 0,
    )  # fmt: skip
    return levering(row, periode=periode, nummer=nummer)


def test_the_page_says_whose_which_and_when() -> None:
    said = text_of(as_page(TINY, [], NAMES))
    for part in (
        "Samenwerkingsverband VO2703 oktober 2026",
        "Stand voorlopig",
        "nummer 12",
        "20 november 2026 om 10.30 uur",
        "1 van de 2 scholen",
        "tot en met het einde van december 2026",
        TINY.certificaat,
    ):
        assert part in said


def test_a_final_release_does_not_call_itself_provisional() -> None:
    said = text_of(as_page(replace(TINY, stand=Stand.DEFINITIEF), [], NAMES))
    assert "Deze cijfers zijn voorlopig" not in said


def test_schools_that_did_not_deliver_are_named() -> None:
    said = text_of(as_page(TINY, [], NAMES))
    assert "Niet geleverd Van deze school" in said
    assert "Het Baken (99BB01)" in said


def test_numbers_are_dutch_and_shares_are_of_all_pupils() -> None:
    said = text_of(as_page(TINY, [], NAMES))
    assert "Trede 1: 95% of meer aanwezig 1.702 90,1%" in said
    assert "Trede 2: 90% tot 95% aanwezig 128 6,8%" in said
    assert "Alle leerlingen 1.890" in said


def test_minutes_are_given_per_pupil() -> None:
    said = text_of(as_page(TINY, [], NAMES))
    assert "1.890 148 22 163 8,6% 21 0" in said  # 280.400 and 41.700 minutes


def test_a_hidden_number_is_called_hidden() -> None:
    said = text_of(as_page(TINY, [], NAMES))
    assert "De Wissel 99BB00 412 371 90,0% verborgen verborgen verborgen 149 verborgen" in said


def test_nothing_is_worked_out_of_fewer_than_ten_pupils() -> None:
    nine = levering(regel(Niveau.SWV, 9, 900, 90, 9, 9, 0, 0, 0, 0))
    ten = levering(regel(Niveau.SWV, 10, 900, 90, 9, 9, 1, 0, 0, 0))
    said_of_nine, said_of_ten = (text_of(as_page(one, [], NAMES)) for one in (nine, ten))
    assert "Trede 1: 95% of meer aanwezig 9 –" in said_of_nine
    assert "100,0%" not in said_of_nine
    assert "Trede 1: 95% of meer aanwezig 9 90,0%" in said_of_ten


def test_a_name_cannot_become_part_of_the_page() -> None:
    everywhere = Names(
        NASTY, {"99BB00": NASTY, "99BB01": NASTY}, {"0361": NASTY}, {"VO2703": NASTY}
    )
    second = regel(
        Niveau.GEMEENTE_SWV, 90, 1, 2, 3, 80, 5, 5, 0, 0, code="0399-VO2703", gemeente="<b>"
    )
    nasty = replace(TINY, regels=(*TINY.regels, second))
    page = as_page(nasty, [swv(nummer=9), swv(periode="2026-09", nummer=8)], everywhere)
    outline = Outline(page)
    assert "script" not in {tag for tag, _ in outline.elements}
    assert "b" not in {tag for tag, _ in outline.elements}
    assert text_of(page).count("alert('x')") >= 6


def test_nothing_on_the_page_can_run_or_be_fetched() -> None:
    outline = Outline(as_page(TINY, [swv(1_650, nummer=9)], NAMES))
    names = {name for _, attrs in outline.elements for name in attrs}
    assert not [name for name in names if name.startswith("on")]
    assert not names & {"style", "src", "srcset", "action", "formaction", "data", "xlink:href"}
    assert not {tag for tag, _ in outline.elements} & {"script", "link", "img", "iframe", "object"}
    assert all(target.startswith("#") for target in outline.attributes("href"))
    assert outline.open == []


def test_every_reference_within_the_page_has_its_target() -> None:
    earlier = [swv(1_650, periode="2026-09", nummer=9)]
    outline = Outline(as_page(TINY, earlier, NAMES))
    ids = list(outline.attributes("id"))
    assert len(ids) == len(set(ids))
    wanted = {target.removeprefix("#") for target in outline.attributes("href")}
    wanted |= {one for value in outline.attributes("aria-labelledby") for one in value.split()}
    wanted |= set(re.findall(r"url\(#(\w+)\)", " ".join(outline.attributes("fill"))))
    assert wanted <= set(ids)


def test_the_policy_allows_the_one_style_of_the_page_and_nothing_else() -> None:
    page = as_page(TINY, [], NAMES).decode()
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert page_csp() == (
        f"default-src 'none'; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def test_the_same_releases_give_the_same_page_in_whatever_order_they_come() -> None:
    earlier = [swv(1_650, periode="2026-08", nummer=4), swv(1_660, periode="2026-09", nummer=9)]
    assert as_page(TINY, earlier, NAMES) == as_page(TINY, earlier[::-1], NAMES)


def test_the_trend_takes_the_latest_release_of_each_month() -> None:
    earlier = [
        swv(1_500, periode="2026-09", nummer=10),
        swv(1_600, periode="2026-09", nummer=11),
        swv(1_550, periode="2026-09", nummer=9),
    ]
    said = text_of(as_page(swv(), earlier, NAMES))
    assert "september 2026 voorlopig 84,7%" in said
    assert "79,4%" not in said


def test_the_trend_leaves_a_gap_where_nothing_is_shown() -> None:
    earlier = [swv(1_650, periode="2026-07", nummer=1), swv(None, periode="2026-09", nummer=9)]
    page = as_page(swv(), earlier, NAMES)
    said = text_of(page)
    assert "juli 2026: 87,3%; augustus 2026: niet getoond; september 2026: niet getoond" in said
    assert "augustus 2026 – geen levering" in said
    assert "september 2026 voorlopig verborgen verborgen" in said
    chart = page.decode().partition('aria-labelledby="lijn-1-1-t')[2].partition("</svg>")[0]
    assert chart.count('class="gat"') == 2
    assert chart.count('class="punt"') == 2
    assert 'class="lijn"' not in chart  # no two months that follow each other are shown


def test_the_trend_joins_months_that_follow_each_other() -> None:
    page = as_page(swv(), [swv(1_650, periode="2026-09", nummer=9)], NAMES).decode()
    chart = page.partition('aria-labelledby="lijn-1-1-t')[2].partition("</svg>")[0]
    assert chart.count('class="lijn"') == 1


def test_the_trend_goes_back_to_the_same_month_a_year_ago() -> None:
    earlier = [swv(periode=f"2025-{month:02d}", nummer=month) for month in range(1, 13)]
    said = text_of(as_page(swv(periode="2026-12", nummer=99), earlier, NAMES))
    assert "december 2025 voorlopig" in said
    assert "november 2025 voorlopig" not in said


def test_a_first_release_compares_with_nothing() -> None:
    said = text_of(as_page(TINY, [], NAMES))
    assert "Dit is uw eerste levering" in said
    assert "Er is nog geen eerdere maand" in said


def test_a_second_release_of_a_month_tells_which_cells_changed() -> None:
    first = swv(1_690, nummer=9)
    said = text_of(as_page(swv(1_702), [first, swv(1_600, periode="2026-09", nummer=11)], NAMES))
    assert "Vergeleken met levering 9 over dezelfde maand" in said
    assert "Trede 1 1.690 1.702 +12" in said
    assert "Trede 2 140 128 \N{MINUS SIGN}12" in said
    assert (
        "Signalen 0" not in said.partition("Cijfers die anders zijn")[2].partition("Per school")[0]
    )


def test_a_cell_that_became_hidden_is_told_without_what_it_was() -> None:
    said = text_of(as_page(swv(None), [swv(1_702, nummer=9)], NAMES))
    assert "Trede 1 zichtbaar verborgen –" in said
    assert "1.702" not in said


def test_a_release_that_changed_nothing_says_so() -> None:
    said = text_of(as_page(swv(), [swv(nummer=9)], NAMES))
    assert "is geen enkel cijfer veranderd" in said


def test_the_first_release_of_a_month_is_compared_with_the_month_before() -> None:
    earlier = [swv(1_600, periode="2026-09", nummer=9), swv(1_500, periode="2026-08", nummer=11)]
    said = text_of(as_page(swv(), earlier, NAMES))
    assert "Vergeleken met september 2026 (levering 9, voorlopig)" in said
    assert "Trede 1 84,7% 90,1% +5,4" in said  # percentage points


def test_a_later_release_is_never_compared_with_what_came_after_it() -> None:
    said = text_of(as_page(swv(), [swv(1_600, nummer=13), swv(1_500, periode="2026-11")], NAMES))
    assert "Dit is uw eerste levering" in said


def test_a_school_that_came_since_is_named() -> None:
    delivered = replace(TINY.regels[0], code="99BB01")
    now = replace(TINY, nummer=13, regels=(TINY.regels[0], delivered, *TINY.regels[2:]))
    assert "Nu wel geleverd: Het Baken (99BB01)." in text_of(as_page(now, [TINY], NAMES))
    assert "Nu niet meer geleverd: Het Baken (99BB01)." in text_of(
        as_page(replace(TINY, nummer=14), [now], NAMES)
    )


def test_more_changes_than_anybody_reads_are_counted_instead() -> None:
    def schools(trede1: int, nummer: int) -> Levering:
        codes = [f"99BB{n:02d}" for n in range(50)]
        rows = [
            regel(Niveau.VESTIGING, 100, 1, 2, 9, trede1, 95 - trede1, 5, code=c) for c in codes
        ]
        return levering(*rows, nummer=nummer)

    said = text_of(as_page(schools(80, 13), [schools(70, 12)], NAMES))
    assert "In nog 10 andere rijen is iets anders." in said


def test_a_college_sees_its_gemeente_once_for_each_samenwerkingsverband() -> None:
    vo = regel(Niveau.GEMEENTE_SWV, 90, 1, 2, 30, 80, 5, 5, 0, 0)
    po = replace(vo, code="0361-PO2703", swv="PO2703", sector="po-so")
    said = text_of(as_page(levering(po, vo), [], NAMES))
    assert "Alkmaar, po en so (PO2703)" in said
    assert "Alkmaar, vo en vso (VO2703)" in said


def test_who_is_college_and_swv_at_once_sees_both_its_wholes() -> None:
    vo = regel(Niveau.GEMEENTE_SWV, 90, 1, 2, 30, 80, 5, 5, 0, 0)
    po = replace(vo, code="0361-PO2703", swv="PO2703", sector="po-so")
    swv = regel(Niveau.SWV, 90, 1, 2, 30, 80, 5, 5, 0, 0)
    page = as_page(levering(po, vo, swv), [], NAMES)
    headings = re.findall(r"<h3[^>]*>(.*?)</h3>", page.decode())
    assert headings == ["Samenwerkingsverband VO2703, vo en vso", "Alkmaar, po en so (PO2703)"]


def test_gemeenten_of_two_samenwerkingsverbanden_are_told_apart() -> None:
    vo = regel(Niveau.GEMEENTE_SWV, 90, 1, 2, 30, 80, 5, 5, 0, 0)
    po = replace(vo, code="0361-PO2703", swv="PO2703", sector="po-so")
    swvs = [
        regel(Niveau.SWV, 90, 1, 2, 30, 80, 5, 5, 0, 0),
        regel(Niveau.SWV, 90, 1, 2, 30, 80, 5, 5, 0, 0, code="PO2703", swv="PO2703"),
    ]
    said = text_of(as_page(levering(po, vo, *swvs), [], NAMES))
    assert "Alkmaar (PO2703)" in said
    assert "Alkmaar (VO2703)" in said


def test_a_chart_of_many_areas_comes_in_pieces_that_fit_on_paper() -> None:
    swv = regel(Niveau.SWV, 90, 900, 180, 30, 80, 5, 5, 0, 0)
    many = [replace(swv, code=f"VO20{n:02d}", swv=f"VO20{n:02d}") for n in range(30)]
    country = regel(Niveau.LANDELIJK, 90, 900, 180, 30, 80, 5, 5, 0, 0)
    page = as_page(levering(*many, country), [], NAMES).decode()
    charts = re.findall(r'<svg class="grafiek" .*?</svg>', page, re.DOTALL)
    assert max(chart.count('class="naam"') for chart in charts) <= 12
    assert "per samenwerkingsverband, deel 3 van 3" in page
    assert page.count(">VO2029, vo en vso</text>") == 2  # tiers and minutes


def test_a_country_is_too_large_for_a_table_of_schools() -> None:
    schools = [replace(TINY.regels[0], code=f"99{n // 100:02d}{n % 100:02d}") for n in range(1_001)]
    rows: list[Regel] = [*schools, regel(Niveau.LANDELIJK, 90, 1, 2, 30, 80, 5, 5, 0, 0)]
    page = as_page(levering(*rows), [], NAMES)
    assert "1.001 scholen: te veel voor een pagina" in text_of(page)
    assert b"99BB00" not in page


def test_a_territory_without_any_delivery_still_has_a_page() -> None:
    said = text_of(as_page(levering(missing("99BB01")), [TINY], NAMES))
    assert "Geen enkele school leverde" in said
    assert "0 van de 1 scholen" in said


def test_the_definitions_say_the_numbers_of_the_law() -> None:
    law = open_law().on(RELEASED.date())
    said = text_of(as_page(TINY, [], NAMES))
    first, second = law.trede1_procent, law.trede2_procent
    assert f"ten minste {first}% van de geplande lestijd" in said
    assert f"ten minste {second}% en minder dan {first}%" in said
    assert f"minder dan {second}% van de geplande lestijd" in said
    assert f"minder dan {law.rij_leerlingen} leerlingen" in said
    assert f"1 tot en met {law.onderdrukking_drempel - 1}" in said
    assert law.dominantie_procent == 50  # "geen van hen meer dan de helft"
    assert "geen van hen meer dan de helft" in said
    assert f"{first} %" in MEASURES[Measure.TREDE1][1]
    assert f"{second} % tot {first} %" in MEASURES[Measure.TREDE2][1]
    assert f"minder dan {second} %" in MEASURES[Measure.TREDE3][1]


@pytest.mark.parametrize(
    "word", ["certificaat", "openssl dgst -sha256", "manifest", "herkenbare leerlingen"]
)
def test_the_page_says_why_it_hides_and_how_to_check_it(word: str) -> None:
    assert word in text_of(as_page(TINY, [], NAMES))
