"""Laws of every quick way: it says what the slow definition says, which stands here beside it."""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from datetime import date, timedelta
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.accountability.receipt import stream_line
from exchange.crypto.canonical import canonical
from exchange.errors import Code, Fault, Invalid, Violation
from exchange.messages import plain
from exchange.messages.contracts import CONTRACTS
from exchange.messages.document import Reading, parse_object, read, read_message, to_wire
from exchange.messages.identifiers import (
    Oin,
    Pgn,
    Schooljaar,
    Vestigingscode,
    spells_a_pgn,
    spells_a_pgn_as_id,
)
from exchange.messages.judged import Judged
from exchange.messages.plain import read_plainly
from exchange.messages.schoolcijfers import Minutentelling
from exchange.messages.soort import Soort
from exchange.messages.verzuimmelding import Verzuimdag
from exchange.messages.wire import Contact, Venster
from exchange.policy.calendar import Schoolkalender, lesweken, touches_more_lesweken
from exchange.policy.counting import Count
from exchange.policy.facts import Dagverzuim
from exchange.policy.law import Entry, Law, Parameters
from exchange.policy.necessity import Clause, Kind, Mode
from exchange.policy.parties import Dienst, Directory, Grant, Mandate, Party, Role, Sector
from exchange.policy.rules import RULES, violations_of
from exchange.policy.status import Status
from exchange.policy.thresholds import threshold_minutes
from tests import pure
from tests.fuzz.hard import ODD_BODIES, bodies
from tests.persons import bsn, onderwijsnummer

law = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)  # a busy machine breaks no law
DAYS = st.dates(date(2012, 1, 1), date(2035, 1, 1))

# --- reading a message ---

GOOD: Mapping[Soort, dict[str, Any]] = {
    Soort.SIGNAAL: pure.signaal(vervangt=str(pure.EARLIER_ID), categorie="ongeoorloofd"),
    Soort.VERZUIMMELDING: pure.verzuimmelding(),
    Soort.INTREKKING: {"reden": "onjuist"},
    Soort.VERZUIMREGISTRATIES: {
        "vestigingscode": "99BB00",
        "registratieId": 'a:"b',
        "pgn": "999970008",
        "datum": "2026-11-02",
        "minuten": 60,
        "categorie": "geoorloofd",
    },
    Soort.LEERLINGAANTALLEN: {"leerlingen": 100, "geplandeMinutenPerLeerling": 6000},
}


def the_long_way(soort: Soort, body: bytes) -> Reading | tuple[Violation, ...]:
    """Read as the contract tells: first the JSON, then the message, and what is good of it."""
    try:
        values, faults = read_message(CONTRACTS[soort], body, parse_object(body))
    except Invalid as refused:
        return tuple(refused.violations)
    return values, to_wire(CONTRACTS[soort], values), faults


def the_quick_way(soort: Soort, body: bytes) -> Reading | tuple[Violation, ...]:
    """Read in one go."""
    try:
        return read(CONTRACTS[soort], body)
    except Invalid as refused:
        return tuple(refused.violations)


def require_the_same(soort: Soort, body: bytes) -> None:
    """Both ways, twice: what was read once may be remembered. Printed, True is no 1."""
    for _ in range(2):
        quick, long = the_quick_way(soort, body), the_long_way(soort, body)
        assert quick == long
        assert repr(quick) == repr(long)


@law
@given(st.sampled_from(sorted(GOOD)), st.data())
def test_a_message_is_read_in_one_go_as_in_two(soort: Soort, data: st.DataObject) -> None:
    require_the_same(soort, data.draw(bodies((GOOD[soort],))))


@pytest.mark.parametrize("soort", GOOD)
def test_odd_bodies_are_read_in_one_go_as_in_two(soort: Soort) -> None:
    for body in ODD_BODIES:
        require_the_same(soort, body)


@law
@given(st.sampled_from(sorted(GOOD)), st.data())
def test_a_member_that_stands_there_twice_is_never_taken(soort: Soort, data: st.DataObject) -> None:
    """At any depth, spelled with escapes or not, with the same value or as an absent one."""
    text = json.dumps(GOOD[soort])
    members = list(re.finditer(r'"([a-zA-Z]+)": ', text))
    again = data.draw(st.sampled_from(members))
    end = json.JSONDecoder().raw_decode(text, again.end())[1]
    name = data.draw(st.sampled_from([again[1], f"\\u{ord(again[1][0]):04x}{again[1][1:]}"]))
    value = data.draw(st.sampled_from([text[again.end() : end], "null"]))
    body = f'{text[: again.start()]}"{name}":{value}, {text[again.start() :]}'.encode()
    with pytest.raises(Invalid):
        read(CONTRACTS[soort], body)
    assert read(CONTRACTS[soort], text.encode())[2] == ()


