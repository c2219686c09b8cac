"""The verzuimmeldingen of a school week: due on any day of the year, or refused on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from exchange.errors import Code, Violation
from exchange.messages.contracts import CONTRACTS
from exchange.messages.identifiers import Pgn, Schooljaar, Vestigingscode
from exchange.messages.soort import Soort
from exchange.messages.verzuimmelding import Verzuimsoort
from exchange.policy.calendar import Schoolkalender
from exchange.policy.counting import Count
from exchange.policy.facts import Dagverzuim, Facts, Verzuimbeleid
from exchange.policy.verzuimmelding import VERZUIMMELDING_RULES
from exchange.sandbox.story.caller import wire
from exchange.sandbox.story.drempel import plan_drempel
from exchange.sandbox.story.meldingen import plan_meldingen
from exchange.sandbox.story.plan import Fate, Planned
from exchange.sandbox.story.planning import plan_week
from exchange.sandbox.story.schools import schools_of
from exchange.sandbox.world import World, read_world
from tests import pure

REFERENCE = date(2026, 11, 22)
CONTRACT = CONTRACTS[Soort.VERZUIMMELDING]
ANY_DAY = [
    *(date(2026, 1, 1) + timedelta(days=17 * n) for n in range(40)),
    *(date(2026, 8, day) for day in range(15, 25)),
    *(date(2027, 8, day) for day in range(15, 25)),
]


@pytest.fixture(scope="module")
def world() -> World:
    return read_world()


@pytest.fixture(scope="module")
def meldingen(world: World) -> tuple[Planned, ...]:
    return plan_meldingen(world, REFERENCE, 1, after=46)


def kalender(world: World, day: date) -> Schoolkalender:
    return Schoolkalender(world.calendar.lesson_free(Schooljaar.of(day)))


def broken(world: World, planned: Planned, today: date) -> Iterator[Violation]:
    """Give every rule that a melding breaks, sent today by a school that sent none before."""
    model = CONTRACT.adapter.validate_json(wire(planned.body), by_alias=True, by_name=False)
    named = {name: getattr(model, name) for name in CONTRACT.members.values()}
    values: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    facts = Facts(
        today=today,
        law=pure.LAW,
        directory=pure.directory(),
        vestiging=world.vestigingen[model.vestigingscode],
        beleid=Verzuimbeleid(1, pure.LONG_AGO, 60, frozenset()),
        kalender=kalender(world, model.begindatum),
        earlier=None,
    )
    for rule in VERZUIMMELDING_RULES:
        if all(need in values for need in rule.needs):
            yield from rule.check(values, facts)


@pytest.mark.parametrize("reference", ANY_DAY)
def test_sends_only_meldingen_that_are_due_on_any_day_of_the_year(
    world: World, reference: date
) -> None:
    for planned in plan_meldingen(world, reference, 1, after=46):
        codes = [violation.code for violation in broken(world, planned, reference)]
        is_short = planned.refusal is Code.GEEN_VERPLICHTE_MELDING
        assert codes == ([Code.GEEN_VERPLICHTE_MELDING] if is_short else []), planned.name
        days = [dag["datum"] for dag in planned.body["dagen"]]
        assert max([*days, planned.body["oudersGeinformeerdOp"]]) < reference.isoformat()


def test_sends_every_kind_a_replacement_a_withdrawal_and_two_mistakes(
    meldingen: tuple[Planned, ...],
) -> None:
    standing = [one for one in meldingen if one.fate is Fate.STAAT]
    assert {one.body["verzuimsoort"] for one in standing} == {soort.value for soort in Verzuimsoort}
    (replacing,) = [one for one in meldingen if one.replaces is not None]
    (replaced,) = [one for one in meldingen if one.fate is Fate.VERVANGEN]
    assert replacing.replaces == replaced.number
    assert replacing.body["pgn"] == replaced.body["pgn"]
    assert [one.fate for one in meldingen].count(Fate.LATER_INGETROKKEN) == 1
    refused = [one.refusal for one in meldingen if one.refusal]
    assert refused == [Code.GEEN_VERPLICHTE_MELDING, Code.AL_GEMELD]
    assert {one.sender for one in meldingen} == {"las-noord", "las-zuid", "las-regio"}
    assert {one.body["woongemeente"] for one in meldingen} == {"0361", "0599"}


def test_numbers_the_meldingen_after_the_signalen(world: World) -> None:
    messages = plan_week(world, REFERENCE, 1).messages
    assert [one.number for one in messages] == list(range(1, len(messages) + 1))
    assert len({one.key for one in messages}) == len(messages)


def test_reports_no_pupil_who_is_in_a_signaal_or_in_the_month(world: World) -> None:
    in_signalen, reported = (
        {
            planned.body["pgn"]
            for week in range(10)
            for planned in plan_week(world, REFERENCE, week).messages
            if planned.soort is soort
        }
        for soort in (Soort.SIGNAAL, Soort.VERZUIMMELDING)
    )
    registered = {pupil.pgn.reveal() for school in schools_of(world) for pupil in school.pupils}
    assert all(Pgn(number).is_test for number in reported)
    assert not reported & (in_signalen | registered)
    assert in_signalen & registered


def test_reports_other_pupils_in_the_next_two_weeks(world: World) -> None:
    weeks = [
        {one.body["pgn"] for one in plan_meldingen(world, REFERENCE, week, after=46)}
        for week in (1, 2, 3)
    ]
    assert len(set().union(*weeks)) == sum(map(len, weeks))


@pytest.mark.parametrize("reference", ANY_DAY)
def test_registers_the_sixteen_hours_that_the_melding_is_about(
    world: World, reference: date
) -> None:
    melding = plan_meldingen(world, reference, 1, after=46)[0]
    drempel = plan_drempel(world, reference, 1, melding)
    year = Schooljaar.of(reference)
    lesson_days = [day for day in world.calendar.lesson_days(year) if day < reference]
    if drempel is None:  # only when there is no room for it in the schooljaar yet
        assert len(lesson_days) < 4
        return
    lines = [
        CONTRACTS[Soort.VERZUIMREGISTRATIES].adapter.validate_json(
            delivery.content, by_alias=True, by_name=False
        )
        for delivery in drempel.deliveries
    ]
    assert {line.registratie_id.reveal() for line in lines} == drempel.registratie_ids
    assert {line.pgn.reveal() for line in lines} == {melding.body["pgn"]}
    assert {line.vestigingscode for line in lines} == {Vestigingscode("99BB00")}
    stand = Count(kalender(world, reference), year, 4).first_reached(
        [Dagverzuim(line.datum, line.minuten) for line in lines], lambda _: 960
    )
    assert stand is not None
    assert stand.op.isoformat() == melding.body["einddatum"]
