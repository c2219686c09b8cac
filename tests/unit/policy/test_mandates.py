"""Who may act for whom, today and about which day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from exchange.errors import Code, Refused
from exchange.messages.identifiers import Oin, Vestigingscode
from exchange.policy.mandates import (
    recipient_for,
    require_mandate,
    require_on_behalf,
    require_school_side,
)
from exchange.policy.parties import RECIPIENT_ROLES, Dienst, Grant, Mandate, Party, Role
from tests.pure import (
    COLLEGE,
    FG,
    LEERPLICHT,
    OTHER_LEERPLICHT,
    PARTIES,
    PO,
    SCHOOL,
    SOFTWARE_HOUSE,
    SUPPLIER,
    TODAY,
    VO,
    directory,
    mandate,
    oin,
)

DAY = timedelta(days=1)


def may(party: Party, *mandates: Mandate, event_day: date | None = None) -> bool:
    """Whether ``party`` may act for the secondary school today; the only no is ``geen-mandaat``."""
    try:
        require_mandate(party, VO.code, directory(mandates=mandates), TODAY, event_day)
    except Refused as refused:
        return refused.code is not Code.GEEN_MANDAAT
    return True


def test_a_supplier_may_act_by_mandate_only() -> None:
    assert not may(SUPPLIER)
    assert may(SUPPLIER, mandate(SUPPLIER, VO.code, Dienst.AANLEVEREN))


@pytest.mark.parametrize(
    "other",
    [
        mandate(SOFTWARE_HOUSE, VO.code, Dienst.AANLEVEREN),
        mandate(SUPPLIER, PO.code, Dienst.AANLEVEREN),
        mandate(SUPPLIER, VO.code.brin, Dienst.AANLEVEREN),
        mandate(SUPPLIER, VO.code, Dienst.ONTVANGEN),
    ],
)
def test_a_mandate_of_another_for_another_or_for_another_service_is_none(other: Mandate) -> None:
    assert not may(SUPPLIER, other)


@pytest.mark.parametrize(
    ("van", "tot", "allowed"),
    [
        (TODAY, TODAY, True),
        (TODAY, None, True),
        (TODAY - DAY, TODAY, True),
        (TODAY - DAY, TODAY - DAY, False),
        (TODAY + DAY, None, False),
        (TODAY + DAY, TODAY + DAY, False),
    ],
)
def test_both_ends_of_a_mandate_are_inclusive(van: date, tot: date | None, allowed: bool) -> None:
    given = mandate(SUPPLIER, VO.code, Dienst.AANLEVEREN, geldig_van=van, geldig_tot=tot)
    assert may(SUPPLIER, given) is allowed
    assert given.may_act_on(TODAY) is allowed


def test_the_first_event_day_is_inclusive_and_does_not_matter_to_a_reader() -> None:
    given = mandate(SUPPLIER, VO.code, Dienst.AANLEVEREN, betreft_vanaf=TODAY)
    assert may(SUPPLIER, given, event_day=TODAY)
    assert may(SUPPLIER, given, event_day=TODAY + DAY)
    assert not may(SUPPLIER, given, event_day=TODAY - DAY)
    assert may(SUPPLIER, given)


def test_one_good_mandate_among_others_is_enough() -> None:
    ended = mandate(SUPPLIER, VO.code, Dienst.AANLEVEREN, geldig_tot=TODAY - DAY)
    late = mandate(SUPPLIER, VO.code, Dienst.AANLEVEREN, betreft_vanaf=TODAY + DAY)
    good = mandate(SUPPLIER, VO.code, Dienst.AANLEVEREN)
    assert not may(SUPPLIER, ended, late, event_day=TODAY)
    assert may(SUPPLIER, ended, late, good, event_day=TODAY)


def test_two_halves_make_no_whole() -> None:
    acts_today = mandate(SUPPLIER, VO.code, Dienst.AANLEVEREN, betreft_vanaf=TODAY + DAY)
    right_day = mandate(SUPPLIER, VO.code, Dienst.AANLEVEREN, geldig_tot=TODAY - DAY)
    assert not may(SUPPLIER, acts_today, right_day, event_day=TODAY)


def test_a_school_acts_for_its_own_locations_without_a_mandate() -> None:
    assert not may(SCHOOL)
    require_mandate(SCHOOL, PO.code, directory(mandates=()), TODAY, date(1, 1, 1))


def test_an_unknown_vestiging_says_so_to_everybody() -> None:
    for party in (SUPPLIER, SCHOOL):
        with pytest.raises(Refused) as refused:
            require_mandate(party, Vestigingscode("98ZZ00"), directory(), TODAY)
        assert refused.value.code is Code.ONBEKENDE_VESTIGING


@pytest.mark.parametrize("role", list(Role))
def test_only_schools_and_suppliers_submit(role: Role) -> None:
    party = Party(oin(50), "x", (Grant(role, "0361"),))
    if role in {Role.SCHOOL, Role.LEVERANCIER}:
        require_school_side(party)
    else:
        with pytest.raises(Refused) as refused:
            require_school_side(party)
        assert refused.value.code is Code.GEEN_RECHT


# --- collecting ---


def collects_for(
    party: Party,
    namens: Oin | None,
    *mandates: Mandate,
    roles: tuple[Role, ...] = (Role.LEERPLICHT,),
) -> Party | Code:
    """Give the recipient for whom ``party`` collects, or why it may not."""
    try:
        return recipient_for(party, namens, directory(mandates=mandates), TODAY, roles)
    except Refused as refused:
        return refused.code


FOR_ONE = mandate(SOFTWARE_HOUSE, LEERPLICHT.oin, Dienst.ONTVANGEN)
FOR_OTHER = mandate(SOFTWARE_HOUSE, OTHER_LEERPLICHT.oin, Dienst.ONTVANGEN)
FOR_COLLEGE = mandate(SOFTWARE_HOUSE, COLLEGE.oin, Dienst.ONTVANGEN)


def test_a_recipient_collects_for_itself() -> None:
    assert collects_for(LEERPLICHT, None) is LEERPLICHT
    assert collects_for(LEERPLICHT, LEERPLICHT.oin) is LEERPLICHT
    assert collects_for(LEERPLICHT, OTHER_LEERPLICHT.oin) is Code.GEEN_MANDAAT


def test_the_only_possible_principal_need_not_be_named() -> None:
    assert collects_for(SOFTWARE_HOUSE, None, FOR_ONE) is LEERPLICHT
    assert collects_for(SOFTWARE_HOUSE, None, FOR_ONE, FOR_COLLEGE) is LEERPLICHT
    assert collects_for(SOFTWARE_HOUSE, None, FOR_ONE, FOR_ONE) is LEERPLICHT


def test_of_two_possible_principals_one_must_be_named() -> None:
    both = (FOR_ONE, FOR_OTHER)
    assert collects_for(SOFTWARE_HOUSE, None, *both) is Code.GEEN_MANDAAT
    assert collects_for(SOFTWARE_HOUSE, OTHER_LEERPLICHT.oin, *both) is OTHER_LEERPLICHT
    assert collects_for(SOFTWARE_HOUSE, COLLEGE.oin, *both) is Code.GEEN_MANDAAT
    assert collects_for(SOFTWARE_HOUSE, oin(99), *both) is Code.GEEN_MANDAAT


def test_a_recipient_that_also_helps_another_must_choose() -> None:
    helps = mandate(LEERPLICHT, OTHER_LEERPLICHT.oin, Dienst.ONTVANGEN)
    assert collects_for(LEERPLICHT, None, helps) is Code.GEEN_MANDAAT
    assert collects_for(LEERPLICHT, LEERPLICHT.oin, helps) is LEERPLICHT


@pytest.mark.parametrize("party", [SUPPLIER, SCHOOL, COLLEGE, FG, SOFTWARE_HOUSE])
def test_who_could_never_collect_has_no_right(party: Party) -> None:
    assert collects_for(party, None) is Code.GEEN_RECHT
    assert collects_for(party, LEERPLICHT.oin) is Code.GEEN_RECHT


def test_a_principal_of_another_role_gives_no_right() -> None:
    assert collects_for(SOFTWARE_HOUSE, COLLEGE.oin, FOR_COLLEGE) is Code.GEEN_RECHT
    assert collects_for(SOFTWARE_HOUSE, None, FOR_COLLEGE, roles=RECIPIENT_ROLES) is COLLEGE


@pytest.mark.parametrize(
    "given",
    [
        mandate(SOFTWARE_HOUSE, LEERPLICHT.oin, Dienst.AANLEVEREN),
        mandate(SUPPLIER, LEERPLICHT.oin, Dienst.ONTVANGEN),
        mandate(SOFTWARE_HOUSE, LEERPLICHT.oin, Dienst.ONTVANGEN, geldig_tot=TODAY - DAY),
        mandate(SOFTWARE_HOUSE, LEERPLICHT.oin, Dienst.ONTVANGEN, geldig_van=TODAY + DAY),
        mandate(SOFTWARE_HOUSE, SCHOOL.oin, Dienst.ONTVANGEN),
        mandate(SOFTWARE_HOUSE, oin(99), Dienst.ONTVANGEN),
    ],
)
def test_a_mandate_that_does_not_hold_gives_no_right(given: Mandate) -> None:
    assert collects_for(SOFTWARE_HOUSE, None, given) is Code.GEEN_RECHT


def test_a_revoked_principal_is_in_no_directory() -> None:
    parties = [party for party in PARTIES if party is not LEERPLICHT]
    without = directory(parties, (FOR_ONE,))
    with pytest.raises(Refused) as refused:
        recipient_for(SOFTWARE_HOUSE, LEERPLICHT.oin, without, TODAY, (Role.LEERPLICHT,))
    assert refused.value.code is Code.GEEN_RECHT


def test_who_names_nobody_or_itself_acts_for_all_that_it_may() -> None:
    for namens in (None, SUPPLIER.oin):
        assert require_on_behalf(SUPPLIER, namens, directory(mandates=()), TODAY) is SUPPLIER


def test_who_names_a_school_acts_for_that_school_alone() -> None:
    both = tuple(mandate(SUPPLIER, v.code, Dienst.AANLEVEREN) for v in (PO, VO))
    known = directory(mandates=both)
    named = require_on_behalf(SUPPLIER, SCHOOL.oin, known, TODAY)  # the one of PO
    for party, vestiging in ((SUPPLIER, PO), (SUPPLIER, VO), (named, PO)):
        require_mandate(party, vestiging.code, known, TODAY)
    with pytest.raises(Refused) as refused:
        require_mandate(named, VO.code, known, TODAY)
    assert refused.value.code is Code.GEEN_MANDAAT


def test_a_school_that_names_another_does_not_act_for_itself() -> None:
    other = Party(oin(90), "school-99ZZ", (Grant(Role.SCHOOL, "99ZZ"),))
    given = mandate(SCHOOL, "99ZZ00", Dienst.AANLEVEREN)
    known = directory(mandates=(given,), parties=(SCHOOL, other))
    require_mandate(SCHOOL, PO.code, known, TODAY)
    with pytest.raises(Refused) as refused:
        require_mandate(require_on_behalf(SCHOOL, other.oin, known, TODAY), PO.code, known, TODAY)
    assert refused.value.code is Code.GEEN_MANDAAT
