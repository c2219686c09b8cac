"""The way out, step 1: send one recipient's notices, with no transaction open."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from exchange.ports import Push, PushOutcome, PushSender
from exchange.storage.rows import DuePush

AT_ONCE = 4
LONGEST_SECONDS = 15.0
"""After this no notice of the same call is begun: all of a call must end within its lease."""


@dataclass(frozen=True, slots=True)
class Attempted:
    """One notice, and what came of it; None for one whose turn did not come."""

    due: DuePush
    outcome: PushOutcome | None


async def forward(due: Sequence[DuePush], sender: PushSender) -> Sequence[Attempted]:
    """Send leased notices, ``AT_ONCE`` side by side, until one of them fails.

    A worker that dies here loses only its lease: after that another tries again, and a recipient
    that hears twice finds the same id.
    """
    outcomes: dict[int, PushOutcome] = {}
    turns = _while_all_goes_well(len(due), outcomes)

    async def send() -> None:
        for number in turns:
            outcomes[number] = await sender.send(_push(due[number]))

    await asyncio.gather(*(send() for _ in range(min(AT_ONCE, len(due)))))
    return [Attempted(one, outcomes.get(number)) for number, one in enumerate(due)]


def _while_all_goes_well(count: int, outcomes: dict[int, PushOutcome]) -> Iterator[int]:
    clock = asyncio.get_running_loop().time
    last = clock() + LONGEST_SECONDS
    for number in range(count):
        if clock() > last or PushOutcome.FAILED in outcomes.values():
            return
        yield number


def _push(due: DuePush) -> Push:
    return Push(url=due.url, recipient=due.recipient, subject=due.subject)
