"""Puts what became of one pupil's data into plain Dutch sentences, per schooljaar and school."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from exchange.accountability.inzage import GATEWAY, Inzage, Reach, Stroom, Verwerking, Wie
from exchange.accountability.record import Action
from exchange.messages.outcome import Outcome
from exchange.policy.calendar import AMSTERDAM


@dataclass(frozen=True, slots=True)
class Zin:
    """One verwerking as a sentence, with what it was about, what for, and on which ground."""

    tijd: datetime
    tekst: str
    velden: tuple[str, ...]
    doel: str
    grondslag: str
    bericht_id: UUID | None
    gelukt: bool


@dataclass(frozen=True, slots=True)
class Section:
    """What concerns the pupil at one school in one schooljaar, oldest first."""

    schooljaar: str
    school: str
    zinnen: tuple[Zin, ...]


def sentences(inzage: Inzage) -> tuple[Section, ...]:
    """Give the report, newest schooljaar first; what concerns two schools stands at both."""
    grouped: dict[tuple[int, str], list[Zin]] = {}
    for one in inzage.verwerkingen:
        for code, schooljaar in one.places:
            grouped.setdefault((-schooljaar.start, str(code)), []).append(_sentence(one))
    return tuple(
        Section(f"{-year}-{1 - year}", _school(code, inzage.schools), tuple(found))
        for (year, code), found in sorted(grouped.items(), key=lambda item: item[0])
    )


def how_far_back(reach: Reach) -> str:
    """Say in plain Dutch from which day on something can still be found, per kind."""
    return (
        f"Dit overzicht gaat over signalen en verzuimmeldingen over dagen vanaf"
        f" {day_in_words(reach.messages)}, en over registraties van verzuim over dagen vanaf"
        f" {day_in_words(reach.registrations)}. Wat over eerdere dagen ging is gewist, met alles"
        " waarmee het te vinden was. Niet in dit overzicht: wat de school en de ontvangers in hun"
        " eigen systemen bewaren, en cijfers waarin niemand te herkennen is."
    )


def day_in_words(day: date) -> str:
    """Write a day as people say it: 3 oktober 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_MONTHS = (
    *("januari", "februari", "maart", "april", "mei", "juni"),
    *("juli", "augustus", "september", "oktober", "november", "december"),
)


def _school(code: str, names: Mapping[str, str]) -> str:
    return f"{names[code]} ({code})" if code in names else code


def _sentence(one: Verwerking) -> Zin:
    local = one.tijd.astimezone(AMSTERDAM)
    when = f"Op {day_in_words(local.date())} om {local:%H.%M} uur"
    return Zin(
        tijd=one.tijd,
        tekst=f"{when} {_act(one)}.{_counted(one.stromen)}",
        velden=tuple(map(in_words, one.velden)),
        doel=one.doel,
        grondslag=one.grondslag,
        bericht_id=one.bericht_id,
        gelukt=one.uitkomst == Outcome.OK,
    )


def _act(one: Verwerking) -> str:
    """Say who did what: verb first, as it follows the time."""
    what = _WHAT.get(one.soort or "", "een bericht")
    if one.uitkomst == Outcome.FOUT:
        return f"mislukte bij de poort een verzoek van {_who(one)}; er is niets bewaard of getoond"
    if one.uitkomst == Outcome.GEWEIGERD:
        return f"weigerde de poort een verzoek van {_who(one)} over {what} ({one.code})"
    if one.actie == Action.AANGENOMEN:
        passed = f" en gaf die door aan {one.aan.naam}" if one.aan else ""
        return f"nam de poort {what} aan van {_who(one)}{passed}"
    told = _TOLD.get(one.actie)
    if told is None:
        return f"is over {what} vastgelegd: {one.actie.replace('-', ' ')}, door {_who(one)}"
    return told.format(who=_who(one), what=what, school=one.aan.naam if one.aan else "de school")


_WHAT: Mapping[str, str] = {
    "signaal": "een signaal van zorgelijk verzuim",
    "verzuimmelding": "een verzuimmelding",
    "intrekking": "een intrekking van een eerder bericht",
    "verzuimregistraties": "een levering met registraties van verzuim",
}

