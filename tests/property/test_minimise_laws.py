"""Laws of minimising: it only removes, and what a role may not have leaves no trace in its bytes.

For every kind of message that the flow takes in and every role, made from the contracts themselves.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from exchange.crypto.opening import open_message
from exchange.errors import ExchangeError
from exchange.messages.contracts import CONTRACTS
from exchange.messages.intrekking import IntrekkingReden
from exchange.messages.soort import Soort
from exchange.messages.verzuimmelding import Verzuimsoort
from exchange.messages.wire import ActieSchool, ContactRol, Plicht
from exchange.pipeline.at_rest import mailbox_key, payload_context
from exchange.pipeline.stages import Minimised
from exchange.policy.necessity import FieldRule, Kind, NecessityTable, Reach
from exchange.policy.parties import RECIPIENT_ROLES, Dienst, Role
from exchange.policy.rules import RULES
from tests.persons import bsn, onderwijsnummer
from tests.pure import (
    EARLIER_ID,
    LONG_AGO,
    PO,
    PRIVATE_KEY,
    SUPPLIER,
    TABLE,
    TODAY,
    VO,
    Flow,
    directory,
    earlier_message,
    mandate,
)

Body = dict[str, Any]
DAYS = st.dates(date(2026, 8, 17), TODAY)
PUPILS = st.sampled_from([*(bsn(n) for n in range(30)), *(onderwijsnummer(n) for n in range(30))])
CRITERIA = ("OPLOPEND", "PATROON_VASTE_DAG", "X1")


def _windows() -> st.SearchStrategy[Body]:
    """Windows of at most four ISO weeks within one school year."""
    starts = st.dates(date(2026, 8, 17), TODAY - timedelta(days=21))
    return st.builds(
        lambda van, days: {"van": van.isoformat(), "tot": (van + timedelta(days=days)).isoformat()},
        starts,
        st.integers(0, 21),
    )


def _contacts() -> st.SearchStrategy[Body]:
    local = st.text("abcdefghijklmnopqrstuvwxyz.", min_size=1, max_size=12)
    return st.builds(
        lambda rol, name: {"rol": rol.value, "email": f"{name}@school.example"},
        st.sampled_from(list(ContactRol)),
        local,
    )


def _days_absent() -> st.SearchStrategy[list[Body]]:
    """Days that lie within every melding that the strategies below can make."""
    days = st.dictionaries(
        st.dates(date(2026, 9, 11), date(2026, 10, 19)), st.integers(1, 720), min_size=1, max_size=5
    )
    return days.map(
        lambda found: [{"datum": d.isoformat(), "minuten": m} for d, m in found.items()]
    )


REQUIRED: Mapping[Soort, Mapping[str, st.SearchStrategy[Any]]] = {
    Soort.SIGNAAL: {
        "vestigingscode": st.sampled_from([VO.code.reveal(), PO.code.reveal()]),
        "pgn": PUPILS.map(lambda pgn: pgn.reveal()),
        "plicht": st.sampled_from([plicht.value for plicht in Plicht]),
        "woongemeente": st.sampled_from(["0361", "0599"]),
        "venster": _windows(),
        "ongeoorloofdeMinuten": st.integers(1, 959),
        "criterium": st.sampled_from(CRITERIA),
        "oudersGeinformeerdOp": DAYS.map(date.isoformat),
        "actiesSchool": st.lists(st.sampled_from([a.value for a in ActieSchool]), max_size=7),
        "contact": _contacts(),
    },
    Soort.VERZUIMMELDING: {
        "vestigingscode": st.sampled_from([VO.code.reveal(), PO.code.reveal()]),
        "pgn": PUPILS.map(lambda pgn: pgn.reveal()),
        "plicht": st.sampled_from([plicht.value for plicht in Plicht]),
        "woongemeente": st.sampled_from(["0361", "0599"]),
        "verzuimsoort": st.sampled_from([Verzuimsoort.LANGDURIG.value, Verzuimsoort.LUXE.value]),
        "begindatum": st.dates(date(2026, 8, 17), date(2026, 9, 10)).map(date.isoformat),
        "einddatum": st.dates(date(2026, 10, 20), TODAY).map(date.isoformat),
        "dagen": _days_absent(),
        "alleLessenGemist": st.booleans(),
        "actieGemeenteGewenst": st.booleans(),
        "oudersGeinformeerdOp": DAYS.map(date.isoformat),
        "actiesSchool": st.lists(st.sampled_from([a.value for a in ActieSchool]), max_size=7),
        "contact": _contacts(),
    },
    Soort.INTREKKING: {"reden": st.sampled_from([reden.value for reden in IntrekkingReden])},
}
OPTIONAL: Mapping[Soort, Mapping[str, st.SearchStrategy[Any]]] = {
    Soort.SIGNAAL: {
        "categorie": st.just("ongeoorloofd"),
        "vervangt": st.just(str(EARLIER_ID)),
    },
    Soort.VERZUIMMELDING: {"vervangt": st.just(str(EARLIER_ID))},
    Soort.INTREKKING: {},
}


def bodies(soort: Soort) -> st.SearchStrategy[Body]:
    """Bodies that are accepted, of one kind."""
    return st.fixed_dictionaries(dict(REQUIRED[soort]), optional=dict(OPTIONAL[soort]))


def test_the_strategies_make_every_member_of_every_contract() -> None:
    assert set(REQUIRED) == set(OPTIONAL) == set(RULES)
    for soort, members in REQUIRED.items():
        assert members.keys() | OPTIONAL[soort].keys() == set(CONTRACTS[soort].members)


def flow_for(body: Body, table: NecessityTable = TABLE) -> Flow:
    """Give a world in which ``body`` is accepted; ids, clock and salts are fixed."""
    vestiging = PO if body.get("vestigingscode") == PO.code.reveal() else VO
    recipient = directory().holder(Role.LEERPLICHT, body.get("woongemeente", "0361"))
    assert recipient is not None
    earlier = earlier_message(vestigingscode=vestiging.code, recipient=recipient.oin)
    named = "vervangt" in body or "reden" in body
    return replace(
        FLOW,
        vestiging=vestiging,
        criteria=frozenset(CRITERIA),
        earlier=earlier if named else None,
        table=table,
    )


FLOW = Flow(
    directory=directory(
        mandates=tuple(
            mandate(SUPPLIER, v.code, Dienst.AANLEVEREN, betreft_vanaf=LONG_AGO) for v in (VO, PO)
        )
    )
)


def minimised(soort: Soort, body: Body, table: NecessityTable = TABLE) -> Minimised:
    """Run a body through the pure stages."""
    return flow_for(body, table).minimised(body, soort)


def plaintexts(soort: Soort, body: Body) -> list[bytes]:
    """Give what each recipient reads once it has opened its parcel, byte for byte."""
    flow = flow_for(body)
    encrypted = flow.encrypted(body, soort)
    header = encrypted.header
    key = mailbox_key(header.vestigingscode, header.schooljaar)
    read = []
    for parcel in encrypted.parcels:
        context = payload_context(header.bericht_id, parcel.account.role)
        token = flow.keys.open(key, parcel.payload, context).decode()
        jwks = flow.keys.public_keys()
        opened = open_message(token, parcel.recipient, [PRIVATE_KEY], jwks)
        outer = [opened.rid, opened.purpose, opened.issued_at.isoformat(), opened.kid]
        read.append(json.dumps([dict(opened.content), outer]).encode())
    return read


EVERY = pytest.mark.parametrize("soort", list(RULES))
quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@EVERY
@quick
@given(data=st.data())
def test_minimising_only_removes(soort: Soort, data: st.DataObject) -> None:
    body = data.draw(bodies(soort))
    result = minimised(soort, body)
    contract = CONTRACTS[soort]
    sent = {**body, **({contract.about: str(EARLIER_ID)} if contract.about else {})}
    for view in result.views:
        clause = view.account.clause
        assert view.content.keys() <= sent.keys() | clause.toegevoegd.keys()
        for member in view.content.keys() - clause.toegevoegd.keys():
            assert view.content[member] == sent[member]
            assert clause.velden[member].kind is Kind.DOORGEGEVEN


@EVERY
@quick
@given(data=st.data())
def test_every_member_is_accounted_for_once_to_every_role(
    soort: Soort, data: st.DataObject
) -> None:
    body = data.draw(bodies(soort))
    contract = CONTRACTS[soort]
    sent = sorted([*body, *([contract.about] if contract.about else [])])
    accounts = minimised(soort, body).accounts
    assert tuple(account.role for account in accounts) == RECIPIENT_ROLES
    for account in accounts:
        named = (*account.doorgegeven, *account.gegeneraliseerd, *account.afgeleid, *account.route)
        assert sorted([*named, *(veld for veld, _ in account.ingehouden)]) == sent
        if account.clause.reach is not Reach.BERICHT:
            assert account.doorgegeven == ()


def _decided(role: Role, *kinds: Kind) -> Iterator[tuple[Soort, str]]:
    """Give every member that a role's sealed message may or may not show, by kind of message."""
    for (soort, of_role), clause in TABLE.clauses.items():
        if of_role is role and clause.reach is Reach.BERICHT:
            for member, rule in clause.velden.items():
                if rule.kind in kinds and member in CONTRACTS[soort].members:
                    yield soort, member


