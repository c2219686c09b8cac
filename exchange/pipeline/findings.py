"""Findings for a privacy officer, within its own scope, and what it decides about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from exchange.accountability.record import Action
from exchange.crypto.pseudonym import keyed_digest
from exchange.errors import Code, Refused
from exchange.messages.identifiers import Oin, Vestigingscode
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.onlooker import Onlooker, log_look
from exchange.policy.finding_facts import Facts
from exchange.policy.finding_rules import Rule, RuleName
from exchange.policy.findings import Found, find
from exchange.policy.parties import Party, Role
from exchange.ports import GatewayKey, KeyUse
from exchange.storage import findings as counts
from exchange.storage.database import Connection
from exchange.storage.finding_reviews import ReviewRow, add_review, latest_reviews
from exchange.storage.finding_window import Window

DAYS = 30
MOST_DAYS = 92
MOST_FINDINGS = 500
"""The latest are given; what is older is found by asking for other days."""

_MOMENT = timedelta(seconds=1)  # what was recorded just now belongs to it


class ReviewOutcome(StrEnum):
    """What an officer decides about a finding."""

    VERKLAARD = "verklaard"
    DATALEK = "gemeld-als-datalek"
    NADER_ONDERZOEK = "nader-onderzoek"


@dataclass(frozen=True, slots=True)
class Review:
    """The last decision about a finding."""

    outcome: ReviewOutcome
    account: UUID
    reviewed_at: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding as an officer reads it: the rule in plain Dutch, and the records it is about.

    ``key`` (hex) names it in a review; one whose count grew is another finding, to be judged again.
    ``who`` is None for the gateway or its operator; ``about`` is the activity or the recipient of a
    first time. ``entries`` are the first of ``count`` records.
    """

    key: str
    rule: Rule
    who: Oin | None
    who_name: str
    account: UUID | None
    about: str
    about_name: str
    since: datetime
    until: datetime
    count: int
    detail: str
    entries: tuple[UUID, ...]
    review: Review | None


async def findings(who: Onlooker, days: int, gateway: Gateway) -> tuple[Finding, ...]:
    """Give what the rules find in the last ``days`` days, latest first; the look is a record."""
    now = gateway.clock.now()
    async with gateway.database.transaction(party=who.party.oin, today=gateway.today()) as conn:
        found = await _find(conn, who.party, days, gateway)
        await log_look(
            conn, who, Action.BEVINDINGEN_INGEZIEN, gateway, dagen=days, aantal=len(found)
        )
        keys = [_digest(one, gateway) for one in found]
        listed = await counts.entries_of(conn, found, _window(who.party, now, days, gateway))
        reviews = await latest_reviews(conn, who.party.oin, keys)
    return tuple(
        _finding(one, key, entries, reviews.get(key), gateway)
        for one, key, entries in zip(found, keys, listed, strict=True)
    )


async def review(
    who: Onlooker, key: str, outcome: ReviewOutcome, gateway: Gateway, *, days: int = DAYS
) -> None:
    """Keep what ``who`` decides about a finding that it sees, with its own record.

    Raises:
        Refused: ``niet-gevonden`` for what is no finding (any more), ``geen-recht`` without an
            account: a decision is somebody's.
    """
    if who.account is None:
        raise Refused(Code.GEEN_RECHT)
    now = gateway.clock.now()
    async with gateway.database.transaction(party=who.party.oin, today=gateway.today()) as conn:
        found = await _find(conn, who.party, days, gateway)
        digests = {_digest(one, gateway): one for one in found}
        digest = _read_key(key)
        if digest not in digests:
            raise Refused(Code.NIET_GEVONDEN)
        row = ReviewRow(
            review=gateway.ids.uuid7(),
            finding=digest,
            oin=who.party.oin,
            account=who.account,
            outcome=outcome.value,
            reviewed_at=now,
        )
        await add_review(conn, row)
        await log_look(
            conn,
            who,
            Action.BEVINDING_BEOORDEELD,
            gateway,
            oordeel=str(row.review),
            regel=digests[digest].rule.value,
            besluit=outcome.value,
        )


async def _find(conn: Connection, party: Party, days: int, gateway: Gateway) -> tuple[Found, ...]:
    window = await counts.scope(conn, _window(party, gateway.clock.now(), days, gateway))
    rules, own = window.rules, gateway.activities.versions_of
    counted = await counts.count_window(conn, window)
    span = timedelta(days=rules.number(RuleName.INZAGE, "dagen"))
    facts = Facts(
        reading=counted.reading,
        undecryptable=counted.undecryptable,
        first_times=await counts.first_times(conn, counted.pairs, window),
        refused=await counts.refused_minutes(conn, window),
        key_changes=await counts.key_changes(conn, window, own(rules.sleutelverwerkingen)),
        looks=await counts.pupil_looks(conn, window, own(rules.inzageverwerkingen)),
        breaches_at=await counts.breaches_since(conn, window.since - span),
    )
    return find(facts, rules)[:MOST_FINDINGS]


def _window(party: Party, now: datetime, days: int, gateway: Gateway) -> Window:
    """Look back ``days`` days from now, with the rules of today."""
    rules = gateway.finding_rules.on(gateway.today())
    return Window(
        since=now - timedelta(days=min(max(days, 1), MOST_DAYS)),
        until=now + _MOMENT,
        party=str(party.oin),
        vestigingen=_own_vestigingen(party, gateway),
        rules=rules,
        supervision=gateway.activities.versions_of(rules.toezichtverwerkingen),
    )


def _own_vestigingen(party: Party, gateway: Gateway) -> tuple[Vestigingscode, ...] | None:
    """Give the vestigingen of a school; None for the FG of all, who is not narrowed."""
    if party.has(Role.FG):
        return None
    brins = {grant.remit for grant in party.grants if grant.role is Role.SCHOOL}
    return tuple(code for code in gateway.directory().vestigingen if code.brin in brins)


def _digest(found: Found, gateway: Gateway) -> bytes:
    """Digest what a finding is: the same records found again give the same digest."""
    who = found.who
    parts = (
        *(found.rule.value, who.oin, who.account, found.about),
        *(found.since.isoformat(), str(found.count)),
        *(str(entry) for entry in found.entries),
    )
    return keyed_digest(GatewayKey(KeyUse.CONSOLE), gateway.keys, "bevinding/v1", *parts)


def _read_key(key: str) -> bytes:
    try:
        return bytes.fromhex(key)
    except ValueError:
        raise Refused(Code.NIET_GEVONDEN) from None


def _finding(
    found: Found,
    key: bytes,
    entries: tuple[UUID, ...],
    reviewed: ReviewRow | None,
    gateway: Gateway,
) -> Finding:
    who = found.who
    return Finding(
        key=key.hex(),
        rule=gateway.finding_rules.on(gateway.today()).rules[found.rule],
        who=Oin(who.oin) if who.oin else None,
        who_name=_name(who.oin, gateway),
        account=UUID(who.account) if who.account else None,
        about=found.about,
        about_name=_name(found.about, gateway),
        since=found.since,
        until=found.until,
        count=found.count,
        detail=found.detail,
        entries=entries,
        review=_review(reviewed),
    )


def _name(oin: str, gateway: Gateway) -> str:
    """Give the name of a party that takes part now; else what is known of it, its OIN."""
    try:
        party = gateway.directory().parties.get(Oin(oin))
    except ValueError:
        return oin
    return party.name if party else oin


def _review(row: ReviewRow | None) -> Review | None:
    if row is None:
        return None
    return Review(ReviewOutcome(row.outcome), row.account, row.reviewed_at)
