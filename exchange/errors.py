"""Every way in which the gateway says no: four families, one stable code each, never a value.

``Code`` lists the codes of the outside contract in the order in which they take precedence when
one body has several faults. Only ``exchange.api.problems`` knows which HTTP status belongs to one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice


class Code(StrEnum):
    """The stable error codes, in order of precedence."""

    IDEMPOTENTIESLEUTEL_ONTBREEKT = "idempotentiesleutel-ontbreekt"
    ONGELDIGE_JSON = "ongeldige-json"
    ONBEKEND_VELD = "onbekend-veld"
    VERPLICHT_VELD = "verplicht-veld"
    WAARDE_ONGELDIG = "waarde-ongeldig"
    PGN_ONGELDIG = "pgn-ongeldig"
    VESTIGINGSCODE_ONGELDIG = "vestigingscode-ongeldig"
    DATUM_ONGELDIG = "datum-ongeldig"
    PGN_IN_VRIJE_TEKST = "pgn-in-vrije-tekst"
    ONBEKENDE_REDEN = "onbekende-reden"
    CATEGORIE_STRIJDIG = "categorie-strijdig"
    ONBEKEND_CRITERIUM = "onbekend-criterium"
    GEOORLOOFD_VERZUIM = "geoorloofd-verzuim"
    BUITEN_LEERPLICHT = "buiten-leerplicht"
    VENSTER_ONGELDIG = "venster-ongeldig"
    VERPLICHTE_MELDING = "verplichte-melding"
    GEEN_VERPLICHTE_MELDING = "geen-verplichte-melding"
    ONBEKENDE_WOONGEMEENTE = "onbekende-woongemeente"
    CIJFERS_STRIJDIG = "cijfers-strijdig"
    SLEUTEL_ONGELDIG = "sleutel-ongeldig"
    NIET_AANGEMELD = "niet-aangemeld"
    GEEN_MANDAAT = "geen-mandaat"
    ONBEKENDE_VESTIGING = "onbekende-vestiging"
    GEEN_GRONDSLAG = "geen-grondslag"
    GEEN_RECHT = "geen-recht"
    NIET_GEVONDEN = "niet-gevonden"
    METHODE_NIET_TOEGESTAAN = "methode-niet-toegestaan"
    NIET_AANVAARDBAAR = "niet-aanvaardbaar"
    GEEN_VERZUIMBELEID = "geen-verzuimbeleid"
    PERIODE_GESLOTEN = "periode-gesloten"
    BRON_STRIJDIG = "bron-strijdig"
    AL_GEMELD = "al-gemeld"
    ONTVANGER_NIET_AANGESLOTEN = "ontvanger-niet-aangesloten"
    OVERGANG_ONGELDIG = "overgang-ongeldig"
    NOG_NIET_VERZEGELD = "nog-niet-verzegeld"
    IDEMPOTENTIESLEUTEL_HERGEBRUIKT = "idempotentiesleutel-hergebruikt"
    IDEMPOTENTIESLEUTEL_BEZIG = "idempotentiesleutel-bezig"
    INGETROKKEN = "ingetrokken"
    VERVALLEN = "vervallen"
    LEVERING_INGETROKKEN = "levering-ingetrokken"
    TE_GROOT = "te-groot"
    MEDIATYPE_NIET_ONDERSTEUND = "mediatype-niet-ondersteund"
    BEREIK_ONGELDIG = "bereik-ongeldig"
    TE_VEEL_VERZOEKEN = "te-veel-verzoeken"
    INTERNE_FOUT = "interne-fout"
    LOGBOEK_ONBESCHIKBAAR = "logboek-onbeschikbaar"
    DIENST_ONBESCHIKBAAR = "dienst-onbeschikbaar"


_PRECEDENCE = {code: rank for rank, code in enumerate(Code)}


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing wrong with what was sent: where (JSON pointer) and which rule; never the value."""

    pointer: str
    code: Code
    detail: str


class ExchangeError(Exception):
    """A no with a stable code and facts that are safe to show: ids and rule names, never input."""

    def __init__(self, code: Code | str, **facts: str) -> None:
        self.code = Code(code)
        self.facts = facts
        super().__init__(self.code.value)


class Refused(ExchangeError):
    """Policy says no: the caller, the moment or the state does not allow it."""


MOST_VIOLATIONS = 100
"""What is told of one message: more than that was no message, and an answer stays small."""

MOST_OF_A_DELIVERY = 1_000
"""What is told of all lines together when not one was good."""


class Invalid(ExchangeError):
    """The input breaks a rule; carries everything that is wrong with it at once, up to a hundred.

    In the order of the codes, so that what is left out is of the last code told or later.
    """

    def __init__(self, violations: Iterable[Violation]) -> None:
        ordered = sorted(dict.fromkeys(violations), key=lambda v: (_PRECEDENCE[v.code], v.pointer))
        self.violations = tuple(ordered[:MOST_VIOLATIONS])
        super().__init__(self.violations[0].code)


class NothingAccepted(Invalid):
    """Not one line of a delivery was good: bad input as a whole, whatever each line broke.

    Its code is the first line's, its pointers start with the number of the line.
    """

    def __init__(self, refused: Iterable[tuple[int, tuple[Violation, ...]]]) -> None:
        told = (
            Violation(f"/{number}{violation.pointer}", violation.code, violation.detail)
            for number, violations in refused
            for violation in violations
        )
        self.violations = tuple(islice(told, MOST_OF_A_DELIVERY))
        ExchangeError.__init__(self, self.violations[0].code)


class Unavailable(ExchangeError):
    """Something we depend on does not answer; nothing was accepted or disclosed."""


class Fault(ExchangeError):
    """Our own mistake: a broken table, a missing key, an impossible state."""

    def __init__(self, rule: str) -> None:
        super().__init__(Code.INTERNE_FOUT, rule=rule)


class KeyDestroyed(ExchangeError):
    """The key was destroyed at the end of its term: what it sealed can never be read again."""

    def __init__(self) -> None:
        super().__init__(Code.VERVALLEN)
