"""Which table decides, what trial and production make of it, and that silence is a no."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from exchange.errors import Code, Fault, Refused
from exchange.messages.soort import Soort
from exchange.policy.necessity import Kind, LegalStatus, Mode, Necessity, NecessityTable, Reach
from exchange.policy.parties import RECIPIENT_ROLES, Role
from tests.pure import TABLE

DAY = timedelta(days=1)
FIRST, SECOND = date(2025, 8, 1), date(2026, 8, 1)


def with_law(*roles: Role) -> NecessityTable:
    """Give a table in which the signaal is law for some roles."""
    clauses = {
        key: replace(clause, status=LegalStatus.GELDEND)
        if clause.role in roles and clause.soort is Soort.SIGNAAL
        else clause
        for key, clause in TABLE.clauses.items()
    }
    return replace(TABLE, clauses=clauses)


def test_the_latest_table_that_holds_on_a_day_decides() -> None:
    old, new = (replace(TABLE, geldig_vanaf=day) for day in (FIRST, SECOND))
    tables = Necessity((old, new))
    assert tables.on(FIRST) is old
    assert tables.on(SECOND - DAY) is old
    assert tables.on(SECOND) is new
    assert tables.on(date.max) is new


def test_before_the_first_table_there_is_no_ground_for_anything() -> None:
    with pytest.raises(Refused) as refused:
        Necessity((replace(TABLE, geldig_vanaf=FIRST),)).on(FIRST - DAY)
    assert refused.value.code is Code.GEEN_GRONDSLAG


def test_the_trial_uses_proposals_as_they_stand() -> None:
    clauses = TABLE.in_force(Soort.SIGNAAL, Mode.TRIAL)
    assert clauses == tuple(TABLE.clause(Soort.SIGNAAL, role) for role in RECIPIENT_ROLES)


PROPOSED = [
    soort
    for soort in Soort
    if all(TABLE.clause(soort, role).status is LegalStatus.VOORSTEL for role in RECIPIENT_ROLES)
]


def test_only_what_the_law_knows_today_is_open_in_production() -> None:
    assert set(Soort) - set(PROPOSED) == {Soort.VERZUIMMELDING, Soort.INTREKKING}


@pytest.mark.parametrize("soort", PROPOSED)
def test_production_refuses_what_is_only_proposed(soort: Soort) -> None:
    with pytest.raises(Refused) as refused:
        TABLE.in_force(soort, Mode.PRODUCTION)
    assert refused.value.code is Code.GEEN_GRONDSLAG


@pytest.mark.parametrize("law", RECIPIENT_ROLES)
def test_production_gives_each_role_only_what_is_law_for_it(law: Role) -> None:
    table = with_law(law)
    for clause in table.in_force(Soort.SIGNAAL, Mode.PRODUCTION):
        if clause.role is law:
            assert clause == table.clause(Soort.SIGNAAL, law)
            continue
        assert (clause.reach, dict(clause.toegevoegd)) == (Reach.GEEN, {})
        assert {rule.kind for rule in clause.velden.values()} == {Kind.INGEHOUDEN}
        assert all(rule.how for rule in clause.velden.values())


def test_what_nobody_decided_about_stops_the_message() -> None:
    clause = TABLE.clause(Soort.SIGNAAL, Role.LEERPLICHT)
    with pytest.raises(Fault):
        clause.rule_for("naam")
    with pytest.raises(Fault):
        TABLE.clause(Soort.SIGNAAL, Role.FG)
    with pytest.raises(Fault):
        NecessityTable(FIRST, {}).in_force(Soort.SIGNAAL, Mode.TRIAL)


def test_a_table_shows_every_clause_as_it_is_enforced() -> None:
    assert TABLE.enforced(Mode.TRIAL) == tuple(TABLE.clauses.values())
    for written, used in zip(TABLE.clauses.values(), TABLE.enforced(Mode.PRODUCTION), strict=True):
        if written.status is LegalStatus.GELDEND:
            assert used == written
        else:
            assert (used.id, used.status, used.reach) == (written.id, written.status, Reach.GEEN)
            assert {rule.kind for rule in used.velden.values()} == {Kind.INGEHOUDEN}
