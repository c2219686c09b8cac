"""What differs between the rules of two days, and what that does to a message."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from exchange.bootstrap.law import open_elementen, open_law, open_necessity
from exchange.errors import Code
from exchange.messages.contracts import CONTRACTS, Values
from exchange.messages.document import parse_object, read_message
from exchange.messages.soort import Soort
from exchange.policy.calendar import Schoolkalender
from exchange.policy.comparison import DecisionChange, Rules, compare, rules_on
from exchange.policy.law import Entry
from exchange.policy.necessity import FieldRule, Kind, LegalStatus, Mode
from exchange.policy.parties import RECIPIENT_ROLES, Role, Sector
from exchange.policy.replay import Circumstances, Verdict, replay
from tests.pure import TODAY, signaal, verzuimmelding

TOMORROW = date(2027, 8, 1)
NOW: Rules = rules_on(TODAY, open_law(), open_necessity(), open_elementen())
GIVEN = Circumstances(TODAY, Sector.VO, 60, Schoolkalender(), Mode.TRIAL)


def with_number(name: str, value: int) -> Rules:
    """Give today's rules with another number from tomorrow on, as they stand tomorrow."""
    law = open_law()
    entries = (*law.entries[name], Entry(TOMORROW, value, "AMvB"))
    later = replace(law, entries={**law.entries, name: entries})
    return rules_on(TOMORROW, later, open_necessity(), open_elementen())


def with_decision(soort: Soort, role: Role, member: str, rule: FieldRule) -> Rules:
    assert NOW.table is not None
    clause = NOW.table.clause(soort, role)
    changed = replace(clause, velden={**clause.velden, member: rule})
    clauses = {**NOW.table.clauses, (soort, role): changed}
    return replace(NOW, day=TOMORROW, table=replace(NOW.table, clauses=clauses))


def judge(body: dict[str, object], soort: Soort, rules: Rules, **given: object) -> Verdict:
    text = json.dumps(body).encode()
    values: Values
    values, faults = read_message(CONTRACTS[soort], text, parse_object(text))
    assert faults == ()
    return replay(CONTRACTS[soort], values, rules, replace(GIVEN, **given))  # type: ignore[arg-type]  # any of them


def test_the_rules_of_one_day_do_not_differ_from_themselves() -> None:
    found = compare(NOW, NOW)
    assert (found.numbers, found.decisions, found.lists) == ((), (), ())


def test_a_number_that_changes_is_the_only_difference() -> None:
    found = compare(NOW, with_number("drempel_eenheden", 12))
    (change,) = found.numbers
    assert (change.name, change.before.waarde, change.after.waarde) == ("drempel_eenheden", 16, 12)
    assert change.after.bron == "AMvB"
    assert (found.decisions, found.lists) == ((), ())


def test_a_decision_that_changes_is_told_by_kind_role_and_member() -> None:
    withheld = FieldRule(Kind.INGEHOUDEN, "niet meer nodig")
    found = compare(NOW, with_decision(Soort.SIGNAAL, Role.LEERPLICHT, "contact", withheld))
    assert found.decisions == (
        DecisionChange(
            Soort.SIGNAAL,
            Role.LEERPLICHT,
            "contact",
            "doorgegeven",
            "ingehouden: niet meer nodig",
        ),
    )


def test_a_proposal_that_becomes_law_is_a_difference() -> None:
    assert NOW.table is not None
    key = (Soort.SIGNAAL, Role.OCW)
    law = replace(NOW.table.clauses[key], status=LegalStatus.GELDEND)
    table = replace(NOW.table, clauses={**NOW.table.clauses, key: law})
    (change,) = compare(NOW, replace(NOW, table=table)).decisions
    assert (change.what, change.before, change.after) == ("(status)", "voorstel", "geldend")


def test_an_exclusion_and_an_element_that_come_or_go_are_differences() -> None:
    assert NOW.table is not None
    table = replace(NOW.table, exclusions=NOW.table.exclusions[1:])
    found = compare(NOW, replace(NOW, table=table, elementen=(*NOW.elementen, "NAZORG")))
    assert [(change.name, change.gone, change.new) for change in found.lists] == [
        ("elementen van een verzuimbeleid", (), ("NAZORG",)),
        ("uitgesloten voor jgz", ("pgn",), ()),
    ]