SEALED = sorted({role for (_, role), c in TABLE.clauses.items() if c.reach is Reach.BERICHT})
HIDDEN = [
    (role, *found)
    for role in SEALED
    for found in _decided(role, Kind.INGEHOUDEN, Kind.ROUTE, Kind.AFGELEID)
]
SHOWN = [(role, *found) for role in SEALED for found in _decided(role, Kind.DOORGEGEVEN)]


def other_value(
    soort: Soort, member: str, body: Body, draw: Callable[[st.SearchStrategy[Any]], Any]
) -> Body:
    """Give the body with another value of one member, or with and without an optional one."""
    if member in OPTIONAL[soort]:
        without = {name: value for name, value in body.items() if name != member}
        return without if member in body else {**body, member: draw(OPTIONAL[soort][member])}
    value = draw(REQUIRED[soort][member].filter(lambda value: value != body[member]))
    return {**body, member: value}


def test_there_is_something_to_hide_and_something_to_show() -> None:
    assert (Role.LEERPLICHT, Soort.SIGNAAL, "plicht") in HIDDEN
    assert (Role.LEERPLICHT, Soort.SIGNAAL, "categorie") in HIDDEN
    assert (Role.LEERPLICHT, Soort.SIGNAAL, "criterium") in SHOWN
    assert {role for role, *_ in HIDDEN} == {Role.LEERPLICHT}


