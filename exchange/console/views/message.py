"""What the page of one message shows: what came in, who got which field, what happened since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from exchange.accountability.custody import ERASED, WITHDRAWN, Custody, Step, View
from exchange.accountability.record import Action
from exchange.console.views import words
from exchange.console.views.parties import called, called_in_full
from exchange.console.views.table import Cell, Fact, Table, table
from exchange.policy.parties import Directory
from exchange.storage.custody import ParcelState

_ROLES = {
    "leerplicht": "Leerplicht",
    "college": "College van B en W",
    "swv": "Samenwerkingsverband",
    "ocw": "Ministerie van OCW",
}
_STATES = {
    "wachtend": "staat klaar",
    "afgeleverd": "opgehaald",
    "bevestigd": "ontvangst bevestigd",
    "geweigerd": "geweigerd",
    "ingetrokken": "ingetrokken",
    "geparkeerd": "niet opgehaald, de school weet het",
    "vervallen": "vervallen na de bewaartermijn",
    "opgenomen": "telt alleen mee in cijfers",
    "geen": "krijgt niets",
}
_BY_STEP = {
    Action.OPGEHAALD.value: "afgeleverd",
    Action.BEVESTIGD.value: "bevestigd",
    Action.GEWEIGERD.value: "geweigerd",
    Action.GEPARKEERD.value: "geparkeerd",
    Action.VERVALLEN.value: "vervallen",
}
_STEPS = {
    WITHDRAWN: "De school trok het bericht in",
    ERASED: "De inhoud is gewist",
    "tekst-gewist": "De tekst van deze logregel is na haar termijn gewist",
}


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One thing that happened."""

    title: str
    when: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Everything about one message that the visitor may see."""

    bericht_id: str
    facts: tuple[Fact, ...]
    streams: Table
    fields: Table
    steps: tuple[ShownStep, ...]
    remarks: tuple[str, ...]


def message_page(custody: Custody, directory: Directory) -> MessagePage:
    """Lay one chain of custody out."""
    return MessagePage(
        bericht_id=str(custody.bericht_id),
        facts=tuple(_facts(custody, directory)),
        streams=_streams(custody, directory),
        fields=_fields(custody.views),
        steps=tuple(_step(step, directory) for step in custody.steps),
        remarks=tuple(_remarks(custody)),
    )


def _remarks(custody: Custody) -> Iterable[str]:
    if custody.bericht_gewist:
        yield (
            "Het bericht zelf is na de bewaartermijn gewist. Hieronder staat wat het logboek er nog"
            " van weet."
        )
    if not custody.volledig:
        yield "Er zijn meer logregels dan hier passen. Zoek verder met het berichtnummer."


def _facts(custody: Custody, directory: Directory) -> Iterable[Fact]:
    yield Fact("Berichtnummer", str(custody.bericht_id), code=True)
    yield Fact("Soort", words.spoken(custody.soort))
    yield Fact("Aangenomen", words.moment(custody.ontvangen_op))
    yield Fact("Van", called_in_full(custody.afzender, directory))
    yield Fact("Regels van", f"{words.day(custody.beleid)} (noodzaaktabel)")
    if custody.ingetrokken_op is not None:
        yield Fact("Ingetrokken", words.moment(custody.ingetrokken_op))
    if custody.ingetrokken_door is not None:
        other = str(custody.ingetrokken_door)
        yield Fact("Door bericht", other, f"/console/berichten/{other}")


def _streams(custody: Custody, directory: Directory) -> Table:
    parcels = {parcel.rol: parcel for parcel in custody.pakketten}
    return table(
        "ontvangers",
        "Wie het bericht krijgt, en hoe het er nu voor staat",
        ("Voor", "Organisatie", "Stand", "Inhoud gewist"),
        (
            _stream(view, parcels.get(view.rol), _told(view, custody), directory)
            for view in custody.views
        ),
        "Wie wat kreeg, is na de bewaartermijn gewist of niet voor u te zien.",
    )


def _told(view: View, custody: Custody) -> str:
    """Say where a stream stands by the log alone: the FG does not see the mailbox itself."""
    if view.status == "wachtend" and custody.ingetrokken_op is not None:
        return "ingetrokken"
    mine = (s for s in custody.steps if view.ontvanger in {s.door, s.aan} and s.uitkomst == "ok")
    told = [_BY_STEP[step.wat] for step in mine if step.wat in _BY_STEP]
    return told[-1] if told else view.status


def _stream(
    view: View, parcel: ParcelState | None, told: str, directory: Directory
) -> tuple[Cell, ...]:
    status = parcel.status if parcel else told
    erased = words.moment(parcel.erased_at) if parcel and parcel.erased_at else words.NOTHING
    return (
        Cell(_ROLES.get(view.rol, view.rol)),
        Cell(called(view.ontvanger, directory) if view.ontvanger else words.NOTHING),
        Cell(_STATES.get(status, status)),
        Cell(erased),
    )


def _fields(views: Sequence[View]) -> Table:
    """Give every field with what became of it for each role."""
    handled = [_handled(view) for view in views]
    names = sorted({name for one in handled for name in one}, key=words.field)
    return table(
        "velden",
        "Wat er van elk veld is doorgegeven. De inhoud zelf staat hier nooit.",
        ("Veld", *(_ROLES.get(view.rol, view.rol) for view in views)),
        (
            (
                Cell(words.field(name)),
                *(Cell(one.get(name, words.NOTHING), look="ruim") for one in handled),
            )
            for name in names
        ),
        "Er zijn geen velden te zien.",
    )


def _handled(view: View) -> dict[str, str]:
    return {
        **{name: f"Niet: {ground}" for name, ground in view.ingehouden},
        **dict.fromkeys(view.route, "Alleen om de ontvanger te vinden"),
        **dict.fromkeys(view.afgeleid, "Telt mee in cijfers"),
        **dict.fromkeys(view.gegeneraliseerd, "Minder precies doorgegeven"),
        **dict.fromkeys(view.doorgegeven, "Doorgegeven"),
    }


def _step(step: Step, directory: Directory) -> ShownStep:
    title = _STEPS.get(step.wat) or words.spoken(step.wat)
    return ShownStep(title, words.moment(step.tijd), tuple(_step_facts(step, directory)))


def _step_facts(step: Step, directory: Directory) -> Iterable[Fact]:
    if step.door is not None:
        yield Fact("Door", called_in_full(step.door, directory))
    if step.namens is not None and step.namens != step.door:
        yield Fact("Namens", called(step.namens, directory))
    if step.aan is not None:
        yield Fact("Aan", called_in_full(step.aan, directory))
    if step.uitkomst is not None and step.uitkomst != "ok":
        yield Fact("Uitkomst", words.outcome(step.uitkomst))
    if step.velden:
        yield Fact("Velden", "; ".join(words.field(name) for name in step.velden))
    if step.bericht is not None:
        yield Fact("Bericht", str(step.bericht), f"/console/berichten/{step.bericht}")
    if step.entry is not None:
        place = "nog niet verzegeld" if step.plaats is None else f"plaats {step.plaats}"
        yield Fact("Logregel", f"{step.entry} ({place})", f"/console/regels/{step.entry}")