def test_before_the_first_table_nobody_had_a_ground() -> None:
    before = rules_on(date(2025, 7, 31), open_law(), open_necessity(), open_elementen())
    found = compare(before, NOW)
    assert {(change.soort, change.role) for change in found.decisions} == {
        (soort, role) for soort in Soort for role in RECIPIENT_ROLES
    }
    verdict = judge(signaal(), Soort.SIGNAAL, before)
    assert verdict == Verdict((("", Code.GEEN_GRONDSLAG),), {})


@pytest.mark.parametrize(("minutes", "refused"), [(719, False), (720, True)])
def test_yesterdays_signaal_under_a_lower_threshold_is_a_melding(
    minutes: int, *, refused: bool
) -> None:
    """The window lies before the new date: the numbers of that day decide all the same."""
    body = signaal(ongeoorloofdeMinuten=minutes)
    assert judge(body, Soort.SIGNAAL, NOW).faults == ()
    fault = ("/ongeoorloofdeMinuten", Code.VERPLICHTE_MELDING)
    lower = judge(body, Soort.SIGNAAL, with_number("drempel_eenheden", 12))
    assert lower.faults == ((fault,) if refused else ())


def test_yesterdays_melding_under_a_higher_threshold_is_none() -> None:
    assert judge(verzuimmelding(), Soort.VERZUIMMELDING, NOW).faults == ()
    higher = judge(verzuimmelding(), Soort.VERZUIMMELDING, with_number("drempel_eenheden", 17))
    assert higher.faults == (("/dagen", Code.GEEN_VERPLICHTE_MELDING),)


def test_sector_and_lesuur_decide_what_a_unit_is() -> None:
    body = signaal(ongeoorloofdeMinuten=800)
    assert judge(body, Soort.SIGNAAL, NOW, lesuur=50).faults != ()
    assert judge(body, Soort.SIGNAAL, NOW, lesuur=50, sector=Sector.PO).faults == ()


def test_each_role_is_told_what_becomes_of_the_members_that_are_there() -> None:
    withheld = FieldRule(Kind.INGEHOUDEN, "niet meer nodig")
    stricter = with_decision(Soort.SIGNAAL, Role.LEERPLICHT, "contact", withheld)
    before, after = (judge(signaal(), Soort.SIGNAAL, rules) for rules in (NOW, stricter))
    assert set(before.streams) == set(RECIPIENT_ROLES)
    assert set(before.streams[Role.OCW]) == set(signaal())
    assert before.streams[Role.LEERPLICHT]["contact"].kind is Kind.DOORGEGEVEN
    assert after.streams[Role.LEERPLICHT]["contact"] == withheld


def test_in_production_a_proposal_is_no_ground() -> None:
    verdict = judge(signaal(), Soort.SIGNAAL, NOW, mode=Mode.PRODUCTION)
    assert verdict.faults == (("", Code.GEEN_GRONDSLAG),)
    melding = judge(verzuimmelding(), Soort.VERZUIMMELDING, NOW, mode=Mode.PRODUCTION)
    assert melding.faults == ()
    assert {rule.kind for rule in melding.streams[Role.OCW].values()} == {Kind.INGEHOUDEN}


def test_a_registration_of_a_month_that_closed_is_refused_by_the_number_of_that_day() -> None:
    body: dict[str, object] = {
        "vestigingscode": "99BB00",
        "registratieId": "eigen-1",
        "pgn": "999970008",
        "datum": "2026-09-30",
        "minuten": 60,
        "reden": "SPIJBEL",
    }
    soort = Soort.VERZUIMREGISTRATIES
    assert judge(body, soort, NOW).faults == ()
    assert judge(body, soort, NOW).streams[Role.OCW]["categorie"].kind is Kind.AFGELEID
    assert judge(body, soort, with_number("open_maanden", 1)).faults == (
        ("/datum", Code.PERIODE_GESLOTEN),
    )


def test_an_intrekking_names_what_it_is_about_without_saying_so_itself() -> None:
    verdict = judge({"reden": "onjuist"}, Soort.INTREKKING, NOW)
    assert list(verdict.streams[Role.LEERPLICHT]) == ["betreft", "reden"]