@pytest.mark.parametrize(("role", "soort", "member"), HIDDEN)
@settings(quick, max_examples=25)
@given(data=st.data())
def test_changing_what_is_withheld_changes_no_outgoing_byte(
    role: Role, soort: Soort, member: str, data: st.DataObject
) -> None:
    body = data.draw(bodies(soort))
    if member == "woongemeente":
        body.pop("vervangt", None)  # a replacement keeps its recipient
    changed = other_value(soort, member, body, data.draw)
    assert body != changed
    before, after = plaintexts(soort, body), plaintexts(soort, changed)
    if member == "woongemeente":  # it chooses the recipient, whose own name for the pupil differs
        before, after = ([_without_pseudonym(text) for text in texts] for texts in (before, after))
    assert before == after


def _without_pseudonym(text: bytes) -> bytes:
    content, outer = json.loads(text)
    return json.dumps([{k: v for k, v in content.items() if k != "zaakreferentie"}, outer]).encode()


@pytest.mark.parametrize(("role", "soort", "member"), SHOWN)
@settings(quick, max_examples=15)
@given(data=st.data())
def test_changing_what_is_passed_on_changes_what_is_read(
    role: Role, soort: Soort, member: str, data: st.DataObject
) -> None:
    body = data.draw(bodies(soort))
    changed = other_value(soort, member, body, data.draw)
    assert plaintexts(soort, body) != plaintexts(soort, changed)


@EVERY
@settings(quick, max_examples=15)
@given(data=st.data())
def test_the_same_message_gives_the_same_bytes(soort: Soort, data: st.DataObject) -> None:
    body = data.draw(bodies(soort))
    assert plaintexts(soort, body) == plaintexts(soort, dict(reversed(body.items())))


@pytest.mark.parametrize(("role", "soort", "member"), SHOWN)
@settings(quick, max_examples=5)
@given(data=st.data())
def test_withholding_one_member_more_takes_exactly_that_member_away(
    role: Role, soort: Soort, member: str, data: st.DataObject
) -> None:
    body = data.draw(bodies(soort))
    if member in OPTIONAL[soort]:
        assume(member in body)
    clause = TABLE.clause(soort, role)
    velden = {**clause.velden, member: FieldRule(Kind.INGEHOUDEN, "proef")}
    stricter = replace(
        TABLE, clauses={**TABLE.clauses, (soort, role): replace(clause, velden=velden)}
    )
    (view,) = minimised(soort, body).views
    (less,) = minimised(soort, body, stricter).views
    assert less.content == {k: v for k, v in view.content.items() if k != member}
    assert (member, "proef") in less.account.ingehouden


@EVERY
@quick
@given(data=st.data())
def test_a_member_that_no_contract_knows_never_gets_through(
    soort: Soort, data: st.DataObject
) -> None:
    body = data.draw(bodies(soort))
    name = data.draw(st.text(min_size=1, max_size=20).filter(lambda text: text not in body))
    assume(name not in CONTRACTS[soort].members)
    with pytest.raises(ExchangeError):
        minimised(soort, {**body, name: data.draw(st.sampled_from([None, 1, "x", [], {}]))})
