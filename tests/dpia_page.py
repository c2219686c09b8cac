"""The register of processing with its DPIA annex as a page: from the data that the gateway uses.

In Dutch, because it is made for privacy officers; ``schemas/dpia.toml`` adds risks and measures.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from exchange.accountability.register import Activity, Handling, Stream, register
from exchange.accountability.register_document import term_of
from exchange.bootstrap.law import open_activities, open_law, open_necessity
from exchange.messages.soort import Soort
from exchange.policy.necessity import Mode
from exchange.policy.parties import RECIPIENT_ROLES

_DATA = Path(__file__).resolve().parents[1] / "schemas" / "dpia.toml"
_HEAD = """\
# Register van verwerkingen en bijlage bij de DPIA

Gemaakt door `make docs` uit `schemas/necessity`, `schemas/processing_activities.toml` en
`schemas/dpia.toml`. De poort dwingt dezelfde tabellen af; een test vergelijkt ze veld voor veld.
Het register van een draaiende poort staat op `/v1/verwerkingsactiviteiten`, met zijn geschiedenis.

Dit is een bijlage, geen DPIA: de afweging maakt de verwerkingsverantwoordelijke. Geen jurist heeft
deze bladzijde bevestigd. Een **voorstel** rust op wetsvoorstel 36 663: het loopt alleen in een
proef met testnummers.

