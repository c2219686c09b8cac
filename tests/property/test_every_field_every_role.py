"""Every member of every message, for every role: what leaves changes exactly when the table says.

Exhaustive over the generated schemas, down to single values: each is changed, and where it may be
absent it is added and taken away, with ids, salts and clock fixed. Then what each role reads is
compared, opened as the recipient opens it, and what the receipt tells about it.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import pytest

from exchange.crypto.opening import open_message
from exchange.errors import Invalid, Refused
from exchange.messages.contracts import CONTRACTS
from exchange.messages.document import parse_object, read_message, to_wire
from exchange.messages.soort import Soort
from exchange.pipeline.accounts import account_of
from exchange.pipeline.at_rest import mailbox_key, payload_context
from exchange.pipeline.registrations.minimise import accounts_of
from exchange.pipeline.stages import Account, Stream
from exchange.policy.necessity import Kind, Mode, Reach
from exchange.policy.parties import RECIPIENT_ROLES, Dienst, Role
from tests.generate import folder
from tests.persons import bsn, onderwijsnummer
from tests.pure import (
    EARLIER_ID,
    LONG_AGO,
    PO,
    PRIVATE_KEY,
    SUPPLIER,
    TABLE,
    VO,
    Flow,
    directory,
    earlier_message,
    mandate,
    signaal,
    verzuimmelding,
)

Body = dict[str, Any]
Path = tuple[str, ...]
EACH, LENGTH, PRESENCE = "[]", "length", "presence"

LUXE = verzuimmelding(
    verzuimsoort="luxe",
    begindatum="2026-10-05",
    einddatum="2026-11-13",
    dagen=[
        {"datum": "2026-11-02", "minuten": 480},
        {"datum": "2026-11-04", "minuten": 480},
        {"datum": "2026-11-13", "minuten": 480},
    ],
)
"""Leave that was not given, and long and often enough to be of either other kind as well."""
FIGURES = {"minuten": 600, "aantalLeerlingen": 10, "grootsteAandeelMinuten": 90}
BASES: Mapping[Soort, tuple[Body, ...]] = {
    Soort.SIGNAAL: (signaal(), signaal(vervangt=str(EARLIER_ID))),
    Soort.VERZUIMMELDING: (
        verzuimmelding(),
        LUXE,
        {**LUXE, "verzuimsoort": "langdurig"},
        {**LUXE, "vervangt": str(EARLIER_ID)},
    ),
    Soort.INTREKKING: ({"reden": "onjuist"},),
    Soort.VERZUIMREGISTRATIES: (
        {
            "vestigingscode": "99BB00",
            "registratieId": "eigen-1",
            "pgn": bsn(0).reveal(),
            "datum": "2026-11-02",
            "minuten": 60,
            "reden": "SPIJBEL",
            "categorie": "ongeoorloofd",
            "ingetrokken": False,
        },
    ),
    Soort.LEERLINGAANTALLEN: ({"leerlingen": 400, "geplandeMinutenPerLeerling": 5000},),
    Soort.SCHOOLCIJFERS: (
        {
            "leerlingen": 400,
            "geplandeMinutenPerLeerling": 5000,
            "geoorloofd": FIGURES,
            "ongeoorloofd": FIGURES,
            "leerlingenMetOngeoorloofdVerzuim": 10,
            "trede1": 380,
            "trede2": 15,
            "trede3": 5,
        },
    ),
}
"""Bodies that are accepted as they stand; between them every member can be changed alone."""

ONE_VALUE = {(Soort.SIGNAAL, ("categorie",))}
"""What can be there or not, but has a single value that is accepted: a signaal is ongeoorloofd."""
ALWAYS_TOLD = {(Soort.VERZUIMREGISTRATIES, "categorie")}
"""A local reason stands for it: the category is worked out, and counted, in any case."""
TEXTS = (
    VO.code.reveal(), PO.code.reveal(), "0361", "0599", bsn(1).reveal(),
    onderwijsnummer(0).reveal(), "OPLOPEND", "PATROON_VASTE_DAG", "eigen-2",
    "verzuim@elders.example",
)  # fmt: skip
"""Values for whatever has a pattern: a member takes those that fit its own."""

OTHER_ID = UUID("01a10000-0000-7000-8000-000000000009")
SEALED = {
    soort for soort, role in TABLE.clauses if TABLE.clause(soort, role).reach is Reach.BERICHT
}
FLOW = Flow(
    directory=directory(
        mandates=tuple(
            mandate(SUPPLIER, v.code, Dienst.AANLEVEREN, betreft_vanaf=LONG_AGO) for v in (VO, PO)
        )
    ),
    criteria=frozenset(TEXTS),
)


@dataclass(frozen=True)
class Outcome:
    """What one body leads to: what each role reads, for whom it was sealed, and the accounts."""

    read: Mapping[Role, Body]
    recipients: Mapping[Role, str]
    accounts: tuple[Account, ...]


# --- the members, from the schemas ---


@cache
def schema(soort: Soort) -> Body:
    loaded: Body = json.loads((folder(soort) / "schema.json").read_text("utf-8"))
    return loaded


def resolved(soort: Soort, part: Body) -> Body:
    """Follow a reference, and take what may be null for what it is when it is there."""
    if "anyOf" in part:
        (part,) = [choice for choice in part["anyOf"] if choice.get("type") != "null"]
    if "$ref" in part:
        found: Body = schema(soort)["$defs"][part["$ref"].rpartition("/")[2]]
        return found
    return part


def paths(soort: Soort, part: Body, path: Path = ()) -> Iterator[Path]:
    """Give every single value, every list's length, and the presence of what may be absent."""
    part = resolved(soort, part)
    if part.get("type") == "object":
        for name, member in part["properties"].items():
            yield from paths(soort, member, (*path, name))
            if name not in part.get("required", ()):
                yield (*path, name, PRESENCE)
    elif part.get("type") == "array":
        yield (*path, LENGTH)
        if resolved(soort, part["items"]).get("type") == "object":
            yield from paths(soort, part["items"], (*path, EACH))
    elif (soort, path) not in ONE_VALUE:
        yield path


