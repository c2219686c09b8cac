"""Step 6: cut the message to what each role may see by the necessity table (promise P2)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from exchange.errors import Fault
from exchange.messages.soort import Soort
from exchange.pipeline.accounts import account_of
from exchange.pipeline.stages import Account, Minimised, Pseudonymised, View
from exchange.policy.necessity import Reach

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