_TOLD: Mapping[str, str] = {
    Action.OPGEHAALD: "haalde {who} {what} op",
    Action.BEVESTIGD: "bevestigde {who} de ontvangst van {what}",
    Action.GEWEIGERD: "weigerde {who} {what}; de inhoud is vernietigd en {school} kreeg bericht",
    Action.TERUGGEMELD: "meldde {who} aan {school} hoe het staat met {what}",
    Action.GEPARKEERD: "kreeg {school} bericht dat {what} niet is opgehaald",
    Action.VERVALLEN: "verviel {what}; de inhoud is vernietigd en {school} kreeg bericht",
    Action.GETOETST: "liet {who} {what} controleren; er is niets bewaard of doorgegeven",
    Action.LIJST_INGEZIEN: "keek {who} of {what} klaarstond",
    Action.ONTVANGSTBEWIJS_INGEZIEN: "bekeek {who} het ontvangstbewijs van {what}",
    Action.BEWAARKETEN_INGEZIEN: "bekeek {who} wat er met {what} is gebeurd",
    Action.LOGBEWIJS_INGEZIEN: "vroeg {who} het bewijs dat {what} in het logboek staat",
    Action.INZAGE_GEGEVEN: "kreeg {who} een overzicht als dit te zien",
}


def _who(one: Verwerking) -> str:
    """Name the organisation; the gateway itself is `de poort`, an employee is never named."""
    who = "de poort" if one.door.naam == GATEWAY and one.door.oin is None else one.door.naam
    return f"{who} (namens {_called(one.namens)})" if one.namens else who


def _called(who: Wie) -> str:
    if who.vestigingscode and who.naam != who.vestigingscode:
        return f"{who.naam}, {who.vestigingscode}"
    return who.naam


def _counted(streams: Sequence[Stroom]) -> str:
    """Say for whose figures it counts: only numbers leave, and what for stands with the stream."""
    roles = [_ROLES[stream.rol] for stream in streams if stream.geteld and stream.rol in _ROLES]
    if not roles:
        return ""
    *first, last = roles
    listed = f"{', '.join(first)} en {last}" if first else last
    return f" Het telt mee in cijfers voor {listed}."


_ROLES: Mapping[str, str] = {
    "leerplicht": "de leerplichtambtenaar",
    "college": "de gemeente van de school",
    "swv": "het samenwerkingsverband",
    "ocw": "het ministerie van OCW",
}


def in_words(member: str) -> str:
    """Give a member's name in plain words, where we have them."""
    return _WORDS.get(member, member)


_WORDS: Mapping[str, str] = {
    "actieGemeenteGewenst": "of de school actie van de gemeente wil",
    "actiesSchool": "wat de school al deed",
    "afsluitreden": "waarom de gemeente de zaak sloot",
    "alleLessenGemist": "of alle lessen zijn gemist",
    "begindatum": "eerste dag van het verzuim",
    "berichtId": "nummer van het bericht",
    "betreft": "nummer van het eerdere bericht",
    "categorie": "geoorloofd of ongeoorloofd",
    "contact": "functie en e-mailadres van het contact op school",
    "criterium": "waarom de school zich zorgen maakt (code van de school)",
    "dagen": "dagen en minuten van het verzuim",
    "datum": "dag van het verzuim",
    "einddatum": "laatste dag van het verzuim",
    "ingetrokken": "of de registratie is ingetrokken",
    "minuten": "minuten verzuim",
    "ongeoorloofdeMinuten": "minuten ongeoorloofd verzuim",
    "oudersGeinformeerdOp": "dag waarop de ouders zijn ingelicht",
    "pgn": "persoonsgebonden nummer",
    "plicht": "leerplichtig of kwalificatieplichtig",
    "reden": "reden (uit een vaste lijst)",
    "registratieId": "nummer van de registratie",
    "soort": "soort bericht",
    "status": "stand van zaken",
    "uitkomst": "ontvangen of geweigerd",
    "venster": "periode waarover is geteld",
    "vervangt": "nummer van het bericht dat dit vervangt",
    "verzuimsoort": "soort verzuim",
    "vestigingscode": "code van de schoolvestiging",
    "woongemeente": "gemeente waar de leerling woont",
    "zaakreferentie": "kenmerk van de leerling, alleen voor deze ontvanger en dit schooljaar",
}