Wat er met een gegeven gebeurt: **doorgegeven** (gaat verzegeld mee), **toegevoegd** (maakt de
poort), **afgeleid** (alleen in een aantal), **gegeneraliseerd** (grover gemaakt), **route**
(bepaalt alleen de ontvanger) of **ingehouden** (gaat niet mee, met de reden).
"""


@dataclass(frozen=True, slots=True)
class Risk:
    """What can go wrong, where, what was done against it, what proves that, and what is left."""

    naam: str
    gevolg: str
    geldt_voor: tuple[str, ...]
    maatregel: str
    belofte: str
    bewezen_door: tuple[str, ...]
    rest: str

    def concerns(self, activity: Activity) -> bool:
        """Whether it can happen in ``activity``."""
        name = activity.id.partition("/")[0]
        reach = activity.stream.reach.value if activity.stream else ""
        return bool({"alles", name, reach} & set(self.geldt_voor))


@cache
def risks() -> tuple[Risk, ...]:
    """Give every risk, in the order of the page."""
    entries = tomllib.loads(_DATA.read_text("utf-8"))["risico"]
    return tuple(_risk(entry) for entry in entries)


def _risk(entry: dict[str, Any]) -> Risk:
    lists = {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
    return Risk(**{**entry, **lists})


@cache
def activities() -> tuple[Activity, ...]:
    """Give the register as it stands from the newest date in the data on."""
    found = register(open_necessity(), open_activities(), Mode.TRIAL)
    return found.on(max(activity.geldig_vanaf for activity in found.activities))


def dpia_page() -> str:
    """Give the page as Markdown."""
    lines = [_HEAD, *_overview(), *_messages(), *_others(), *_risks()]
    return "\n".join(lines)


def _overview() -> Iterator[str]:
    yield "## Overzicht\n"
    yield "| Verwerking | Naam | Verwerkingsverantwoordelijke | Verwerker | Sinds | |"
    yield "|---|---|---|---|---|---|"
    for a in activities():
        cells = (a.naam, a.verantwoordelijke, a.verwerker, a.geldig_vanaf, a.status.value)
        yield f"| `{a.id}` | {' | '.join(map(str, cells))} |"
    yield ""


def _messages() -> Iterator[str]:
    for soort in Soort:
        of_soort = {
            stream.role: activity
            for activity in activities()
            if (stream := activity.stream) is not None and stream.soort is soort
        }
        ordered = [of_soort[role] for role in RECIPIENT_ROLES]
        yield f"## Bericht: {soort.value}\n"
        yield f"Van {ordered[0].verstrekker}. Gaat over: {', '.join(ordered[0].betrokkenen)}.\n"
        yield from _streams(ordered)
        yield from _members(ordered)
        yield from _kept(ordered)
        yield from _what_can_go_wrong(ordered)


def _streams(ordered: Sequence[Activity]) -> Iterator[str]:
    yield "| Verwerking | Ontvanger | Doel | Grondslag |"
    yield "|---|---|---|---|"
    for a in ordered:
        whom = ", ".join(a.ontvangers) or "niemand"
        yield f"| `{a.id}` ({a.status.value}) | {whom} | {a.doel} | {a.grondslag} |"
    yield ""


def _members(ordered: Sequence[Activity]) -> Iterator[str]:
    roles = [_stream(activity).role.value for activity in ordered]
    yield f"| Gegeven | {' | '.join(roles)} |"
    yield f"|---{'|---' * len(roles)}|"
    names = dict.fromkeys(datum.naam for activity in ordered for datum in activity.gegevens)
    for name in names:
        yield f"| `{name}` | {' | '.join(_said(activity, name) for activity in ordered)} |"
    yield ""


def _said(activity: Activity, name: str) -> str:
    datum = next((d for d in activity.gegevens if d.naam == name), None)
    if datum is None:
        return ""
    strong = datum.behandeling in {Handling.DOORGEGEVEN, Handling.TOEGEVOEGD}
    kind = f"**{datum.behandeling.value}**" if strong else datum.behandeling.value
    return f"{kind}: {datum.toelichting}" if datum.toelichting else kind


def _others() -> Iterator[str]:
    for a in activities():
        if a.stream is not None:
            continue
        yield f"## {a.naam}\n"
        yield f"- Verwerking: `{a.id}` ({a.status.value})"
        yield f"- Verwerkingsverantwoordelijke: {a.verantwoordelijke}; verwerker: {a.verwerker}"
        yield f"- Doel: {a.doel}"
        yield f"- Grondslag: {a.grondslag}"
        yield f"- Gaat over: {', '.join(a.betrokkenen)}"
        yield f"- Gegevens: {'; '.join(datum.naam for datum in a.gegevens)}"
        yield f"- Ontvangers: {'; '.join(a.ontvangers)}"
        yield ""
        yield from _kept([a])
        yield from _what_can_go_wrong([a])


def _kept(of: Sequence[Activity]) -> Iterator[str]:
    law, day = open_law(), max(activity.geldig_vanaf for activity in of)
    yield "| Bewaarplaats | Wat | Tot wanneer | Bron |"
    yield "|---|---|---|---|"
    stored = {at.naam: at for activity in of for at in activity.bewaring}
    for name, at in stored.items():
        termijn, bron = term_of(at, day, law)
        yield f"| `{name}` | {at.store.wat} | {termijn} | {bron or ''} |"
    yield ""


def _what_can_go_wrong(of: Sequence[Activity]) -> Iterator[str]:
    numbers = [n for n, risk in enumerate(risks(), 1) if any(map(risk.concerns, of))]
    yield f"Doorgifte: {_one(a.doorgifte for a in of)} Maatregelen:\n"
    for text in dict.fromkeys(text for activity in of for text in activity.maatregelen):
        yield f"- {text}"
    yield ""
    yield f"Risico's: {', '.join(f'[R{n}](#risicos-en-maatregelen)' for n in numbers)}.\n"


def _one(texts: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(texts))


def _risks() -> Iterator[str]:
    yield "## Risico's en maatregelen\n"
    yield "| | Wat er mis kan gaan | Gevolg | Maatregel | Belofte | Bewezen door | Wat overblijft |"
    yield "|---|---|---|---|---|---|---|"
    for number, risk in enumerate(risks(), 1):
        tests = "<br>".join(f"`{test.removeprefix('tests/')}`" for test in risk.bewezen_door)
        cells = (risk.naam, risk.gevolg, risk.maatregel, risk.belofte, tests, risk.rest)
        yield f"| R{number} | {' | '.join(cells)} |"
    yield ""


def _stream(activity: Activity) -> Stream:
    assert activity.stream is not None
    return activity.stream
