"""Step 3: hold the body against its model, and the caller against its mandate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from exchange.errors import Code, ExchangeError, Invalid, Refused, Violation
from exchange.messages.contracts import Contract, Values
from exchange.messages.document import read, to_wire
from exchange.messages.identifiers import Identifier, Pgn, Vestigingscode
from exchange.messages.soort import NOTICES
from exchange.pipeline.stages import Authenticated, Received, Validated
from exchange.policy.facts import EarlierMessage
from exchange.policy.mandates import require_mandate
from exchange.policy.necessity import Mode
from exchange.policy.parties import Directory


def validate(
    caller: Authenticated, named: EarlierMessage | None, directory: Directory, mode: Mode
) -> Validated:
    """Read the message and check that its sender may send it.

    ``named`` is the message in the path, if the path names one. A body too broken to say which
    vestiging it concerns is refused here with all its faults; so is one without a mandate.
    """
    received = caller.received
    values, faults = read(received.contract, received.body)
    faults = (*faults, *_own_checks(received.contract, values, received.idempotency_key, mode))
    vestiging = named.vestigingscode if named else values.get("vestigingscode")
    event_day = _event_day(received, values, named)
    if vestiging is None:
        raise Invalid(faults)
    _require_allowed(caller, vestiging, event_day, directory, faults, named)
    wire = to_wire(received.contract, values)
    if received.contract.about and received.about:
        wire = {received.contract.about: str(received.about), **wire}
    concerns = event_day or received.today
    counts_on = received.contract.counted_on(values) or concerns
    return Validated(caller, values, wire, faults, vestiging, concerns, counts_on, named)


def _event_day(received: Received, values: Values, named: EarlierMessage | None) -> date | None:
    """A message about a message concerns the day that one concerns."""
    return named.event_day if named else received.contract.event_day(values)


def with_earlier(
    valid: Validated, earlier: EarlierMessage | None, directory: Directory
) -> Validated:
    """Add the message that this one says it replaces; one that it cannot replace is a fault.

    Only a signaal or a melding of this vestiging can be replaced, by who may send about its day.
    """
    member = valid.caller.received.contract.replaces
    if member is None or member not in valid.values:
        return valid
    faults = tuple(_irreplaceable(f"/{member}", valid, earlier, directory))
    if faults:
        return replace(valid, faults=(*valid.faults, *faults))
    return replace(valid, earlier=earlier)


def _irreplaceable(
    pointer: str, valid: Validated, earlier: EarlierMessage | None, directory: Directory
) -> Iterator[Violation]:
    if (
        earlier is None
        or earlier.soort not in NOTICES
        or earlier.vestigingscode != valid.vestigingscode
    ):
        detail = "Dit is geen eerder bericht van deze vestiging."
        yield Violation(pointer, Code.WAARDE_ONGELDIG, detail)
        return
    caller = valid.caller
    try:
        require_mandate(
            caller.party,
            earlier.vestigingscode,
            directory,
            caller.received.today,
            earlier.event_day,
        )
    except Refused as refused:
        detail = "Het vorige bericht gaat over een dag waarover u niet mag leveren."
        yield Violation(pointer, refused.code, detail)


def _require_allowed(
    caller: Authenticated,
    vestiging: Vestigingscode,
    event_day: date | None,
    directory: Directory,
    faults: tuple[Violation, ...],
    named: EarlierMessage | None,
) -> None:
    """A message of others is not found; one of ours about a day before the mandate is refused."""
    today = caller.received.today
    try:
        require_mandate(caller.party, vestiging, directory, today, None if named else event_day)
    except ExchangeError:
        if faults:
            raise Invalid(faults) from None
        if named:
            raise Refused(Code.NIET_GEVONDEN) from None
        raise
    if named and not faults:
        require_mandate(caller.party, vestiging, directory, today, event_day)


def _own_checks(contract: Contract, values: Values, key: str, mode: Mode) -> Iterator[Violation]:
    pgn = values.get("pgn")
    if not isinstance(pgn, Pgn):
        return
    if mode is Mode.TRIAL and not pgn.is_test:
        yield Violation("/pgn", Code.PGN_ONGELDIG, "De proef neemt alleen testnummers aan.")
    texts = {pointer: _text(values, pointer) for pointer in contract.free_text}
    for pointer, text in {**texts, "": key}.items():
        if pgn.is_spelled_in(text):
            yield Violation(
                pointer,
                Code.PGN_IN_VRIJE_TEKST,
                "Het PGN staat alleen in het veld pgn, niet in een eigen tekst of sleutel.",
            )


def _text(values: Values, pointer: str) -> str:
    first, *rest = pointer.strip("/").split("/")
    value = values.get(first)
    for part in rest:
        value = getattr(value, part, None)
    return value.reveal() if isinstance(value, Identifier) else str(value or "")
