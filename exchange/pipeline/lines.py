"""How one role's account of a message reads on the receipt, in the log and in a rehearsal."""

from __future__ import annotations

from datetime import date

from exchange.accountability.receipt import StreamLine
from exchange.pipeline.stages import Account
from exchange.policy.necessity import Reach
from exchange.policy.status import Status


def line_of(account: Account, status: Status, beleid: date) -> StreamLine:
    """Give the line of one role; a role that the message never reaches has no recipient."""
    return StreamLine(
        rol=account.role,
        ontvanger=account.recipient,
        status=status.value,
        doorgegeven=account.doorgegeven,
        gegeneraliseerd=account.gegeneraliseerd,
        afgeleid=account.afgeleid,
        route=account.route,
        ingehouden=account.ingehouden,
        beleid=beleid.isoformat(),
    )


def at_rest_status(account: Account, unsent: Status) -> Status:
    """Give the status of a role to which nothing is sent: counted, never reached, or ``unsent``."""
    if account.clause.reach is Reach.BERICHT:
        return unsent
    return Status.OPGENOMEN if account.clause.reach is Reach.CIJFERS else Status.GEEN
