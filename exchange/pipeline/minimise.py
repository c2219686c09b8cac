"""Step 6: cut the message to what each role may see by the necessity table (promise P2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from exchange.errors import Fault
from exchange.messages.identifiers import Oin
from exchange.messages.soort import Soort
from exchange.pipeline.stages import Account, Minimised, Pseudonymised, Stream, View
from exchange.policy.facts import EarlierMessage
from exchange.policy.necessity import Kind, Reach

_BERICHT_ID, _SOORT, _ZAAKREFERENTIE = "berichtId", "soort", "zaakreferentie"


def minimise(pseudonymised: Pseudonymised, bericht_id: UUID) -> Minimised:
    """Give each role its account of every member, and each sealed role exactly its own view."""
    classified = pseudonymised.classified
    wire = classified.valid.wire
    earlier = classified.valid.earlier
    accounts = tuple(account_of(stream, wire, earlier) for stream in classified.streams)
    views = tuple(
        View(account, stream.recipient, _content(account, pseudonymised, bericht_id))
        for stream, account in zip(classified.streams, accounts, strict=True)
        if stream.clause.reach is Reach.BERICHT and stream.recipient is not None
    )
    return Minimised(pseudonymised, bericht_id, accounts, views)


def account_of(
    stream: Stream, wire: Mapping[str, Any], earlier: EarlierMessage | None = None
) -> Account:
    """Sort the members that the message has by what the clause decides about each."""
    decided = {member: stream.clause.rule_for(member) for member in wire}

    def named(kind: Kind) -> tuple[str, ...]:
        return tuple(member for member, rule in decided.items() if rule.kind is kind)

    return Account(
        role=stream.clause.role,
        recipient=_addressee(stream, earlier),
        clause=stream.clause,
        doorgegeven=named(Kind.DOORGEGEVEN),
        gegeneraliseerd=named(Kind.GEGENERALISEERD),
        afgeleid=named(Kind.AFGELEID),
        route=named(Kind.ROUTE),
        ingehouden=tuple((m, decided[m].how) for m in named(Kind.INGEHOUDEN)),
    )


def _addressee(stream: Stream, earlier: EarlierMessage | None) -> Oin | None:
    """Give whom the stream is for; who received the earlier message is named after it left too."""
    if stream.recipient is not None:
        return stream.recipient.oin
    sealed = stream.clause.reach is Reach.BERICHT
    return earlier.recipient if sealed and earlier is not None else None


def _content(account: Account, pseudonymised: Pseudonymised, bericht_id: UUID) -> dict[str, Any]:
    """Build the view from nothing: what the gateway adds, then what may pass, and no more."""
    if account.gegeneraliseerd:
        raise Fault(f"geen generalisatie voor een verzegeld bericht in {account.clause.id}")
    soort: Soort = pseudonymised.classified.valid.caller.received.contract.soort
    own = {
        _BERICHT_ID: str(bericht_id),
        _SOORT: soort.value,
        _ZAAKREFERENTIE: pseudonymised.zaakreferenties.get(account.role),
    }
    added = {name: own[name] for name in account.clause.toegevoegd}
    wire = pseudonymised.classified.valid.wire
    return {**added, **{member: wire[member] for member in account.doorgegeven}}
