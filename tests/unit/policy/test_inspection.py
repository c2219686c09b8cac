"""Of whose pupils a party may ask: the FG of all, a school of its own, nobody of another's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from exchange.errors import Refused
from exchange.messages.identifiers import Oin, Vestigingscode
from exchange.policy.inspection import inspector, may_inspect
from exchange.policy.parties import (
    Dienst,
    Directory,
    Grant,
    Mandate,
    Party,
    Role,
    Vestiging,
    empty_directory,
)
from tests import pure

TODAY = date(2026, 11, 18)
OWN, OTHER = Vestigingscode("99AA00"), Vestigingscode("99BB00")


def party(number: int, *grants: Grant) -> Party:
    return Party(Oin(f"00000099{100000000 + number}000"), f"party {number}", grants)


FG = party(1, Grant(Role.FG))
SCHOOL = party(2, Grant(Role.SCHOOL, "99AA"))
SUPPLIER = party(3, Grant(Role.LEVERANCIER))
OFFICER = party(4, Grant(Role.LEERPLICHT, "0361"))
BOTH = party(5, Grant(Role.SCHOOL, "99AA"), Grant(Role.LEVERANCIER))


def directory(*mandates: tuple[Party, Vestigingscode, date | None]) -> Directory:
    return replace(
        empty_directory(),
        parties={p.oin: p for p in (FG, SCHOOL, SUPPLIER, OFFICER, BOTH)},
        vestigingen={
            code: (Vestiging(code, pure.VO.gemeente, pure.VO.sector, "VO2703", date(2000, 1, 1)),)
            for code in (OWN, OTHER)
        },
        mandates=tuple(
            Mandate(to.oin, str(code), Dienst.AANLEVEREN, date(2020, 1, 1), until, date(2020, 1, 1))
            for to, code, until in mandates
        ),
    )


def seen(who: Party, namens: Oin | None, there: Directory) -> set[Vestigingscode]:
    acting = inspector(who, namens, there, TODAY)
    return {code for code in there.vestigingen if may_inspect(acting, code, there, TODAY)}


def test_the_fg_asks_about_all() -> None:
    assert seen(FG, None, directory()) == seen(FG, FG.oin, directory()) == {OWN, OTHER}


def test_a_school_asks_about_its_own_pupils() -> None:
    assert seen(SCHOOL, None, directory()) == {OWN}


def test_a_school_that_supplies_others_asks_about_its_own_pupils_all_the_same() -> None:
    assert seen(BOTH, None, directory((BOTH, OTHER, None))) == {OWN}


def test_a_supplier_asks_for_the_one_school_that_it_names() -> None:
    there = directory((SUPPLIER, OWN, None), (SUPPLIER, OTHER, None))
    assert seen(SUPPLIER, SCHOOL.oin, there) == {OWN}


@pytest.mark.parametrize(
    ("who", "namens", "code"),
    [
        (SUPPLIER, None, "geen-recht"),
        (SUPPLIER, SUPPLIER.oin, "geen-recht"),
        (OFFICER, None, "geen-recht"),
        (OFFICER, SCHOOL.oin, "geen-mandaat"),
        (FG, SCHOOL.oin, "geen-mandaat"),
        (SCHOOL, SUPPLIER.oin, "geen-mandaat"),
        (SUPPLIER, OFFICER.oin, "geen-mandaat"),
    ],
)
def test_anybody_else_is_refused(who: Party, namens: Oin | None, code: str) -> None:
    with pytest.raises(Refused) as refused:
        inspector(who, namens, directory((SUPPLIER, OWN, None)), TODAY)
    assert refused.value.code == code


def test_a_mandate_that_ended_shows_nothing() -> None:
    there = directory((SUPPLIER, OWN, date(2026, 11, 17)))
    with pytest.raises(Refused):
        inspector(SUPPLIER, SCHOOL.oin, there, TODAY)


def test_who_asked_rightly_asks_in_the_same_name_again() -> None:
    there = directory((SUPPLIER, OWN, None))
    acting = inspector(SUPPLIER, SCHOOL.oin, there, TODAY)
    assert inspector(acting, None, there, TODAY) == acting
