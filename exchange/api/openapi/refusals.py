"""Which problems each kind of call can give; what a route adds of its own stands at the route.

That the lists are true is for the integration tests: they hold every answer against the document.
"""

from __future__ import annotations

from exchange.errors import Code

Codes = frozenset[Code]

PUBLISHED: Codes = frozenset({Code.NIET_AANVAARDBAAR, Code.INTERNE_FOUT})
"""What anybody may ask that is always at hand."""

FROM_LOG = PUBLISHED | {Code.LOGBOEK_ONBESCHIKBAAR, Code.DIENST_ONBESCHIKBAAR}
"""What anybody may ask of the log."""

CALLER = FROM_LOG | {Code.NIET_AANGEMELD, Code.TE_VEEL_VERZOEKEN}
"""Whatever a party asks."""

LOOKING = CALLER | {Code.WAARDE_ONGELDIG, Code.NIET_GEVONDEN, Code.NOG_NIET_VERZEGELD}
"""What a party may see of its own in the log.

Its 400 stands there for the rules, which want one wherever there is a parameter: what cannot be an
id is simply not found. So it is with a tile, and with one version of an activity.
"""

RECIPIENT = CALLER | {Code.WAARDE_ONGELDIG, Code.GEEN_RECHT, Code.GEEN_MANDAAT}
"""A recipient, or who collects for it; ``namens`` may be malformed."""

SCHOOL = RECIPIENT
"""A school, or who sends for it: refused for the same reasons."""

VESTIGING = SCHOOL | {Code.VESTIGINGSCODE_ONGELDIG, Code.ONBEKENDE_VESTIGING}
"""A school about one vestiging, named in the path or the query."""

BODY: Codes = frozenset(
    {
        Code.ONGELDIGE_JSON,
        Code.ONBEKEND_VELD,
        Code.VERPLICHT_VELD,
        Code.WAARDE_ONGELDIG,
        Code.TE_GROOT,
        Code.MEDIATYPE_NIET_ONDERSTEUND,
    }
)
"""Whatever takes a JSON body."""

ANSWERING = (
    RECIPIENT
    | BODY
    | {
        Code.NIET_GEVONDEN,
        Code.OVERGANG_ONGELDIG,
        Code.INGETROKKEN,
        Code.VERVALLEN,
    }
)
"""A recipient says what it did with a message."""

_TAKEN_IN = (
    SCHOOL
    | BODY
    | {
        Code.IDEMPOTENTIESLEUTEL_ONTBREEKT,
        Code.IDEMPOTENTIESLEUTEL_HERGEBRUIKT,
        Code.IDEMPOTENTIESLEUTEL_BEZIG,
        Code.ONBEKENDE_VESTIGING,
        Code.GEEN_GRONDSLAG,
    }
)

WITHDRAWAL = _TAKEN_IN | {Code.NIET_GEVONDEN, Code.OVERGANG_ONGELDIG, Code.VERVALLEN}

_ABOUT_A_PUPIL = _TAKEN_IN | {
    Code.VESTIGINGSCODE_ONGELDIG,
    Code.PGN_ONGELDIG,
    Code.PGN_IN_VRIJE_TEKST,
    Code.DATUM_ONGELDIG,
}

_NOTICE = _ABOUT_A_PUPIL | {
    Code.BUITEN_LEERPLICHT,
    Code.ONBEKENDE_WOONGEMEENTE,
    Code.ONTVANGER_NIET_AANGESLOTEN,
    Code.OVERGANG_ONGELDIG,
    Code.AL_GEMELD,
}

SIGNAAL = _NOTICE | {
    Code.GEOORLOOFD_VERZUIM,
    Code.ONBEKEND_CRITERIUM,
    Code.GEEN_VERZUIMBELEID,
    Code.VENSTER_ONGELDIG,
    Code.VERPLICHTE_MELDING,
}

VERZUIMMELDING = _NOTICE | {Code.GEEN_VERPLICHTE_MELDING}

REGISTRATION = _ABOUT_A_PUPIL | {
    Code.ONBEKENDE_REDEN,
    Code.CATEGORIE_STRIJDIG,
    Code.GEEN_VERZUIMBELEID,
    Code.PERIODE_GESLOTEN,
    Code.BRON_STRIJDIG,
}

LINE: Codes = frozenset(
    {
        Code.GEEN_MANDAAT,
        Code.ONBEKENDE_VESTIGING,
        Code.GEEN_VERZUIMBELEID,
        Code.PERIODE_GESLOTEN,
        Code.BRON_STRIJDIG,
    }
)
"""What of a delivery is 400 when it is wrong with its first line and not one line is good."""

FIGURES = (
    VESTIGING
    | BODY
    | {
        Code.DATUM_ONGELDIG,
        Code.CIJFERS_STRIJDIG,
        Code.NIET_GEVONDEN,
        Code.GEEN_GRONDSLAG,
    }
)
"""A school puts figures about a month."""
