"""What the database already knows about a message on its way in; it reads and decides nothing."""

from __future__ import annotations

import hmac
from uuid import UUID

from exchange.errors import Code, Refused
from exchange.messages.identifiers import Schooljaar
from exchange.messages.soort import Soort
from exchange.pipeline.at_rest import body_digest, column_key, key_digest, receipt_context
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.stages import Authenticated, Minimised, Stored, Validated
from exchange.policy.calendar import Schoolkalender
from exchange.policy.facts import EarlierMessage, Facts
from exchange.policy.mandates import require_mandate
from exchange.storage import acceptance, school_facts
from exchange.storage.rows import Remembered, StoredReceipt


async def answered_before(caller: Authenticated, gateway: Gateway) -> Stored | None:
    """Give the first answer again for the same key and body, or for a second intrekking.

    The same key with another body is 409 ``idempotentiesleutel-hergebruikt``.
    """
    received = caller.received
    digest = key_digest(caller.party.oin, received.path, received.idempotency_key, gateway.keys)
    async with gateway.database.transaction(party=caller.party.oin, today=received.today) as conn:
        remembered = await acceptance.recall(conn, digest)
        if remembered is not None:
            return _same_answer(remembered, caller, gateway)
        withdrawal = (
            await acceptance.withdrawal_of(conn, received.about) if received.about else None
        )
    if withdrawal is None or withdrawal.soort != Soort.INTREKKING.value:
        return None
    require_mandate(caller.party, withdrawal.vestigingscode, gateway.directory(), received.today)
    return Stored(opened_receipt(withdrawal, gateway), status=200)


async def named_in_path(caller: Authenticated, gateway: Gateway) -> EarlierMessage | None:
    """Give the message that the path names; 404 when there is none for this party."""
    about = caller.received.about
    if about is None:
        return None
    earlier = await _earlier(caller, about, gateway)
    if earlier is None or earlier.soort is Soort.INTREKKING:
        raise Refused(Code.NIET_GEVONDEN)
    if earlier.withdrawn:
        raise Refused(Code.OVERGANG_ONGELDIG)
    return earlier


async def earlier_of(valid: Validated, gateway: Gateway) -> EarlierMessage | None:
    """Give the message that the body says it replaces, if this party may know of it."""
    member = valid.caller.received.contract.replaces
    named = valid.values.get(member) if member else None
    return await _earlier(valid.caller, named, gateway) if isinstance(named, UUID) else None


async def facts_about(valid: Validated, gateway: Gateway) -> Facts:
    """Give what the rules need: the vestiging, its policy and its calendar on the event day."""
    received = valid.caller.received
    directory = gateway.directory()
    vestiging = directory.vestiging_on(valid.vestigingscode, valid.event_day)
    if vestiging is None:
        raise Refused(Code.ONBEKENDE_VESTIGING)
    day, code = valid.event_day, valid.vestigingscode
    async with gateway.database.transaction(
        party=valid.caller.party.oin, today=received.today
    ) as conn:
        beleid = await school_facts.beleid_in_force(conn, code, day)
        kalender = await school_facts.kalender(conn, code, Schooljaar.of(day))
    return Facts(
        today=received.today,
        directory=directory,
        vestiging=vestiging,
        beleid=beleid,
        kalender=Schoolkalender(kalender or ()),
        earlier=valid.earlier,
    )


async def require_not_reported(minimised: Minimised, gateway: Gateway) -> None:
    """Raise ``al-gemeld`` when the same message stands already; a rehearsal claims nothing."""
    pseudonymised = minimised.pseudonymised
    if pseudonymised.same_again is None:
        return
    valid = pseudonymised.classified.valid
    async with gateway.database.transaction(
        party=valid.caller.party.oin, today=valid.caller.received.today
    ) as conn:
        other = await acceptance.reported_as(conn, pseudonymised.same_again)
    replaced = valid.earlier.bericht_id if valid.earlier else None
    if other is not None and other != replaced:
        raise Refused(Code.AL_GEMELD, berichtId=str(other))


def opened_receipt(row: StoredReceipt, gateway: Gateway) -> bytes:
    """Open a stored receipt for the school it belongs to."""
    key = column_key(row.vestigingscode, row.schooljaar)
    return gateway.keys.open(key, row.receipt, receipt_context(row.bericht_id))


def _same_answer(remembered: Remembered, caller: Authenticated, gateway: Gateway) -> Stored:
    now = body_digest(caller.received.body, gateway.keys)
    if not hmac.compare_digest(now, remembered.body_digest):
        raise Refused(Code.IDEMPOTENTIESLEUTEL_HERGEBRUIKT)
    receipt = opened_receipt(remembered.receipt, gateway)
    return Stored(receipt, replayed=True, status=remembered.status)


async def _earlier(
    caller: Authenticated, bericht_id: UUID, gateway: Gateway
) -> EarlierMessage | None:
    async with gateway.database.transaction(
        party=caller.party.oin, today=caller.received.today
    ) as conn:
        row = await acceptance.earlier_message(conn, bericht_id)
    if row is None:
        return None
    return EarlierMessage(
        bericht_id=bericht_id,
        soort=Soort(row.soort),
        vestigingscode=row.vestigingscode,
        schooljaar=row.schooljaar,
        periode=row.periode,
        withdrawn=row.withdrawn_at is not None,
        recipient=row.recipient,
        blind_index=row.blind_index,
    )