@pytest.mark.parametrize("soort", GOOD)
def test_a_plain_message_is_read_plainly_whatever_its_order(soort: Soort) -> None:
    """Else nothing above would say anything about the quick way."""
    good = GOOD[soort]
    for document in (good, _turned(good)):
        plain = read_plainly(CONTRACTS[soort], json.dumps(document).encode())
        assert (plain is None) is (soort is Soort.VERZUIMREGISTRATIES)  # a colon in its own number
        require_the_same(soort, json.dumps(document).encode())


def _turned(value: Any) -> Any:  # noqa: ANN401  JSON
    if isinstance(value, dict):
        return {name: _turned(part) for name, part in reversed(value.items())}
    return [_turned(part) for part in value] if isinstance(value, list) else value


ONE_STEP_OFF: tuple[tuple[str, object], ...] = (
    ("ongeoorloofdeMinuten", 540.0), ("ongeoorloofdeMinuten", True),
    ("ongeoorloofdeMinuten", "540"), ("ongeoorloofdeMinuten", 0), ("ongeoorloofdeMinuten", 10**30),
    ("pgn", 999970008), ("pgn", "999970009"), ("pgn", None), ("vestigingscode", ["99BB00"]),
    ("plicht", 1), ("plicht", "LEERPLICHTIG"), ("plicht", {"leerplichtig": 1}),
    ("venster", ["van", "tot"]), ("venster", "vantot"), ("venster", {"van": "2026-10-26"}),
    ("venster", {"van": "2026-10-26", "tot": "2026-11-13", "x": "2026-11-13"}),
    ("venster", {"van": "2026-10-26", "tot": "2026-13-13"}), ("venster", {"van": 1, "tot": True}),
    ("actiesSchool", {"MENTOR": 1}), ("actiesSchool", "MENTOR"), ("actiesSchool", [["MENTOR"]]),
    ("actiesSchool", ["MENTOR"] * 8), ("actiesSchool", []), ("actiesSchool", None),
    ("actiesSchool", {}), ("actiesSchool", ""),
    ("contact", {"rol": "mentor", "email": "a@b"}), ("contact", {"rol": "mentor"}),
    ("contact", {"email": "verzuim@school.example", "rol": "mentor"}), ("contact", []),
    ("contact", {"rol": "mentor", "email": "verzuim@school.example\n"}),
    ("categorie", None), ("categorie", "geoorloofd"), ("categorie", ["ongeoorloofd"]),
    ("vervangt", None), ("vervangt", pure.EARLIER_ID.hex), ("vervangt", f"{{{pure.EARLIER_ID}}}"),
    ("vervangt", str(pure.EARLIER_ID).upper()), ("oudersGeinformeerdOp", "2026-11-13T00:00:00"),
    ("oudersGeinformeerdOp", 20261113), ("criterium", ["OPLOPEND"]), ("criterium", "oplopend"),
    ("ongeoorloofde_minuten", 540), ("naam", "x"), ("a:b", None), ("", ""),
)  # fmt: skip


@pytest.mark.parametrize(("member", "value"), ONE_STEP_OFF)
def test_one_member_that_is_not_plain_is_read_in_one_go_as_in_two(
    member: str, value: object
) -> None:
    """Before and after the good value was met and remembered."""
    off = json.dumps({**GOOD[Soort.SIGNAAL], member: value}).encode()
    require_the_same(Soort.SIGNAAL, off)
    require_the_same(Soort.SIGNAAL, json.dumps(GOOD[Soort.SIGNAAL]).encode())
    require_the_same(Soort.SIGNAAL, off)


def test_what_messages_are_made_of_always_has_all_its_members() -> None:
    """Else the members of a body could not be counted by those of its message."""
    parts: tuple[Any, ...] = (Contact, Minutentelling, Venster, Verzuimdag)
    for model in (*(contract.model for contract in CONTRACTS.values()), *parts):
        for name, field in model.__pydantic_fields__.items():
            assert field.is_required() or (field.default is None and model not in parts), name


