"""The page of a levering in a real browser: accessible, inert, on small screens and on paper."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.async_api import Browser

from exchange.figures.publish import as_page, territory
from exchange.policy.parties import Role
from tests.integration.pages.region import NAMES, SWV, months
from tests.integration.pages.visit import visit

RELEASES = months()


def page_of(role: Role, remit: str, name: str, last: int = len(RELEASES)) -> bytes:
    """Give a recipient's page of one of the releases, with all before it."""
    *earlier, now = (territory(one, role, remit) for one in RELEASES[:last])
    return as_page(now, earlier, replace(NAMES, ontvanger=name))


PAGES = {
    "swv": page_of(Role.SWV, SWV, NAMES.ontvanger),
    "first-of-a-month": page_of(Role.SWV, SWV, NAMES.ontvanger, len(RELEASES) - 1),
    "first-of-all": page_of(Role.SWV, SWV, NAMES.ontvanger, 1),
    "college": page_of(Role.COLLEGE, "0361", "Gemeente Alkmaar"),
    "ocw": page_of(Role.OCW, "", "Ministerie van Onderwijs, Cultuur en Wetenschap"),
    "nobody": page_of(Role.SWV, "VO3199", "Samenwerkingsverband VO3199"),
}
SWV_PAGE = PAGES["swv"]

every_page = pytest.mark.parametrize("content", PAGES.values(), ids=PAGES)


@every_page
@pytest.mark.parametrize("width", [1280, 320])
async def test_no_rule_of_accessibility_is_broken(
    browser: Browser, content: bytes, width: int
) -> None:
    async with visit(browser, content, width) as opened:
        assert await opened.faults() == []


@pytest.mark.parametrize(
    ("good", "bad", "rule"),
    [
        (b' lang="nl"', b"", "html-has-lang"),
        (b"<h3", b"<h5", "heading-order"),
        (b' role="img" aria-labelledby="tredes-1-t tredes-1-d"', b' role="img"', "svg-img-alt"),
        (b'<th scope="col">', b'<th scope="kolom">', "scope-attr-valid"),
    ],
)
async def test_a_broken_rule_of_accessibility_is_found(
    browser: Browser, good: bytes, bad: bytes, rule: str
) -> None:
    broken = SWV_PAGE.replace(good, bad)
    title = rb'<title id="tredes-1-t">.*?</title>\n<desc id="tredes-1-d">.*?</desc>'
    broken = re.sub(title, b"", broken) if rule == "svg-img-alt" else broken
    assert broken != SWV_PAGE
    async with visit(browser, broken) as opened:
        assert await opened.faults(rule) != []


async def test_pale_text_is_found(browser: Browser) -> None:
    """The style cannot be changed without its policy, so the window does it."""
    async with visit(browser, SWV_PAGE) as opened:
        await opened.run("document.documentElement.style.setProperty('--zacht', '#a5b0ba')")
        assert await opened.faults("color-contrast") != []


@every_page
async def test_the_policy_has_nothing_to_stop_and_nothing_is_fetched(
    browser: Browser, content: bytes
) -> None:
    async with visit(browser, content) as opened:
        assert await opened.stopped() == []
        assert len(opened.asked) == 1
        body = await opened.run("getComputedStyle(document.body).maxWidth")
        assert body != "none"  # the one style was let through


@pytest.mark.parametrize(
    ("planted", "directive"),
    [
        (b"<script>document.title = 'taken'</script>", "script-src"),
        (b'<p style="color: red">x</p>', "style-src"),
        (b'<img src="/x.png" alt="x">', "img-src"),
        (b"<style>p { color: red }</style>", "style-src"),
    ],
)
async def test_what_does_not_belong_is_stopped(
    browser: Browser, planted: bytes, directive: str
) -> None:
    content = SWV_PAGE.replace(b"</main>", planted + b"</main>")
    async with visit(browser, content) as opened:
        assert any(one.startswith(directive) for one in await opened.stopped())
        assert await opened.run("document.title") != "taken"


@every_page
async def test_every_width_holds_all_of_it_but_the_tables(browser: Browser, content: bytes) -> None:
    async with visit(browser, content) as opened:
        for width in (1280, 768, 320):
            await opened.page.set_viewport_size({"width": width, "height": 900})
            assert await opened.run("document.documentElement.scrollWidth") <= width
            assert await opened.run(OVERLAPPING) == []


