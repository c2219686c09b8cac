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
    members = tuple(wire)
    accounts, views = [], []
    for stream in classified.streams:
        account = account_of(stream, members, earlier)
        accounts.append(account)
        if stream.clause.reach is Reach.BERICHT and stream.recipient is not None:
            content = _content(account, pseudonymised, bericht_id)
            views.append(View(account, stream.recipient, content))
    return Minimised(pseudonymised, bericht_id, tuple(accounts), tuple(views))


def _content(account: Account, pseudonymised: Pseudonymised, bericht_id: UUID) -> dict[str, Any]:
    """Build the view from nothing: what the gateway adds, then what may pass, and no more."""
    clause, decided = account.clause, account.decided
    if decided.gegeneraliseerd:
        raise Fault(f"geen generalisatie voor een verzegeld bericht in {clause.id}")
    valid = pseudonymised.classified.valid
    soort: Soort = valid.caller.received.contract.soort
    own = {
        _BERICHT_ID: str(bericht_id),
        _SOORT: soort.value,
        _ZAAKREFERENTIE: pseudonymised.zaakreferenties.get(account.role),
    }
    content: dict[str, Any] = {name: own[name] for name in clause.toegevoegd}
    for member in decided.doorgegeven:
        content[member] = valid.wire[member]
    return content