EVERY = [(soort, path) for soort in Soort for path in paths(soort, schema(soort))]


def part_at(soort: Soort, path: Path) -> Body:
    part = schema(soort)
    for name in path:
        part = resolved(soort, part)
        part = part["items"] if name == EACH else part["properties"][name]
    return resolved(soort, part)


# --- one change at a time ---


def changes(soort: Soort, body: Body, path: Path) -> Iterator[tuple[Body, Body]]:
    """Give pairs of bodies that differ in this one place."""
    *way, last = path
    if last == PRESENCE:
        name = way[-1]
        without = {member: value for member, value in body.items() if member != name}
        for value in [body[name]] if name in body else others(part_at(soort, tuple(way)), None):
            yield without, {**without, name: value}
    elif last == LENGTH:
        items = body[way[0]]
        yield body, {**body, way[0]: items[:-1]}
        extra = others(part_at(soort, (*way, EACH)), None) if isinstance(items[0], str) else ()
        yield from ((body, {**body, way[0]: [*items, item]}) for item in extra)
    else:
        yield from ((body, changed) for changed in replaced(soort, body, path))


def replaced(soort: Soort, body: Body, path: Path) -> Iterator[Body]:
    """Give the body with another value at ``path``, in each item of a list in turn."""
    name, *rest = path
    if name == EACH:
        raise AssertionError("a list stands in a member")
    if name not in body:
        return
    if rest and rest[0] == EACH:
        for n in range(len(body[name])):
            for value in others(part_at(soort, path), body[name][n][rest[1]]):
                changed = copy.deepcopy(body)
                changed[name][n][rest[1]] = value
                yield changed
    elif rest:
        for value in others(part_at(soort, path), body[name][rest[0]]):
            yield {**body, name: {**body[name], rest[0]: value}}
    else:
        yield from ({**body, name: value} for value in others(part_at(soort, path), body[name]))


