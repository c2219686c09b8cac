"""Step 3: hold the body against its model, and the caller against its mandate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

from exchange.errors import Code, ExchangeError, Invalid, Refused, Violation
from exchange.messages.contracts import Contract, Values
from exchange.messages.document import read
from exchange.messages.identifiers import Pgn, Vestigingscode
from exchange.messages.soort import NOTICES
from exchange.pipeline.stages import Authenticated, Received, Validated
from exchange.policy.facts import EarlierMessage
from exchange.policy.mandates import require_mandate
from exchange.policy.necessity import Mode
from exchange.policy.parties import Directory
from exchange.values import replace


def validate(
    caller: Authenticated, named: EarlierMessage | None, directory: Directory, mode: Mode
) -> Validated:
    """Read the message and check that its sender may send it.

    ``named`` is the message in the path, if the path names one. A body too broken to say which
    vestiging it concerns is refused here with all its faults; so is one without a mandate.
    """
    received = caller.received
    contract = received.contract
    values, wire, faults = read(contract, received.body)
    if wrong := _own_checks(contract, values, wire, received.idempotency_key, mode):
        faults = (*faults, *wrong)
    vestiging = named.vestigingscode if named else values.get("vestigingscode")
    event_day = _event_day(received, values, named)
    if vestiging is None:
        raise Invalid(faults)
    _require_allowed(caller, vestiging, event_day, directory, faults, named)
    if contract.about and received.about:
        wire = {contract.about: str(received.about), **wire}
    concerns = event_day or received.today
    counts_on = contract.counted_on(values) or concerns
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


def _own_checks(
    contract: Contract, values: Values, wire: Mapping[str, Any], key: str, mode: Mode
) -> list[Violation]:
    pgn = values.get("pgn")
    if not isinstance(pgn, Pgn):
        return []
    wrong = []
    if mode is Mode.TRIAL and not pgn.is_test:
        wrong.append(_REAL)
    texts = [(pointer, _text(wire, pointer)) for pointer in contract.free_text]
    texts.append(("", key))
    if pgn.is_spelled_in("\n".join([text for _, text in texts])):  # rarely, and then: in which
        wrong += [
            Violation(pointer, Code.PGN_IN_VRIJE_TEKST, _SPELLED)
            for pointer, text in texts
            if pgn.is_spelled_in(text)
        ]
    return wrong


_REAL = Violation("/pgn", Code.PGN_ONGELDIG, "De proef neemt alleen testnummers aan.")
_SPELLED = "Het PGN staat alleen in het veld pgn, niet in een eigen tekst of sleutel."


def _text(wire: Mapping[str, Any], pointer: str) -> str:
    """Give the text at a pointer, if the member that holds it is well-formed."""
    found: Any = wire
    for part in _path(pointer):
        found = found.get(part, "") if found else ""
    return str(found)


@cache
def _path(pointer: str) -> list[str]:
    return pointer[1:].split("/")
