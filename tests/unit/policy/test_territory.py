"""Who receives: leerplicht of the residence, college and SWV of the school, OCW."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from exchange.errors import Code, Refused
from exchange.messages.identifiers import Gemeentecode
from exchange.messages.soort import Soort
from exchange.policy.facts import EarlierMessage
from exchange.policy.necessity import Reach
from exchange.policy.parties import RECIPIENT_ROLES, Party, Role
from exchange.policy.territory import recipient_of
from exchange.values import replace as changed
from tests.pure import (
    COLLEGE,
    LEERPLICHT,
    OCW,
    OTHER_LEERPLICHT,
    PARTIES,
    PO,
    SWV,
    TABLE,
    Flow,
    directory,
    earlier_message,
    signaal,
)


def recipients(
    flow: Flow, woongemeente: str | None, earlier: EarlierMessage | None = None
) -> list[Party | None]:
    """Give who receives, by role."""
    values = {"woongemeente": Gemeentecode(woongemeente)} if woongemeente else {}
    facts = changed(flow.facts(flow.validated(signaal())), earlier=earlier)
    soort = Soort.SIGNAAL if woongemeente else Soort.INTREKKING
    return [recipient_of(TABLE.clause(soort, role), values, facts) for role in RECIPIENT_ROLES]


def test_residence_decides_about_leerplicht_and_the_school_about_the_rest() -> None:
    assert recipients(Flow(), "0361") == [LEERPLICHT, COLLEGE, SWV, OCW]
    assert recipients(Flow(), "0599") == [OTHER_LEERPLICHT, COLLEGE, SWV, OCW]


def test_who_only_counts_may_have_nobody_connected() -> None:
    assert recipients(Flow(vestiging=PO), "0361") == [LEERPLICHT, COLLEGE, None, OCW]


@pytest.mark.parametrize("missing", ["party", "key"])
def test_a_sealed_message_needs_a_recipient_with_a_key(missing: str) -> None:
    known = directory([p for p in PARTIES if missing == "key" or p is not LEERPLICHT])
    if missing == "key":
        known = replace(known, keys=MappingProxyType({}))
    with pytest.raises(Refused) as refused:
        recipients(Flow(directory=known), "0361")
    assert refused.value.code is Code.ONTVANGER_NIET_AANGESLOTEN


def test_a_message_about_a_message_goes_where_that_one_went() -> None:
    assert recipients(Flow(), None, earlier_message())[0] is LEERPLICHT
    elsewhere = earlier_message(recipient=OTHER_LEERPLICHT.oin)
    assert recipients(Flow(), None, elsewhere)[0] is OTHER_LEERPLICHT


def test_who_has_left_is_no_recipient_of_a_message_about_an_earlier_one() -> None:
    known = directory([p for p in PARTIES if p is not LEERPLICHT])
    assert recipients(Flow(directory=known), None, earlier_message()) == [None, COLLEGE, SWV, OCW]


@pytest.mark.parametrize("nobody", [None, earlier_message(recipient=None)])
def test_a_message_about_what_nobody_received_has_no_way_to_go(
    nobody: EarlierMessage | None,
) -> None:
    with pytest.raises(Refused) as refused:
        recipients(Flow(), None, nobody)
    assert refused.value.code is Code.ONTVANGER_NIET_AANGESLOTEN


def test_who_came_back_without_a_key_must_be_told_and_cannot_be_yet() -> None:
    known = replace(directory(PARTIES), keys=MappingProxyType({}))
    with pytest.raises(Refused) as refused:
        recipients(Flow(directory=known), None, earlier_message())
    assert refused.value.code is Code.ONTVANGER_NIET_AANGESLOTEN


def test_a_role_that_a_message_never_reaches_has_no_recipient() -> None:
    flow = Flow()
    facts = flow.facts(flow.validated(signaal()))
    clause = replace(TABLE.clause(Soort.SIGNAAL, Role.OCW), reach=Reach.GEEN)
    assert recipient_of(clause, {}, facts) is None
