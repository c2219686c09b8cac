"""The states of a message at its recipient, and the steps between them that exist."""

from __future__ import annotations

from enum import StrEnum

from exchange.errors import Code, Refused
from exchange.messages.antwoord import Behandeling, Uitkomst
from exchange.messages.soort import Soort


class Status(StrEnum):
    """Where one stream of a message stands; ``OPGENOMEN`` and ``GEEN`` hold no message at all."""

    WACHTEND = "wachtend"
    AFGELEVERD = "afgeleverd"
    BEVESTIGD = "bevestigd"
    GEWEIGERD = "geweigerd"
    INGETROKKEN = "ingetrokken"
    GEPARKEERD = "geparkeerd"
    VERVALLEN = "vervallen"
    OPGENOMEN = "opgenomen"
    GEEN = "geen"


class MailboxStatus(StrEnum):
    """What the recipient sees in its mailbox."""

    NIEUW = "nieuw"
    BEVESTIGD = "bevestigd"
    GEWEIGERD = "geweigerd"
    INGETROKKEN = "ingetrokken"
    VERVALLEN = "vervallen"


WAITING = frozenset({Status.WACHTEND, Status.AFGELEVERD, Status.GEPARKEERD})
"""The states that a recipient sees as ``nieuw``: until acknowledged or refused."""


def seen_by_recipient(status: Status) -> MailboxStatus:
    """Translate a stream's state to what its mailbox shows."""
    return MailboxStatus.NIEUW if status in WAITING else MailboxStatus(status.value)


_HANDLING_STEPS: dict[Behandeling | None, frozenset[Behandeling]] = {
    None: frozenset({Behandeling.IN_BEHANDELING, Behandeling.TER_KENNISGEVING_AANGENOMEN}),
    Behandeling.IN_BEHANDELING: frozenset({Behandeling.AFGESLOTEN}),
    Behandeling.TER_KENNISGEVING_AANGENOMEN: frozenset(),
    Behandeling.AFGESLOTEN: frozenset(),
}


def require_readable(status: Status) -> None:
    """Raise 410 when the payload no longer exists: withdrawn, refused, or past its term."""
    if status in {Status.INGETROKKEN, Status.GEWEIGERD}:
        raise Refused(Code.INGETROKKEN)
    if status is Status.VERVALLEN:
        raise Refused(Code.VERVALLEN)


def require_answerable(status: Status, *, fetched: bool, uitkomst: Uitkomst) -> bool:
    """Whether this answer is new; raises when the message cannot be answered so.

    A repeat of the same answer is False. An answer before the download or against an earlier one is
    ``overgang-ongeldig``; a withdrawn or lapsed message is gone (410).
    """
    given = {Status.BEVESTIGD: Uitkomst.ONTVANGEN, Status.GEWEIGERD: Uitkomst.GEWEIGERD}
    if status in given:
        if given[status] is uitkomst:
            return False
        raise Refused(Code.OVERGANG_ONGELDIG)
    require_readable(status)
    if not fetched:
        raise Refused(Code.OVERGANG_ONGELDIG)
    return True


def require_reportable(soort: Soort) -> None:
    """Raise ``overgang-ongeldig`` for an intrekking: it is taken note of, there is no handling."""
    if soort is Soort.INTREKKING:
        raise Refused(Code.OVERGANG_ONGELDIG)


def require_handling_step(status: Status, current: Behandeling | None, step: Behandeling) -> bool:
    """Whether this report is new; raises ``overgang-ongeldig`` for a step that does not exist."""
    if status in {Status.INGETROKKEN, Status.VERVALLEN}:
        require_readable(status)
    if status is not Status.BEVESTIGD:
        raise Refused(Code.OVERGANG_ONGELDIG)
    if step is current:
        return False
    if step not in _HANDLING_STEPS[current]:
        raise Refused(Code.OVERGANG_ONGELDIG)
    return True
