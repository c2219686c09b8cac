"""What the page of findings shows: what was found, by which rule, and what was said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exchange.console.views import words
from exchange.console.views.fields import Option
from exchange.console.views.spans import Span, span_links
from exchange.console.views.table import Fact
from exchange.pipeline.findings import Finding, ReviewOutcome

PATH = "/console/bevindingen"
SPANS = (7, 30, 92)
MOST_SHOWN = 50
_OUTCOMES = {
    ReviewOutcome.VERKLAARD: "Verklaard: er is niets mis",
    ReviewOutcome.NADER_ONDERZOEK: "Ik onderzoek dit nader",
    ReviewOutcome.DATALEK: "Dit is gemeld als datalek",
}
CHOICES = tuple(Option(outcome.value, text) for outcome, text in _OUTCOMES.items())
CHOOSE = "Kies wat u van deze bevinding vindt."


@dataclass(frozen=True, slots=True)
class Shown:
    """One finding; ``key`` names it in the form, ``id`` on the page."""

    id: str
    key: str
    title: str
    detail: str
    rule: str
    facts: tuple[Fact, ...]
    entries: tuple[Fact, ...]
    entries_title: str
    review: str
    question: str
    error: str


@dataclass(frozen=True, slots=True)
class FindingsPage:
    """The findings that are shown: those without a review first, each group the latest first."""

    spans: tuple[Span, ...]
    days: int
    summary: str
    told: str
    findings: tuple[Shown, ...]
    wrong: tuple[Shown, ...]
    choices: tuple[Option, ...] = CHOICES


def findings_page(
    found: Sequence[Finding], days: int, *, told: bool = False, unanswered: str = ""
) -> FindingsPage:
    """Lay the findings out; ``unanswered`` is the key of one whose form was sent empty."""
    ordered = sorted(found, key=lambda one: one.review is not None)[:MOST_SHOWN]
    shown = tuple(_shown(n, one, unanswered) for n, one in enumerate(ordered, 1))
    return FindingsPage(
        spans=span_links(PATH, SPANS, days),
        days=days,
        summary=_summary(found),
        told="Uw oordeel is vastgelegd, ook in het logboek." if told else "",
        findings=shown,
        wrong=tuple(one for one in shown if one.error),
    )


def _summary(found: Sequence[Finding]) -> str:
    waiting = sum(one.review is None for one in found)
    if not found:
        return "In deze dagen viel niets op."
    counted = words.counted(len(found), "bevinding", "bevindingen")
    left = f" Hier staan er {MOST_SHOWN}." if len(found) > MOST_SHOWN else ""
    return f"{counted}, waarvan {waiting} nog zonder oordeel.{left}"


def _shown(number: int, one: Finding, unanswered: str) -> Shown:
    return Shown(
        id=f"bevinding-{number}",
        key=one.key,
        title=f"{number}. {one.rule.titel}: {one.who_name or 'de poort zelf'}",
        detail=one.detail,
        rule=one.rule.uitleg,
        facts=_facts(one),
        entries=tuple(_entry(n, str(entry)) for n, entry in enumerate(one.entries, 1)),
        entries_title=_entries_title(one),
        review=_review(one),
        question="Nieuw oordeel" if one.review else "Uw oordeel",
        error=CHOOSE if one.key == unanswered else "",
    )


def _facts(one: Finding) -> tuple[Fact, ...]:
    given = (
        Fact("Van", words.moment(one.since)),
        Fact("Tot", words.moment(one.until) if one.until != one.since else ""),
        Fact("Wie", f"{one.who_name} ({one.who})" if one.who else "Verzuim Exchange"),
        Fact("Account", str(one.account) if one.account else "", code=True),
        Fact("Gaat over", _about(one)),
    )
    return tuple(fact for fact in given if fact.text)


def _about(one: Finding) -> str:
    if "/" in one.about:
        return words.activity(one.about)
    return one.about_name


def _entry(number: int, entry: str) -> Fact:
    return Fact(f"regel {number}", f"{number}: {entry}", f"/console/regels/{entry}")


def _entries_title(one: Finding) -> str:
    if len(one.entries) < one.count:
        return f"De eerste {len(one.entries)} van {one.count} logregels"
    return "De logregel" if len(one.entries) == 1 else f"De {len(one.entries)} logregels"


def _review(one: Finding) -> str:
    if one.review is None:
        return ""
    return f"{_OUTCOMES[one.review.outcome]} ({words.moment(one.review.reviewed_at)})"
