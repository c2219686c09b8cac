"""What a recipient answers: it has the message or refuses it, and later what it does with it."""

from __future__ import annotations

from enum import StrEnum

from pydantic.dataclasses import dataclass

from exchange.errors import Code, Invalid, Violation
from exchange.messages.wire import WIRE


class Uitkomst(StrEnum):
    """How a recipient answers a message: it can use it, or it gives it back."""

    ONTVANGEN = "ontvangen"
    GEWEIGERD = "geweigerd"


class WeigerReden(StrEnum):
    """Why a recipient gives a message back."""

    NIET_WOONACHTIG = "NIET_WOONACHTIG"
    NIET_TE_ONTSLEUTELEN = "NIET_TE_ONTSLEUTELEN"
    ONJUIST_BERICHT = "ONJUIST_BERICHT"


class Behandeling(StrEnum):
    """What leerplicht does with an acknowledged message (DUO: B, K and G)."""

    IN_BEHANDELING = "in-behandeling"
    TER_KENNISGEVING_AANGENOMEN = "ter-kennisgeving-aangenomen"
    AFGESLOTEN = "afgesloten"


class Afsluitreden(StrEnum):
    """Why leerplicht closed the case."""

    TERUG_NAAR_SCHOOL = "TERUG_NAAR_SCHOOL"
    UITGESCHREVEN = "UITGESCHREVEN"
    LANGDURIG_ZIEK = "LANGDURIG_ZIEK"
    GEEN_VERZUIM = "GEEN_VERZUIM"
    OVERIG = "OVERIG"


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class Bevestiging:
    """An answer to one message; ``reden`` is given exactly when it is refused."""

    uitkomst: Uitkomst
    reden: WeigerReden | None = None

    def named(self) -> tuple[str, ...]:
        """Give the members that it has, by name."""
        return ("uitkomst", "reden") if self.reden else ("uitkomst",)

    def require_consistent(self) -> None:
        """Raise when a refusal has no reason, or anything else has one."""
        _require_exactly_when(self.uitkomst is Uitkomst.GEWEIGERD, self.reden, "reden")


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class Terugmelding:
    """A report on how a message is handled; ``afsluitreden`` is given exactly when it is closed."""

    status: Behandeling
    afsluitreden: Afsluitreden | None = None

    def named(self) -> tuple[str, ...]:
        """Give the members that it has, by name."""
        return ("status", "afsluitreden") if self.afsluitreden else ("status",)

    def require_consistent(self) -> None:
        """Raise when a closed case has no reason, or an open one has."""
        _require_exactly_when(
            self.status is Behandeling.AFGESLOTEN, self.afsluitreden, "afsluitreden"
        )


def _require_exactly_when(needed: bool, value: object, member: str) -> None:
    if needed and value is None:
        raise Invalid([Violation(f"/{member}", Code.VERPLICHT_VELD, "Dit veld is hier verplicht.")])
    if not needed and value is not None:
        raise Invalid([Violation(f"/{member}", Code.WAARDE_ONGELDIG, "Dit veld hoort hier niet.")])
