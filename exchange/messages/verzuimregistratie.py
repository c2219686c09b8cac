"""The verzuimregistratie: one absence of one pupil on one day, in one of two legal categories.

Source: bill 36 663 (registration of all absence, geoorloofd or ongeoorloofd); contract, section 2.
"""

from __future__ import annotations

from pydantic.dataclasses import dataclass

from exchange.messages.identifiers import LocalReason, Pgn, RegistratieId, Vestigingscode
from exchange.messages.wire import WIRE, Categorie, Datum, Minuten


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class Verzuimregistratie:
    """What the school registered; ``reden`` or ``categorie`` or both, ``minuten`` 1 to 720."""

    vestigingscode: Vestigingscode
    registratie_id: RegistratieId
    pgn: Pgn
    datum: Datum
    minuten: Minuten
    reden: LocalReason | None = None
    categorie: Categorie | None = None
    ingetrokken: bool | None = None
