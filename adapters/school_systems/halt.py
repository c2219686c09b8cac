"""Why a delivery stops before its end, in words that say what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from exchange.errors import Code, ExchangeError


class Halted(ExchangeError):
    """The delivery stops here; the same command goes on with it. ``herstel`` is in Dutch."""

    def __init__(self, herstel: str, code: Code = Code.DIENST_ONBESCHIKBAAR) -> None:
        super().__init__(code, herstel=herstel)


def halted_by(status: int, code: Code | None) -> Halted | None:
    """Give why an answer stops the delivery, or None when it is about these lines alone.

    What another file would not change stops it (a certificate, a mandate, the law); what a
    correction of the file mends does not.
    """
    if code is not None and code in _REMEDIES:
        return Halted(_REMEDIES[code], code)
    if code is Code.ONBEKENDE_VESTIGING:
        return None
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return Halted(f"De poort weigert deze afzender (status {status}).", code or Code.GEEN_RECHT)
    if status in _OUR_OWN_MISTAKE or status not in range(400, 500):
        told = f" ({code})" if code else ""
        return Halted(f"De poort antwoordt met status {status}{told}; vraag haar beheerder.")
    return None


_OUR_OWN_MISTAKE: Final = frozenset(
    {
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.NOT_ACCEPTABLE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    }
)
_REMEDIES: Final[Mapping[Code, str]] = MappingProxyType(
    {
        Code.NIET_AANGEMELD: (
            "De poort kent dit certificaat niet: gebruik dat van een aangesloten partij."
        ),
        Code.GEEN_MANDAAT: (
            "U hebt voor een vestiging in dit bestand geen mandaat op die dag: laat de school u"
            " mandateren, of verdeel het bestand."
        ),
        Code.GEEN_GRONDSLAG: "Voor deze berichten is nog geen wettelijke grondslag.",
        Code.GEEN_RECHT: "Alleen een school, of wie voor haar aanlevert, stuurt deze berichten.",
        Code.IDEMPOTENTIESLEUTEL_HERGEBRUIKT: (
            "De poort kreeg onder deze sleutel eerder iets anders: begin opnieuw met een andere"
            " --out."
        ),
        Code.IDEMPOTENTIESLEUTEL_ONTBREEKT: (
            "De poort nam de sleutel niet aan: gebruik de versie die bij deze poort hoort."
        ),
    }
)
