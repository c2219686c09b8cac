"""Decides which client certificates are believed now, by files that may change while we run.

A chain to a CA of ours, and where there are revocation lists, one of every issuer that does not
name it. Both listeners ask here; what TLS or a proxy verified before is welcome and proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

from adapters.complaint import out_of_service
from adapters.identity.files import Marks, marks
from exchange.crypto.certificates import PeerCertificate, check_validity, read_certificate
from exchange.crypto.chain import Authorities, follow
from exchange.crypto.revocation import RevocationLists
from exchange.errors import Code, Refused, Unavailable
from exchange.ports import Clock
from exchange.telemetry.events import TRUST_LOADED, TRUST_LOST, emit

_LOOK: Final = timedelta(seconds=2)
_BELIEVED_SECONDS: Final = 30
"""With the looking, and the half minute that a proxy may keep a connection, well within 60 s."""

_REMEMBERED: Final = 4096
_CA, _CRL = "client-ca", "client-crl"


class Trust:
    """The CAs in ``client_ca`` and the lists in ``client_crl``; PEM files, read again on change.

    Opening raises ``Unavailable`` when a file cannot be used. When one breaks later, who was
    believed less than half a minute ago still is, and nobody else, until it is mended (ADR 0021).
    """

    def __init__(self, client_ca: Path, client_crl: Path | None, clock: Clock) -> None:
        self._client_ca, self._client_crl, self._clock = client_ca, client_crl, clock
        self._seen: Marks = ()
        self._looked_at = clock.now()
        self._look_again_at = self._looked_at + _LOOK
        self._generation = 0
        self._lost: Unavailable | None = None
        self._grounds = self._read()
        self._believed = lru_cache(maxsize=_REMEMBERED)(self._judged)

    def certificate(self, leaf: bytes, offered: tuple[bytes, ...] = ()) -> PeerCertificate:
        """Give what a certificate (DER) says, if it is to be believed; ``offered`` leads to its CA.

        Raises ``Refused`` (``niet-aangemeld``) otherwise.
        """
        now = self._clock.now()
        if not self._looked_at <= now < self._look_again_at:
            self.look()
        half_minute = int(now.timestamp()) // _BELIEVED_SECONDS
        certificate = self._believed(leaf, offered, self._generation, half_minute)
        check_validity(certificate, now)
        return certificate

    def look(self) -> None:
        """Read the files again if they changed, or if they could not be used before."""
        self._looked_at = self._clock.now()
        self._look_again_at = self._looked_at + _LOOK
        if self._lost is None and marks(self._client_ca, self._client_crl) == self._seen:
            return
        try:
            self._grounds = self._read()
        except Unavailable as error:
            if self._lost is None:
                emit(TRUST_LOST, part=error.facts["onderdeel"])
            self._lost = error
        else:
            self._generation, self._lost = self._generation + 1, None
            emit(TRUST_LOADED, part=f"{_CA}, {_CRL}" if self._client_crl else _CA)

    def require_usable(self) -> None:
        """Raise ``Unavailable``, naming the file, when certificates cannot be judged now."""
        self.look()
        if self._lost is not None:
            raise self._lost
        lists = self._grounds.lists
        if lists is not None and not lists.are_current(self._clock.now()):
            raise out_of_service(_CRL, "Een intrekkingslijst is verlopen: haal de nieuwe op.")

    def _judged(
        self, leaf: bytes, offered: tuple[bytes, ...], _generation: int, _half_minute: int
    ) -> PeerCertificate:
        if self._lost is not None:
            raise Refused(Code.NIET_AANGEMELD, rule="bestanden-onbruikbaar")
        certificate = read_certificate(leaf)
        self._grounds.require_trusted(leaf, offered, self._clock.now())
        return certificate

    def _read(self) -> _Grounds:
        """Note first which files these are: one that is replaced meanwhile is read again."""
        self._seen = marks(self._client_ca, self._client_crl)
        authorities = _content(_CA, self._client_ca)
        lists = _content(_CRL, self._client_crl) if self._client_crl else None
        part, path = _CA, self._client_ca
        try:
            known = Authorities.read(authorities)
            part, path = _CRL, self._client_crl or path
            return _Grounds(known, None if lists is None else RevocationLists.read(lists))
        except ValueError as error:
            raise out_of_service(part, f"{path} {error}.") from None


@dataclass(frozen=True, slots=True)
class _Grounds:
    """What certificates are judged by."""

    authorities: Authorities
    lists: RevocationLists | None

    def require_trusted(self, leaf: bytes, offered: tuple[bytes, ...], now: datetime) -> None:
        chain = follow(leaf, offered, self.authorities, now)
        if self.lists is not None:
            self.lists.require_standing(chain, now)


def _content(part: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise out_of_service(part, f"{path} ontbreekt of is niet te lezen.") from None