def test_no_number_of_a_pupil_and_no_words_of_a_school_are_remembered() -> None:
    """What stays in memory longer than its message is what many messages say."""
    signaal = GOOD[Soort.SIGNAAL]
    contact = signaal["contact"]
    plain._plan.cache_clear()  # what was kept before may be where the collector no longer looks
    assert read_plainly(CONTRACTS[Soort.SIGNAAL], json.dumps(signaal).encode())
    gc.collect()
    kept = {
        text
        for known in gc.get_objects()
        if isinstance(known, Judged)
        for written in known
        for text in (written if isinstance(written, tuple) else (written,))
    }
    assert {signaal["plicht"], signaal["woongemeente"], "GESPREK_OUDERS"} <= kept
    assert kept.isdisjoint({signaal["pgn"], signaal["criterium"], contact["email"]})


# --- identifiers ---


@law
@given(
    st.sampled_from([*(bsn(n) for n in range(3)), *(onderwijsnummer(n) for n in range(3))]),
    st.text("0123456789-% ٩é%3\ud800", max_size=14),
    st.sampled_from(["", "-", "%2D", "%39", "é", "٩"]),
)
def test_a_number_is_found_in_a_text_as_by_its_definition(
    pgn: Pgn, rest: str, between: str
) -> None:
    number = pgn.reveal()
    for text in (rest, f"{rest}{number[:4]}{between}{number[4:]}{rest}", number.lstrip("0")):
        readings = {re.sub(r"[^0-9]", "", reading) for reading in (text, unquote(text))}
        spelled = any(number.lstrip("0") in reading for reading in readings)
        assert pgn.is_spelled_in(text) is spelled


@law
@given(st.one_of(st.uuids(), st.integers(0, 10**32 - 1).map(lambda n: UUID(f"{n:032d}"))))
def test_a_number_is_found_in_an_id_with_its_hyphens_or_without(identifier: UUID) -> None:
    written = (str(identifier), identifier.hex)
    assert spells_a_pgn_as_id(identifier) is any(map(spells_a_pgn, written))
    rows = {text[n : n + 9] for text in written for n in range(len(text) - 8)}
    assert spells_a_pgn_as_id(identifier) is any(is_pgn(row) for row in rows)


def is_pgn(text: str) -> bool:
    """Whether ``Pgn`` takes a text."""
    with suppress(ValueError):
        return bool(Pgn(text))
    return False


@law
@given(DAYS, st.integers(2010, 2036))
def test_a_day_lies_in_the_schooljaar_that_is_its_own(day: date, start: int) -> None:
    schooljaar = Schooljaar(start)
    assert (day in schooljaar) is (Schooljaar.of(day) == schooljaar)
    assert (day in schooljaar) is (schooljaar.first_day <= day <= schooljaar.last_day)


@law
@given(
    st.sampled_from([bsn(1), bsn(2), onderwijsnummer(3)]),
    st.integers(0, 9),
    st.lists(st.sampled_from(["", "-", "%", "%2D", "%3", "9", "0", "x"]), min_size=4, max_size=4),
)
def test_a_number_in_a_text_of_the_school_is_found_in_that_text_alone(
    pgn: Pgn, cut: int, around: list[str]
) -> None:
    """Not in two texts together, however these are looked through."""
    number = pgn.reveal()
    key = f"{around[0]}{number[cut:]}{around[1]}-"
    email = f"a{around[2]}{number[:cut]}{around[3]}@school.example"
    texts = {"/criterium": f"X{number[:cut]}", "/contact/email": email, "": key}
    body = pure.signaal(number, criterium=texts["/criterium"])
    body["contact"] = {"rol": "mentor", "email": email}
    faults = pure.Flow().validated(body, key=key).faults
    told = {fault.pointer for fault in faults if fault.code is Code.PGN_IN_VRIJE_TEKST}
    assert told == {pointer for pointer, text in texts.items() if pgn.is_spelled_in(text)}


# --- the law, the calendar and the parties ---

_NAMES = tuple(field.name for field in fields(Parameters))


_A_WEEK = st.dates(date(2026, 8, 1), date(2026, 8, 7))
_VALUES = st.dictionaries(_A_WEEK, st.integers(0, 9), min_size=1, max_size=2)


