"""Ground, faults, policy, recipient: the order in which a message is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

import pytest

from exchange.errors import Code, ExchangeError, Invalid
from exchange.messages.identifiers import Periode, Schooljaar
from exchange.messages.soort import Soort
from exchange.pipeline.classify import classify
from exchange.policy.facts import EarlierMessage
from exchange.policy.necessity import Mode
from exchange.policy.parties import RECIPIENT_ROLES, Dienst
from tests.pure import (
    OTHER_LEERPLICHT,
    PO,
    SUPPLIER,
    VO,
    Flow,
    directory,
    earlier_message,
    mandate,
    signaal,
)


def refused(flow: Flow, body: Mapping[str, object]) -> tuple[Code, list[str]]:
    """Give the code of a refusal, and the pointers of its faults."""
    with pytest.raises(ExchangeError) as error:
        flow.classified(body)
    faults = error.value.violations if isinstance(error.value, Invalid) else ()
    return error.value.code, [fault.pointer for fault in faults]


KEYLESS = replace(directory(), keys=MappingProxyType({}))


def test_without_a_mandate_only_the_faults_of_form_are_told() -> None:
    stranger = Flow(directory=directory(mandates=()))
    assert refused(stranger, signaal(ongeoorloofdeMinuten=960)) == (Code.GEEN_MANDAAT, [])
    assert refused(stranger, signaal(ongeoorloofdeMinuten=960, x=1)) == (
        Code.ONBEKEND_VELD,
        ["/x"],
    )


def test_faults_of_form_and_of_the_rules_are_told_together() -> None:
    body = signaal(ongeoorloofdeMinuten=960, x=1, woongemeente="0398")
    assert refused(Flow(), body) == (
        Code.ONBEKEND_VELD,
        ["/x", "/ongeoorloofdeMinuten", "/woongemeente"],
    )


def test_faults_come_before_what_is_still_lacking() -> None:
    flow = Flow(has_beleid=False, directory=KEYLESS)
    assert refused(flow, signaal(ongeoorloofdeMinuten=960))[0] is Code.VERPLICHTE_MELDING
    assert refused(flow, signaal())[0] is Code.GEEN_VERZUIMBELEID
    assert refused(Flow(directory=KEYLESS), signaal())[0] is Code.ONTVANGER_NIET_AANGESLOTEN


def test_a_ground_comes_before_everything_that_is_wrong_with_the_message() -> None:
    flow = Flow()
    valid = flow.validated(signaal(ongeoorloofdeMinuten=960))
    with pytest.raises(ExchangeError) as error:
        classify(valid, flow.facts(valid), flow.table, Mode.PRODUCTION)
    assert error.value.code is Code.GEEN_GRONDSLAG


def test_a_message_counts_in_the_month_and_school_year_of_its_last_day() -> None:
    classified = Flow().classified(signaal(venster={"van": "2026-10-26", "tot": "2026-11-01"}))
    assert (classified.periode, classified.schooljaar) == (Periode(2026, 11), Schooljaar(2026))
    assert classified.beleid == date(2025, 8, 1)
    assert tuple(stream.clause.role for stream in classified.streams) == RECIPIENT_ROLES


def test_an_intrekking_counts_where_the_message_counted_that_it_withdraws() -> None:
    earlier = earlier_message(schooljaar=Schooljaar(2025), periode=Periode(2026, 7))
    classified = Flow(earlier=earlier).classified({"reden": "hersteld"}, Soort.INTREKKING)
    assert (classified.periode, classified.schooljaar) == (Periode(2026, 7), Schooljaar(2025))


# --- vervangt ---

REPLACING = signaal(vervangt=str(earlier_message().bericht_id))


def test_a_replacement_keeps_its_recipient() -> None:
    assert Flow(earlier=earlier_message()).classified(REPLACING).valid.earlier is not None
    moved = {**REPLACING, "woongemeente": "0599"}
    assert refused(Flow(earlier=earlier_message()), moved) == (Code.WAARDE_ONGELDIG, ["/vervangt"])
    elsewhere = earlier_message(recipient=OTHER_LEERPLICHT.oin)
    assert refused(Flow(earlier=elsewhere), REPLACING) == (Code.WAARDE_ONGELDIG, ["/vervangt"])


@pytest.mark.parametrize(
    "earlier",
    [
        None,
        earlier_message(vestigingscode=PO.code),
        earlier_message(Soort.INTREKKING),
        earlier_message(recipient=None),
    ],
)
def test_what_cannot_be_replaced_is_a_fault_at_its_member(
    earlier: EarlierMessage | None,
) -> None:
    flow = replace(Flow(), earlier=earlier)
    assert refused(flow, REPLACING) == (Code.WAARDE_ONGELDIG, ["/vervangt"])


def test_what_no_longer_stands_is_said_after_the_faults() -> None:
    flow = Flow(earlier=earlier_message(withdrawn=True))
    assert refused(flow, REPLACING)[0] is Code.OVERGANG_ONGELDIG
    faulty = {**REPLACING, "ongeoorloofdeMinuten": 960}
    assert refused(flow, faulty)[0] is Code.VERPLICHTE_MELDING


def test_a_mandate_concerns_the_last_day_of_the_venster() -> None:
    for first, allowed in ((date(2026, 11, 13), True), (date(2026, 11, 14), False)):
        held = mandate(SUPPLIER, VO.code, Dienst.AANLEVEREN, betreft_vanaf=first)
        flow = Flow(directory=directory(mandates=(held,)))
        if allowed:
            flow.classified(signaal())
        else:
            assert refused(flow, signaal())[0] is Code.GEEN_MANDAAT
