"""What became of a message for one role, and how that reads on the receipt and in the log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from exchange.accountability.receipt import stream_line
from exchange.crypto.canonical import Prepared
from exchange.messages.identifiers import Oin
from exchange.pipeline.stages import Account, Stream
from exchange.policy.facts import EarlierMessage
from exchange.policy.necessity import Reach
from exchange.policy.status import Status


def account_of(
    stream: Stream, members: Iterable[str], earlier: EarlierMessage | None = None
) -> Account:
    """Sort the members that the message has by what the clause decides about each."""
    return Account(
        role=stream.clause.role,
        recipient=_addressee(stream, earlier),
        clause=stream.clause,
        decided=stream.clause.decided(members),
    )


def line_of(account: Account, status: Status, beleid: date) -> Prepared:
    """Give the line of one role; a role that the message never reaches has no recipient."""
    return stream_line(account.role, account.recipient, status, account.decided, beleid)


def at_rest_status(account: Account, unsent: Status) -> Status:
    """Give the status of a role to which nothing is sent: counted, never reached, or ``unsent``."""
    if account.clause.reach is Reach.BERICHT:
        return unsent
    return Status.OPGENOMEN if account.clause.reach is Reach.CIJFERS else Status.GEEN


def _addressee(stream: Stream, earlier: EarlierMessage | None) -> Oin | None:
    """Give whom the stream is for; who received the earlier message is named after it left too."""
    if stream.recipient is not None:
        return stream.recipient.oin
    sealed = stream.clause.reach is Reach.BERICHT
    return earlier.recipient if sealed and earlier is not None else None
