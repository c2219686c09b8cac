"""Each role gets its account of every member, and a sealed role exactly its own view."""

from __future__ import annotations

from dataclasses import replace

import pytest

from exchange import values
from exchange.errors import Fault
from exchange.messages.soort import Soort
from exchange.pipeline.minimise import minimise
from exchange.pipeline.pseudonymise import pseudonymise
from exchange.policy.necessity import FieldRule, Kind, NecessityTable
from exchange.policy.parties import RECIPIENT_ROLES, Role
from tests.pure import BERICHT_ID, EARLIER_ID, LEERPLICHT, TABLE, Flow, signaal


def with_rule(member: str, rule: FieldRule | None, role: Role = Role.LEERPLICHT) -> NecessityTable:
    """Give the table with another decision on one member; None takes the decision away."""
    clause = TABLE.clause(Soort.SIGNAAL, role)
    velden = {name: old for name, old in clause.velden.items() if name != member}
    if rule is not None:
        velden[member] = rule
    changed = replace(clause, velden=velden)
    return replace(TABLE, clauses={**TABLE.clauses, (Soort.SIGNAAL, role): changed})


def test_leerplicht_reads_exactly_the_members_of_the_contract() -> None:
    (view,) = Flow().minimised(signaal(categorie="ongeoorloofd")).views
    assert view.recipient is LEERPLICHT
    assert list(view.content) == [
        "berichtId", "soort", "zaakreferentie", "vestigingscode", "pgn", "venster",
        "ongeoorloofdeMinuten", "criterium", "oudersGeinformeerdOp", "actiesSchool", "contact",
    ]  # fmt: skip
    assert view.content["berichtId"] == str(BERICHT_ID)
    assert view.content["soort"] == "signaal"


def test_an_intrekking_names_what_it_is_about_and_no_pupil() -> None:
    (view,) = Flow().minimised({"reden": "onjuist"}, Soort.INTREKKING).views
    assert view.content == {
        "berichtId": str(BERICHT_ID),
        "soort": "intrekking",
        "betreft": str(EARLIER_ID),
        "reden": "onjuist",
    }


def test_the_accounts_are_those_of_the_four_roles() -> None:
    minimised = Flow().minimised(signaal())
    assert tuple(account.role for account in minimised.accounts) == RECIPIENT_ROLES
    assert [view.account for view in minimised.views] == [minimised.accounts[0]]


@pytest.mark.parametrize("kind", [Kind.AFGELEID, Kind.ROUTE, Kind.INGEHOUDEN])
def test_a_member_that_is_not_passed_on_is_in_the_account_and_not_in_the_view(kind: Kind) -> None:
    table = with_rule("criterium", FieldRule(kind, "waarom"))
    (view,) = Flow(table=table).minimised(signaal()).views
    assert "criterium" not in view.content
    assert "OPLOPEND" not in str(view.content)
    account = view.account
    assert ("criterium" in account.afgeleid) is (kind is Kind.AFGELEID)
    assert ("criterium" in account.route) is (kind is Kind.ROUTE)
    assert (("criterium", "waarom") in account.ingehouden) is (kind is Kind.INGEHOUDEN)


def test_a_member_that_nobody_decided_about_stops_the_message() -> None:
    for role in RECIPIENT_ROLES:
        with pytest.raises(Fault):
            Flow(table=with_rule("criterium", None, role)).minimised(signaal())


def test_a_generalisation_that_does_not_exist_stops_the_message() -> None:
    table = with_rule("venster", FieldRule(Kind.GEGENERALISEERD, "maand"))
    with pytest.raises(Fault):
        Flow(table=table).minimised(signaal())


def test_only_members_that_were_sent_are_accounted_for() -> None:
    for account in Flow().minimised(signaal()).accounts:
        named = {*account.doorgegeven, *account.afgeleid, *account.route}
        assert {"categorie", "vervangt"}.isdisjoint(named | dict(account.ingehouden).keys())


def test_a_recipient_that_is_not_there_gets_no_view() -> None:
    flow = Flow()
    classified = flow.classified(signaal())
    nobody = tuple(values.replace(stream, recipient=None) for stream in classified.streams)
    empty = values.replace(classified, streams=nobody)
    minimised = minimise(pseudonymise(empty, flow.keys), BERICHT_ID)
    assert minimised.views == ()
    assert all(account.recipient is None for account in minimised.accounts)


def test_no_stage_prints_what_it_holds() -> None:
    flow = Flow()
    minimised, encrypted = flow.minimised(signaal()), flow.encrypted(signaal())
    for value in ("999970008", "verzuim@school.example", "GESPREK_OUDERS", "2026-10-26"):
        assert value not in repr(minimised)
        assert value not in repr(encrypted)
