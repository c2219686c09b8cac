"""Step 5: give each sealed stream its own name for the pupil, and ourselves keyed digests."""

from __future__ import annotations

from exchange.crypto.pseudonym import (
    blind_index,
    case_reference,
    counting_pseudonym,
    natural_key,
)
from exchange.messages.identifiers import Pgn
from exchange.pipeline.stages import Classified, Pseudonymised
from exchange.policy.necessity import Reach
from exchange.ports import KeyProvider, PseudonymKey

_CASE_REFERENCE = "zaakreferentie"


def pseudonymise(classified: Classified, keys: KeyProvider) -> Pseudonymised:
    """Compute the pseudonyms of the pupil, if the message names one (promise P5).

    A message about an earlier message names none: it inherits that one's blind index.
    """
    valid = classified.valid
    pgn = valid.values.get("pgn")
    if not isinstance(pgn, Pgn):
        inherited = valid.earlier.blind_index if valid.earlier else None
        return Pseudonymised(classified, {}, inherited, same_again=None, pupil=None)
    references = {
        stream.clause.role: case_reference(
            pgn,
            PseudonymKey(stream.recipient.oin, stream.clause.doel, classified.schooljaar),
            keys,
        )
        for stream in classified.streams
        if stream.clause.reach is Reach.BERICHT
        and stream.recipient
        and _CASE_REFERENCE in stream.clause.toegevoegd
    }
    named = (pgn, valid.vestigingscode, classified.schooljaar, keys)
    return Pseudonymised(
        classified,
        references,
        _noted(classified) or blind_index(*named),
        same_again=_same_again(classified, pgn, keys),
        pupil=counting_pseudonym(*named) if classified.telling else None,
    )


def _noted(classified: Classified) -> bytes | None:
    """Give the blind index under which the message's refusal would be found, if it is the same."""
    valid = classified.valid
    noted = valid.caller.received.concerned.alone
    if noted is None or noted.schooljaar != classified.schooljaar:
        return None
    return noted.blind_index if noted.vestigingscode == valid.vestigingscode else None


def _same_again(classified: Classified, pgn: Pgn, keys: KeyProvider) -> bytes | None:
    contract = classified.valid.caller.received.contract
    if contract.same_again is None:
        return None
    what = (contract.soort.value, pgn.reveal(), *contract.same_again(classified.valid.values))
    return natural_key(classified.valid.vestigingscode, classified.schooljaar, keys, *what)
