"""Keeps what witnesses sign of our checkpoints: proof that nobody was shown another log.

It leaves no log record: a cosignature is about no pupil and proves itself, and a record of each
would make a new head to cosign, without end.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from exchange.accountability.checkpoint import checkpoint_vkey, origin_of
from exchange.crypto.verify_log import (
    WITNESS_KEY,
    NotProven,
    read_checkpoint,
    read_vkey,
    verify_cosignature,
)
from exchange.errors import Code, Invalid, Violation
from exchange.pipeline.gateway import Gateway
from exchange.storage.cosignatures import (
    CosignatureRow,
    WitnessRow,
    keep_cosignature,
    witness_of,
)
from exchange.storage.tree import checkpoints_of

_MOST_AHEAD = timedelta(minutes=5)


async def cosign(size: int, line: str, gateway: Gateway) -> bool:
    """Keep a witness's line under the head of ``size``; False when it was kept before.

    Raises ``Invalid`` alike for an unknown witness, a size without a head and a signature that is
    none: whoever posts may be anybody.
    """
    name = line.split(" ")[1] if line.count(" ") == 2 else ""
    async with gateway.nobodys_turn, gateway.database.transaction() as conn:
        heads = await checkpoints_of(conn, [size])
        witness = await witness_of(conn, name)
        if not heads or witness is None:
            raise _unfit()
        signed_at = _signed_at(heads[0].note, witness, line, gateway)
        return await keep_cosignature(conn, CosignatureRow(size, name, line, signed_at))


def _signed_at(note: str, witness: WitnessRow, line: str, gateway: Gateway) -> datetime:
    """Give when the witness says that it signed; only its own line, under our head, in one form."""
    ours = read_vkey(checkpoint_vkey(origin_of(gateway.oin), gateway.keys))
    try:
        seen = read_checkpoint(f"{note}{line}\n", ours)
        moment = verify_cosignature(seen, read_vkey(witness.vkey, WITNESS_KEY))
    except NotProven:
        raise _unfit() from None
    signed_at = datetime.fromtimestamp(moment, UTC)
    if signed_at > gateway.clock.now() + _MOST_AHEAD:
        raise _unfit()
    return signed_at


def _unfit() -> Invalid:
    return Invalid([Violation("", Code.WAARDE_ONGELDIG, _UNFIT)])


_UNFIT = "Dit is geen handtekening van een bekende getuige onder een checkpoint van deze omvang."