@law
@given(st.lists(_VALUES, min_size=1, max_size=4), _A_WEEK)
def test_the_law_says_of_each_number_what_held_that_day(
    values: list[dict[date, int]], day: date
) -> None:
    entries = {
        name: tuple(
            Entry(begin, n, "x") for begin, n in sorted(values[place % len(values)].items())
        )
        for place, name in enumerate(_NAMES)
    }
    numbers = Law(entries, {}).on(day)
    for name, dated in entries.items():
        held = [entry for entry in dated if entry.geldig_vanaf <= day] or [dated[0]]
        assert getattr(numbers, name) == held[-1].waarde


@law
@given(st.lists(st.tuples(DAYS, st.integers(0, 40)), max_size=3), DAYS)
def test_a_week_has_lessons_on_any_weekday_that_is_not_free(
    spans: list[tuple[date, int]], day: date
) -> None:
    free = tuple((van, van + timedelta(days=days)) for van, days in spans)
    kalender, monday = Schoolkalender(free), day - timedelta(days=day.weekday())
    week = [monday + timedelta(days=n) for n in range(5)]
    assert kalender.is_free(day) is any(van <= day <= tot for van, tot in free)
    for schooljaar in {Schooljaar.of(monday), Schooljaar.of(week[-1])}:
        lessons = any(d in schooljaar and not any(v <= d <= t for v, t in free) for d in week)
        assert kalender.has_lessons(monday, schooljaar) is lessons


_SPANS = st.tuples(st.dates(date(2026, 8, 1), date(2027, 7, 31)), st.integers(0, 40))


@law
@given(st.lists(_SPANS, max_size=3), _SPANS, st.integers(0, 7))
def test_days_touch_more_lesweken_than_a_number_if_there_are_more(
    free: list[tuple[date, int]], touched: tuple[date, int], most: int
) -> None:
    kalender = Schoolkalender(tuple((van, van + timedelta(days=days)) for van, days in free))
    van, tot = touched[0], min(touched[0] + timedelta(days=touched[1]), date(2027, 7, 31))
    counted = len(lesweken(van, tot, kalender))
    assert touches_more_lesweken(van, tot, kalender, most) is (counted > most)


@law
@given(
    st.dictionaries(st.dates(date(2026, 10, 1), pure.TODAY), st.integers(1, 720), max_size=8),
    st.lists(_SPANS, max_size=2),
    st.integers(1, 1100),
)
def test_a_signaal_stays_below_the_limit_by_its_own_minutes_and_by_the_registrations(
    registered: dict[date, int], free: list[tuple[date, int]], minutes: int
) -> None:
    kalender = Schoolkalender(tuple((van, van + timedelta(days=days)) for van, days in free))
    days = tuple(Dagverzuim(day, registered[day]) for day in sorted(registered))
    flow = pure.Flow(kalender=kalender, registered=days)
    valid = flow.validated(pure.signaal(ongeoorloofdeMinuten=minutes))
    found = violations_of(Soort.SIGNAAL, valid.values, flow.facts(valid))
    venster, numbers = valid.values["venster"], pure.LAW.on(pure.TODAY)
    within = [day for day in days if venster.van <= day.datum <= venster.tot]
    most = Count(kalender, Schooljaar(2026), numbers.drempel_lesweken).most(within)
    due = any(violation.code is Code.VERPLICHTE_MELDING for violation in found)
    assert due is (max(minutes, most) >= threshold_minutes(numbers, Sector.VO, 60))


@law
@given(st.sampled_from([Soort.SIGNAAL, Soort.VERZUIMMELDING]), st.data())
def test_a_rule_judges_what_has_all_that_it_needs(soort: Soort, data: st.DataObject) -> None:
    late = (pure.TODAY + timedelta(days=1)).isoformat()
    bad = {"woongemeente": "0398", "oudersGeinformeerdOp": late, "einddatum": late}
    body = {name: bad.get(name, value) for name, value in GOOD[soort].items()}
    flow = pure.Flow(criteria=frozenset(), earlier=pure.earlier_message(soort))
    valid = flow.validated(body, soort)
    facts, names = flow.facts(valid), st.sets(st.sampled_from(sorted(valid.values)))
    lost, broken = data.draw(names), data.draw(names)
    values = {name: value for name, value in valid.values.items() if name not in lost | broken}
    slowly = [
        violation
        for rule in RULES[soort]
        if all(need in values for need in rule.needs) and broken.isdisjoint(rule.may_use)
        for violation in rule.check(values, facts)
    ]
    for _ in range(2):
        assert violations_of(soort, values, facts, broken) == tuple(slowly)


