"""What a visitor reads when something cannot be shown: what is the matter, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from exchange.errors import Code, ExchangeError, Fault, Invalid, Unavailable

RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status, and the words of its page."""

    status: int
    title: str
    matter: str
    remedy: str


_AGAIN = "Probeer het over een minuut opnieuw. Blijft het zo, bel dan de beheerder."
_BACK = "Ga terug, laad de pagina opnieuw en probeer het nog eens."
_GONE = Refusal(
    410,
    "Niet meer beschikbaar",
    "Deze gegevens zijn ingetrokken of na hun bewaartermijn vernietigd.",
    "Wat ermee is gebeurd, vindt u nog in het logboek.",
)
_BY_STATUS: Mapping[int, Refusal] = {
    403: Refusal(
        403,
        "Dit mag niet",
        "U heeft geen recht op deze pagina, of het formulier hoort niet bij uw sessie.",
        _BACK,
    ),
    404: Refusal(
        404,
        "Niet gevonden",
        "Deze pagina bestaat niet, of u mag haar niet zien.",
        "Controleer het adres, of kies een pagina uit het menu.",
    ),
    405: Refusal(405, "Dit kan hier niet", "Deze pagina kent deze handeling niet.", _BACK),
}
_BY_CODE: Mapping[Code, Refusal] = {
    Code.NIET_AANGEMELD: Refusal(
        401,
        "U bent niet meer aangemeld",
        "Uw sessie is voorbij: na 30 minuten zonder gebruik, na 8 uur, of omdat uw account is"
        " beëindigd. Wat u instuurde, is niet verwerkt.",
        "Meld u opnieuw aan en vul het formulier nog eens in.",
    ),
    Code.GEEN_RECHT: _BY_STATUS[403],
    Code.GEEN_MANDAAT: _BY_STATUS[403],
    Code.NIET_GEVONDEN: _BY_STATUS[404],
    Code.NOG_NIET_VERZEGELD: Refusal(
        409,
        "Nog even geduld",
        "Deze regel is zo nieuw dat hij nog niet in het logboek is verzegeld.",
        "Laad de pagina over enkele seconden opnieuw.",
    ),
    Code.INGETROKKEN: _GONE,
    Code.VERVALLEN: _GONE,
    Code.LEVERING_INGETROKKEN: _GONE,
    Code.TE_GROOT: Refusal(413, "Te groot", "Het formulier is te groot.", _BACK),
    Code.MEDIATYPE_NIET_ONDERSTEUND: Refusal(
        415, "Dit kan hier niet", "Dit is geen formulier dat deze pagina kent.", _BACK
    ),
    Code.TE_VEEL_VERZOEKEN: Refusal(
        429,
        "Te veel pogingen",
        "Er is te vaak achter elkaar geprobeerd aan te melden.",
        "Wacht een minuut en probeer het opnieuw.",
    ),
    Code.LOGBOEK_ONBESCHIKBAAR: Refusal(
        503,
        "Het logboek is niet beschikbaar",
        "Zonder logboek tonen we niets: ook uw inzage hoort erin te staan.",
        _AGAIN,
    ),
}
_INVALID = Refusal(400, "Dit kunnen we niet lezen", "Een of meer velden kloppen niet.", _BACK)
_UNAVAILABLE = Refusal(
    503,
    "De console is nu niet beschikbaar",
    "Een onderdeel dat we nodig hebben, antwoordt niet. Er is niets verloren.",
    _AGAIN,
)
FAULT = Refusal(
    500,
    "Er ging iets mis",
    "Dat ligt aan ons, niet aan u. De beheerder ziet de fout in zijn overzicht.",
    "Probeer het opnieuw. Blijft het zo, geef dan de beheerder het kenmerk hieronder door.",
)


def refusal_of(error: ExchangeError) -> Refusal:
    """Give the page for an error of ours."""
    if found := _BY_CODE.get(error.code):
        return found
    match error:
        case Invalid():
            return _INVALID
        case Unavailable():
            return _UNAVAILABLE
        case Fault():
            return FAULT
        case _:
            return _BY_STATUS[403]


def refusal_with(status: int) -> Refusal:
    """Give the page for an answer of the router."""
    return _BY_STATUS.get(status, _INVALID)