def others(part: Body, value: Any) -> list[Any]:  # noqa: ANN401  any JSON value
    """Give other values of the same type; those that the message may not have are refused later."""
    match part:
        case {"enum": choices}:
            found = list(choices)
        case {"type": "boolean"}:
            found = [True, False]
        case {"type": "integer"}:
            found = [(value or 0) + 1, (value or 2) - 1]
        case {"format": "date"}:
            day = date.fromisoformat(value or "2026-11-12")
            found = [(day + timedelta(days=n)).isoformat() for n in (-1, 1)]
        case {"format": "uuid"}:
            found = [str(EARLIER_ID), str(OTHER_ID)]
        case {"type": "string"}:
            fits = re.compile(part.get("pattern", ".*"))
            found = [text for text in TEXTS if fits.search(text)]
        case _:
            raise AssertionError(f"no other value for {part}")
    return [other for other in found if other != value]


# --- what comes of a body ---


def outcome(soort: Soort, body: Body, about: UUID = EARLIER_ID) -> Outcome | None:
    """Give what comes of a body, or None when it is refused."""
    try:
        return sealed(soort, body, about) if soort in SEALED else counted(soort, body)
    except (Invalid, Refused):
        return None


def sealed(soort: Soort, body: Body, about: UUID) -> Outcome:
    """Run the stages up to the sealed parcels, and open them as each recipient does."""
    vestiging = PO if body.get("vestigingscode") == PO.code.reveal() else VO
    holder = FLOW.directory.holder(Role.LEERPLICHT, body.get("woongemeente", "0361"))
    assert holder is not None
    earlier = earlier_message(vestigingscode=vestiging.code, recipient=holder.oin, bericht_id=about)
    named = "vervangt" in body or soort is Soort.INTREKKING
    flow = replace(FLOW, vestiging=vestiging, about=about, earlier=earlier if named else None)
    encrypted = flow.encrypted(body, soort)
    key = mailbox_key(encrypted.header.vestigingscode, encrypted.header.schooljaar)
    read, recipients = {}, {}
    for parcel in encrypted.parcels:
        role = parcel.account.role
        context = payload_context(encrypted.header.bericht_id, role)
        token = flow.keys.open(key, parcel.payload, context).decode()
        opened = open_message(token, parcel.recipient, [PRIVATE_KEY], flow.keys.public_keys())
        around = {"rid": str(opened.rid), "pur": opened.purpose, "iat": str(opened.issued_at)}
        read[role] = {**opened.content, "": around}
        recipients[role] = str(parcel.recipient)
    return Outcome(read, recipients, encrypted.accounts)


def counted(soort: Soort, body: Body) -> Outcome | None:
    """Give the accounts of what is only counted: nothing about it is ever sealed for anybody."""
    contract, text = CONTRACTS[soort], json.dumps(body).encode()
    values, faults = read_message(contract, text, parse_object(text))
    if faults:
        return None
    clauses = TABLE.in_force(soort, Mode.TRIAL)
    if soort is Soort.VERZUIMREGISTRATIES:
        accounts = accounts_of(clauses, to_wire(contract, values), [VO], FLOW.directory)
    else:
        wire = to_wire(contract, values)
        accounts = tuple(account_of(Stream(clause, None), wire) for clause in clauses)
    return Outcome({}, {}, accounts)


def told(account: Account) -> Mapping[str, str]:
    """Give what a receipt tells about each member: its name with the kind and the reason."""
    lists = {
        Kind.DOORGEGEVEN: account.doorgegeven,
        Kind.GEGENERALISEERD: account.gegeneraliseerd,
        Kind.AFGELEID: account.afgeleid,
        Kind.ROUTE: account.route,
    }
    passed = {name: kind.value for kind, names in lists.items() for name in names}
    return passed | {name: f"{Kind.INGEHOUDEN} {grond}" for name, grond in account.ingehouden}


# --- the laws ---


