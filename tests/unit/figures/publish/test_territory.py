"""What each recipient sees of a release: its own territory, and the dekking of that."""

from __future__ import annotations

import pytest

from exchange.errors import Code, Refused
from exchange.figures.levering import Dekking, Levering, Regel
from exchange.figures.measures import Niveau
from exchange.figures.publish import territory
from exchange.policy.parties import Role
from tests.leveringen import levering, missing, regel


def _school(code: str, gemeente: str, swv: str) -> Regel:
    return regel(Niveau.VESTIGING, 90, 1, 2, 3, 4, 5, 6, code=code, gemeente=gemeente, swv=swv)


def _above(niveau: Niveau, code: str, gemeente: str | None, swv: str | None) -> Regel:
    return regel(niveau, 90, 1, 2, 3, 4, 5, 6, 7, 8, code=code, gemeente=gemeente, swv=swv)


WHOLE: Levering = levering(
    _school("99AA00", "0361", "PO2703"),
    _school("99BB00", "0361", "VO2703"),
    _school("99DD00", "0399", "VO2703"),
    missing("99DD01", gemeente="0399", swv="VO2703"),
    _school("99CC00", "0599", "VO2810"),
    _above(Niveau.GEMEENTE_SWV, "0361-PO2703", "0361", "PO2703"),
    _above(Niveau.GEMEENTE_SWV, "0361-VO2703", "0361", "VO2703"),
    _above(Niveau.GEMEENTE_SWV, "0399-VO2703", "0399", "VO2703"),
    _above(Niveau.GEMEENTE_SWV, "0599-VO2810", "0599", "VO2810"),
    _above(Niveau.SWV, "PO2703", None, "PO2703"),
    _above(Niveau.SWV, "VO2703", None, "VO2703"),
    _above(Niveau.SWV, "VO2810", None, "VO2810"),
    _above(Niveau.LANDELIJK, "NL", None, None),
)


def _codes(role: Role, remit: str) -> set[str]:
    return {one.code for one in territory(WHOLE, role, remit).regels}


def test_ocw_sees_every_row() -> None:
    assert territory(WHOLE, Role.OCW, "").regels == WHOLE.regels


def test_a_college_sees_the_vestigingen_in_its_gemeente_and_its_own_sums() -> None:
    assert _codes(Role.COLLEGE, "0361") == {"99AA00", "99BB00", "0361-PO2703", "0361-VO2703"}


def test_an_swv_sees_its_vestigingen_its_gemeenten_and_itself() -> None:
    assert _codes(Role.SWV, "VO2703") == {
        "99BB00", "99DD00", "99DD01", "0361-VO2703", "0399-VO2703", "VO2703",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("role", "remit"),
    [(Role.COLLEGE, ""), (Role.COLLEGE, "VO2703"), (Role.SWV, ""), (Role.SWV, "0361")],
)
def test_another_remit_sees_nothing(role: Role, remit: str) -> None:
    assert _codes(role, remit) == set()


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.OCW, Role.COLLEGE, Role.SWV}))
def test_no_other_role_sees_a_levering(role: Role) -> None:
    with pytest.raises(Refused) as refused:
        territory(WHOLE, role, "0361")
    assert refused.value.code is Code.GEEN_RECHT


def test_dekking_is_that_of_the_territory() -> None:
    assert territory(WHOLE, Role.OCW, "").dekking == Dekking(5, 4)
    assert territory(WHOLE, Role.SWV, "VO2703").dekking == Dekking(3, 2)
    assert territory(WHOLE, Role.COLLEGE, "0599").dekking == Dekking(1, 1)


def test_the_header_is_that_of_the_release() -> None:
    cut = territory(WHOLE, Role.COLLEGE, "0361")
    assert (cut.nummer, cut.periode, cut.stand, cut.certificaat) == (
        WHOLE.nummer, WHOLE.periode, WHOLE.stand, WHOLE.certificaat,
    )  # fmt: skip