OVERLAPPING = """
[...document.querySelectorAll('svg.grafiek')].flatMap(chart => {
  const words = [...chart.querySelectorAll('text')]
    .map(text => [text.textContent, text.getBoundingClientRect()]);
  const meet = (p, q) => p.left < q.right && q.left < p.right
    && p.top < q.bottom - 2 && q.top < p.bottom - 2;
  return words.flatMap(([one, p], n) => words.slice(n + 1)
    .filter(([_, q]) => meet(p, q)).map(([other]) => one + ' / ' + other));
})"""
"""Pairs of words in one chart that lie over each other."""


async def test_words_that_overlap_are_found(browser: Browser) -> None:
    content = SWV_PAGE.replace(b">Alkmaar</text>", b">" + b"M" * 60 + b"</text>")
    async with visit(browser, content) as opened:
        assert await opened.run(OVERLAPPING) != []


async def test_the_keyboard_reaches_every_link_and_every_table(browser: Browser) -> None:
    where = """(() => { const e = document.activeElement, left = e.getBoundingClientRect().left;
      return [e.getAttribute('href') || e.getAttribute('aria-labelledby') || e.tagName,
              getComputedStyle(e).outlineStyle !== 'none' && left >= 0]; })()"""
    async with visit(browser, SWV_PAGE, 320) as opened:
        wanted = await opened.run("document.querySelectorAll('a, [tabindex=\"0\"]').length")
        reached = []
        for _ in range(wanted):
            await opened.page.keyboard.press("Tab")
            reached.append(await opened.run(where))
    assert reached[0][0] == "#inhoud"
    assert len({name for name, _ in reached}) == wanted > 10
    assert [name for name, visible in reached if not visible] == []


async def test_the_first_link_leads_past_the_menu(browser: Browser) -> None:
    async with visit(browser, SWV_PAGE) as opened:
        await opened.page.keyboard.press("Tab")
        await opened.page.keyboard.press("Enter")
        await opened.page.keyboard.press("Tab")
        focused = await opened.run("document.activeElement.getAttribute('aria-labelledby')")
    assert focused == "tabel-tredes-1"


async def test_a_wide_table_scrolls_by_keyboard(browser: Browser) -> None:
    async with visit(browser, SWV_PAGE, 320) as opened:
        region = opened.page.locator("[aria-labelledby=tabel-scholen]").last
        await region.focus()
        await opened.page.keyboard.press("ArrowRight")
        await opened.page.wait_for_function(
            "document.querySelectorAll('.schuif[aria-labelledby=tabel-scholen]')[0].scrollLeft > 0"
        )


@pytest.mark.parametrize(("motion", "behaviour"), [("reduce", "auto"), ("no-preference", "smooth")])
async def test_nothing_moves_for_who_asked_for_that(
    browser: Browser, motion: str, behaviour: str
) -> None:
    async with visit(browser, SWV_PAGE, motion=motion) as opened:  # type: ignore[arg-type]
        found = await opened.run("getComputedStyle(document.documentElement).scrollBehavior")
    assert found == behaviour


async def test_it_prints_on_a4_without_its_menu(browser: Browser) -> None:
    async with visit(browser, SWV_PAGE) as opened:
        printed = await opened.page.pdf(prefer_css_page_size=True)
    sizes = set(re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed))
    assert [(round(float(w)), round(float(h))) for w, h in sizes] == [(595, 842)]
    assert 3 <= len(re.findall(rb"/Type /Page\b", printed)) <= 8


async def test_on_paper_headers_repeat_and_no_chart_is_cut(browser: Browser) -> None:
    async with visit(browser, SWV_PAGE) as opened:
        await opened.page.emulate_media(media="print")
        style = (
            "[...new Set([...document.querySelectorAll('%s')].map(e => getComputedStyle(e).%s))]"
        )
        assert await opened.run(style % ("thead", "display")) == ["table-header-group"]
        assert await opened.run(style % ("figure", "breakInside")) == ["avoid"]
        assert await opened.run(style % ("tr", "breakInside")) == ["avoid"]
        assert await opened.run(style % ("nav", "display")) == ["none"]
        assert await opened.run(style % (".schuif", "overflowX")) == ["visible"]
        assert await opened.run(style % ("svg.grafiek", "printColorAdjust")) == ["exact"]


async def test_on_paper_nothing_is_wider_than_the_sheet(browser: Browser) -> None:
    millimetre = 96 / 25.4
    width = int((210 - 2 * 13) * millimetre)
    async with visit(browser, SWV_PAGE, width) as opened:
        await opened.page.emulate_media(media="print")
        ends = (
            "[...document.querySelectorAll('table, svg')].map(e => e.getBoundingClientRect().right)"
        )
        assert max(await opened.run(ends)) <= width + 1