@cache
def accepted(soort: Soort, path: Path) -> tuple[tuple[Outcome, Outcome], ...]:
    """Give what comes of each pair of bodies that are both accepted; there has to be one."""
    pairs = [pair for base in BASES[soort] for pair in changes(soort, base, path)]
    both = [(outcome(soort, one), outcome(soort, other)) for one, other in pairs]
    return tuple((one, other) for one, other in both if one is not None and other is not None)


def differing(one: Body, other: Body) -> set[str]:
    missing = object()
    return {name for name in one | other if one.get(name, missing) != other.get(name, missing)}


def kind_of(soort: Soort, role: Role, member: str) -> Kind:
    return TABLE.clause(soort, role).velden[member].kind


def derived(soort: Soort, role: Role, member: str) -> set[str]:
    """What the gateway adds and this member decides: the pseudonym, by pupil and by recipient."""
    decides = member == "pgn" or kind_of(soort, role, member) is Kind.ROUTE
    return {"zaakreferentie"} & set(TABLE.clause(soort, role).toegevoegd) if decides else set()


EVERY_PATH = pytest.mark.parametrize(
    ("soort", "path"), EVERY, ids=[f"{soort}-{'.'.join(path)}" for soort, path in EVERY]
)
EVERY_ROLE = pytest.mark.parametrize("role", RECIPIENT_ROLES)


@EVERY_ROLE
@EVERY_PATH
def test_what_a_role_reads_changes_if_and_only_if_the_member_is_passed_on(
    soort: Soort, path: Path, role: Role
) -> None:
    member = path[0]
    passed_on = {member} if kind_of(soort, role, member) is Kind.DOORGEGEVEN else set()
    assert accepted(soort, path), "no body has this member in two ways"
    for one, other in accepted(soort, path):
        before, after = one.read.get(role, {}), other.read.get(role, {})
        assert bool(before) is (TABLE.clause(soort, role).reach is Reach.BERICHT)
        assert differing(before, after) == passed_on | derived(soort, role, member)
        routed = kind_of(soort, role, member) is Kind.ROUTE
        assert (one.recipients.get(role) != other.recipients.get(role)) is routed


@EVERY_ROLE
@EVERY_PATH
def test_the_receipt_tells_names_and_never_a_value(soort: Soort, path: Path, role: Role) -> None:
    rule = TABLE.clause(soort, role).velden[path[0]]
    line = f"{rule.kind} {rule.how}" if rule.kind is Kind.INGEHOUDEN else rule.kind.value
    for one, other in accepted(soort, path):
        (before,) = (told(account) for account in one.accounts if account.role is role)
        (after,) = (told(account) for account in other.accounts if account.role is role)
        assert after[path[0]] == line
        always = path[-1] != PRESENCE or (soort, path[0]) in ALWAYS_TOLD
        assert (path[0] in before) is always
        assert {**before, path[0]: line} == after


@EVERY_ROLE
def test_the_message_that_the_path_names_is_passed_on_as_the_table_says(role: Role) -> None:
    soort, contract = Soort.INTREKKING, CONTRACTS[Soort.INTREKKING]
    assert contract.about is not None
    one, other = outcome(soort, BASES[soort][0]), outcome(soort, BASES[soort][0], OTHER_ID)
    assert one is not None
    assert other is not None
    passed_on = kind_of(soort, role, contract.about) is Kind.DOORGEGEVEN
    changed = {contract.about} if passed_on else set()
    assert differing(one.read.get(role, {}), other.read.get(role, {})) == changed


def test_every_member_that_the_table_decides_about_was_changed() -> None:
    changed = {(soort, path[0]) for soort, path in EVERY}
    decided = {(s, name) for s, contract in CONTRACTS.items() for name in contract.members}
    assert changed == decided


def test_a_single_value_deep_in_a_message_is_one_of_them() -> None:
    assert (Soort.VERZUIMMELDING, ("dagen", EACH, "minuten")) in EVERY
    assert (Soort.SIGNAAL, ("contact", "email")) in EVERY
    assert (Soort.SIGNAAL, ("vervangt", PRESENCE)) in EVERY