_OINS = st.integers(1, 5).map(pure.oin)
_GRANTS = st.builds(Grant, st.sampled_from([Role.LEERPLICHT, Role.SWV]), st.sampled_from("ab"))
_PARTIES = st.builds(lambda oin, grants: Party(oin, "x", tuple(grants)), _OINS, st.lists(_GRANTS))
_PRINCIPALS = st.sampled_from(["99AA00", "99BB00", str(pure.oin(1))])
_MANDATES = st.builds(
    Mandate,
    _OINS,
    _PRINCIPALS,
    st.sampled_from(list(Dienst)),
    DAYS,
    st.none(),
    DAYS,
)


@law
@given(st.lists(_PARTIES, max_size=5), st.lists(_MANDATES, max_size=5), _OINS, _GRANTS)
def test_who_is_looked_up_is_who_a_search_in_order_finds(
    parties: list[Party], mandates: list[Mandate], supplier: Oin, grant: Grant
) -> None:
    known = {party.oin: party for party in parties}
    directory = Directory(known, tuple(mandates), {}, {}, {})
    holder = next((p for p in known.values() if grant in p.grants), None)
    assert directory.holder(grant.role, grant.remit) is holder
    assert all(p.holds(grant.role, grant.remit) is (grant in p.grants) for p in parties)
    mine = [m for m in mandates if m.supplier == supplier]
    found = list(directory.mandates_of(supplier))
    assert sorted(map(repr, found)) == sorted(map(repr, mine))
    for principal in ("99AA00", "99BB00", str(pure.oin(1))):
        wanted = [m for m in mine if m.principal == principal]
        assert list(directory.mandates_for(supplier, principal)) == wanted


# --- what is decided about each member ---

_CLAUSES: tuple[Clause, ...] = pure.TABLE.enforced(Mode.TRIAL) + pure.TABLE.enforced(
    Mode.PRODUCTION
)


@law
@given(st.sampled_from(range(len(_CLAUSES))), st.data())
def test_members_are_sorted_by_the_decision_on_each(number: int, data: st.DataObject) -> None:
    clause: Clause = _CLAUSES[number]
    members = data.draw(st.lists(st.sampled_from(sorted(clause.velden)), unique=True))
    for _ in range(2):
        decided = clause.decided(dict.fromkeys(members))
        assert decided.members == tuple(members)
        for kind, listed in (
            (Kind.DOORGEGEVEN, decided.doorgegeven),
            (Kind.GEGENERALISEERD, decided.gegeneraliseerd),
            (Kind.AFGELEID, decided.afgeleid),
            (Kind.ROUTE, decided.route),
            (Kind.INGEHOUDEN, tuple(member for member, _ in decided.ingehouden)),
        ):
            assert listed == tuple(m for m in members if clause.rule_for(m).kind is kind)
        assert all(clause.rule_for(member).how == how for member, how in decided.ingehouden)


def test_a_member_nobody_decided_about_stops_the_message_each_time() -> None:
    for _ in range(2):
        with pytest.raises(Fault):
            _CLAUSES[0].decided(["vestigingscode", "naam"])


def test_the_lists_of_a_line_are_its_own() -> None:
    """A line that differs in anything is another line, however often it was asked before."""
    clause = _CLAUSES[0]
    some, more = (clause.decided(list(clause.velden)[:n]) for n in (2, 3))
    lines = [
        stream_line(rol, ontvanger, status, decided, beleid)
        for rol in (Role.SWV, Role.OCW)
        for ontvanger in (None, pure.oin(1), pure.oin(2))
        for status in (Status.WACHTEND, Status.GEEN)
        for decided in (some, more)
        for beleid in (date(2026, 1, 1), date(2026, 1, 2))
    ]
    assert len({canonical(line) for line in [*lines, *lines]}) == len(lines)


def test_equal_texts_of_two_kinds_are_two_identifiers() -> None:
    """Their hashes are equal; they are not."""
    assert len({Pgn("999970008"), Vestigingscode("99BB00"), "99BB00", "999970008"}) == 4
