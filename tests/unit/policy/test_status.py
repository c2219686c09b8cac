"""The states of a message at its recipient; every pair of state and step is decided."""

from __future__ import annotations

from itertools import product

import pytest

from exchange.errors import Code, Refused
from exchange.messages.antwoord import Behandeling, Uitkomst
from exchange.policy.status import (
    WAITING,
    MailboxStatus,
    Status,
    require_answerable,
    require_handling_step,
    require_readable,
    seen_by_recipient,
)

IN_A_MAILBOX = frozenset(Status) - {Status.OPGENOMEN, Status.GEEN}
GONE = {
    Status.INGETROKKEN: Code.INGETROKKEN,
    Status.GEWEIGERD: Code.INGETROKKEN,
    Status.VERVALLEN: Code.VERVALLEN,
}


def outcome(act: object, *args: object, **named: object) -> object:
    """Give what a decision gives, or the code with which it refuses."""
    assert callable(act)
    try:
        return act(*args, **named)
    except Refused as refused:
        return refused.code


@pytest.mark.parametrize("status", list(Status))
def test_a_payload_is_readable_until_it_is_destroyed(status: Status) -> None:
    assert outcome(require_readable, status) == GONE.get(status)


@pytest.mark.parametrize(
    ("status", "fetched", "uitkomst"), list(product(Status, (False, True), Uitkomst))
)
def test_every_answer_in_every_state(status: Status, fetched: bool, uitkomst: Uitkomst) -> None:
    given = {Status.BEVESTIGD: Uitkomst.ONTVANGEN, Status.GEWEIGERD: Uitkomst.GEWEIGERD}
    expected: object
    if status in given:
        expected = False if given[status] is uitkomst else Code.OVERGANG_ONGELDIG
    elif status in GONE:
        expected = GONE[status]
    else:
        expected = True if fetched else Code.OVERGANG_ONGELDIG
    assert outcome(require_answerable, status, fetched=fetched, uitkomst=uitkomst) is expected


LEGAL = {
    (None, Behandeling.IN_BEHANDELING),
    (None, Behandeling.TER_KENNISGEVING_AANGENOMEN),
    (Behandeling.IN_BEHANDELING, Behandeling.AFGESLOTEN),
}


@pytest.mark.parametrize(
    ("status", "current", "step"), list(product(Status, (None, *Behandeling), Behandeling))
)
def test_every_report_in_every_state(
    status: Status, current: Behandeling | None, step: Behandeling
) -> None:
    expected: object
    if status in {Status.INGETROKKEN, Status.VERVALLEN}:
        expected = GONE[status]
    elif status is not Status.BEVESTIGD:
        expected = Code.OVERGANG_ONGELDIG
    elif current is step:
        expected = False
    else:
        expected = True if (current, step) in LEGAL else Code.OVERGANG_ONGELDIG
    assert outcome(require_handling_step, status, current, step) is expected


def test_a_recipient_sees_a_message_as_new_until_it_answered() -> None:
    assert {status: seen_by_recipient(status) for status in IN_A_MAILBOX} == {
        Status.WACHTEND: MailboxStatus.NIEUW,
        Status.AFGELEVERD: MailboxStatus.NIEUW,
        Status.GEPARKEERD: MailboxStatus.NIEUW,
        Status.BEVESTIGD: MailboxStatus.BEVESTIGD,
        Status.GEWEIGERD: MailboxStatus.GEWEIGERD,
        Status.INGETROKKEN: MailboxStatus.INGETROKKEN,
        Status.VERVALLEN: MailboxStatus.VERVALLEN,
    }
    assert {Status.WACHTEND, Status.AFGELEVERD, Status.GEPARKEERD} == WAITING


@pytest.mark.parametrize("status", [Status.OPGENOMEN, Status.GEEN])
def test_what_is_only_counted_is_in_no_mailbox(status: Status) -> None:
    with pytest.raises(ValueError, match=status.value):
        seen_by_recipient(status)
