"""Reads the questions of the inzage page; the number that was typed never comes back to the page.

Not when it is wrong either: it may be somebody's, or all but one digit of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from exchange.console.views.fields import Field, choices, wrong
from exchange.messages.identifiers import Pgn
from exchange.messages.inzage import InzageReden, Inzageverzoek
from exchange.policy.necessity import Mode

_REASONS = {
    InzageReden.INZAGEVERZOEK: "Een leerling of ouder vraagt om inzage",
    InzageReden.KLACHT: "Er is een klacht",
    InzageReden.DATALEK: "Onderzoek naar een datalek",
    InzageReden.CONTROLE: "Eigen controle",
}
_NUMBER = Field(
    "pgn",
    "Nummer van de leerling",
    "BSN of onderwijsnummer: 9 cijfers.",
)
_REASON = Field(
    "reden",
    "Waarom zoekt u dit op?",
    "De reden komt in het logboek.",
    options=choices("Kies een reden", ((reden.value, text) for reden, text in _REASONS.items())),
)


@dataclass(frozen=True, slots=True)
class InzageForm:
    """The two fields, and the request if both are right."""

    fields: tuple[Field, ...] = (_NUMBER, _REASON)
    verzoek: Inzageverzoek | None = None

    @property
    def is_wrong(self) -> bool:
        """Whether any field must be mended first."""
        return bool(wrong(self.fields))


def read_inzage_form(form: Mapping[str, str], mode: Mode) -> InzageForm:
    """Read both fields; every error is told at once."""
    pgn, number_error = _read_number(form.get("pgn", "").strip(), mode)
    reden = _read_reason(form.get("reden", ""))
    fields = (
        replace(_NUMBER, error=number_error),
        replace(_REASON, value=reden or "", error="" if reden else "Kies een reden."),
    )
    if pgn is None or reden is None:
        return InzageForm(fields)
    return InzageForm(fields, Inzageverzoek(pgn=pgn, reden=reden))


def reason_in_words(reden: InzageReden) -> str:
    """Give the reason as the form words it."""
    return _REASONS[reden]


def _read_number(text: str, mode: Mode) -> tuple[Pgn | None, str]:
    if not text:
        return None, "Vul het nummer van de leerling in."
    try:
        pgn = Pgn(text)
    except ValueError:
        return None, "Dit is geen BSN of onderwijsnummer. Controleer de negen cijfers."
    if mode is Mode.TRIAL and not pgn.is_test:
        return None, "In de proef kunt u alleen testnummers opzoeken."
    return pgn, ""


def _read_reason(text: str) -> InzageReden | None:
    try:
        return InzageReden(text)
    except ValueError:
        return None
