"""What the database already knows about a message on its way in; it reads and decides nothing."""

from __future__ import annotations

import hmac
from datetime import date
from uuid import UUID

from exchange.crypto.pseudonym import counting_pseudonym
from exchange.errors import Code, ExchangeError, Invalid, Refused
from exchange.messages.document import parse_object, read_message
from exchange.messages.identifiers import Pgn, Schooljaar
from exchange.messages.soort import NOTICES, Soort
from exchange.pipeline.at_rest import Digests, body_digest, digests, key_digest, opened_receipt
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.reading import log_receipt
from exchange.pipeline.school_side import Reader
from exchange.pipeline.stages import (
    Authenticated,
    Minimised,
    Overtaken,
    Received,
    Stored,
    Validated,
)
from exchange.pipeline.validate import validate
from exchange.policy.calendar import Schoolkalender
from exchange.policy.facts import EarlierMessage, Facts
from exchange.policy.mandates import require_mandate
from exchange.policy.needs import needs_of
from exchange.policy.retention import is_kept
from exchange.policy.status import Status
from exchange.storage import acceptance, mailbox
from exchange.storage.database import Connection
from exchange.storage.rows import Remembered, StoredReceipt
from exchange.storage.surroundings import Question, Surroundings
from exchange.values import Value


class LookedUp(Value, frozen=True):
    """What the database knew before anything was judged, and what the body says so far.

    By ``digests`` the message is known when it comes again. ``answered`` says that there may be a
    first answer. ``read`` is the form of the body, or what is wrong with it; for a message about a
    message it is None, because that one is not known yet.
    """

    caller: Authenticated
    digests: Digests
    answered: bool
    read: Validated | ExchangeError | None
    found: Surroundings

    def formal(self, named: EarlierMessage | None, gateway: Gateway) -> Validated:
        """Give the form of the message, or raise what is wrong with it."""
        if self.read is None:
            return validate(self.caller, named, gateway.directory(), gateway.mode)
        if isinstance(self.read, ExchangeError):
            raise self.read
        return self.read


async def look_up(caller: Authenticated, gateway: Gateway) -> LookedUp:
    """Ask everything about a message in one round trip, shared with others of the same party.

    The body is read first, because it says what to ask. What is wrong with it is held back: whoever
    sends the same key again hears of the first answer before that.
    """
    received, party = caller.received, caller.party
    made = digests(party.oin, received.path, received.idempotency_key, received.body, gateway.keys)
    if received.about is not None:
        return LookedUp(caller, made, answered=True, read=None, found=Surroundings())
    read: Validated | ExchangeError
    try:
        read = validate(caller, None, gateway.directory(), gateway.mode)
        question = _question(made.key, read, gateway)
    except ExchangeError as wrong:
        read, question = wrong, Question(made.key)
    found = await gateway.look_ups.ask(gateway.database, party.oin, received.today, question)
    return LookedUp(caller, made, found.answered, read, found)


async def answered_before(caller: Authenticated, gateway: Gateway) -> Stored | None:
    """Give the first answer again for the same key and body, or for a second intrekking.

    The same key with another body is 409 ``idempotentiesleutel-hergebruikt``. To give a receipt
    again is to disclose it again, so the look-up leaves a record (promise P8).
    """
    received = caller.received
    digest = key_digest(caller.party.oin, received.path, received.idempotency_key, gateway.keys)
    async with gateway.database.transaction(party=caller.party.oin, today=received.today) as conn:
        remembered = await acceptance.recall(conn, digest)
        if remembered is not None:
            await _require_named(conn, caller, remembered.receipt)
            answer = _same_answer(remembered, caller, gateway)
            await _log_disclosure(conn, caller, remembered.receipt, gateway)
            return answer
        if received.about is None:
            return None
        withdrawal = await acceptance.withdrawal_of(conn, received.about)
        if withdrawal is None or withdrawal.soort != Soort.INTREKKING.value:
            return None
        code = withdrawal.vestigingscode
        if not caller.party.acts_for(code):
            raise Refused(Code.NIET_GEVONDEN)
        require_mandate(caller.party, code, gateway.directory(), received.today)
        _require_well_formed(received)
        await _log_disclosure(conn, caller, withdrawal, gateway)
    return Stored(opened_receipt(withdrawal, gateway.keys), status=200)


_HELD = frozenset({Status.AFGELEVERD, Status.BEVESTIGD, Status.VERVALLEN})


async def named_in_path(caller: Authenticated, gateway: Gateway) -> EarlierMessage | None:
    """Give the message that the path names; 404 when there is none for this party.

    One that was withdrawn since ``answered_before`` looked is ``Overtaken``.
    """
    about = caller.received.about
    if about is None:
        return None
    earlier = await _earlier(caller, about, gateway)
    if earlier is None or earlier.soort not in NOTICES:
        raise Refused(Code.NIET_GEVONDEN)
    if earlier.withdrawn:
        raise Overtaken(Code.OVERGANG_ONGELDIG)
    return earlier


async def earlier_of(valid: Validated, gateway: Gateway) -> EarlierMessage | None:
    """Give the message that the body says it replaces, if this party may know of it."""
    member = valid.caller.received.contract.replaces
    named = valid.values.get(member) if member else None
    return await _earlier(valid.caller, named, gateway) if isinstance(named, UUID) else None


def facts_about(valid: Validated, found: Surroundings, gateway: Gateway) -> Facts:
    """Give what the rules need: the vestiging, its policy and calendar, the pupil's count."""
    directory = gateway.directory()
    vestiging = directory.vestiging_on(valid.vestigingscode, valid.event_day)
    if vestiging is None:
        raise Refused(Code.ONBEKENDE_VESTIGING)
    replaced = valid.earlier.bericht_id if valid.earlier else None
    return Facts(
        today=valid.caller.received.today,
        law=gateway.law,
        directory=directory,
        vestiging=vestiging,
        beleid=found.beleid,
        kalender=Schoolkalender(found.kalender or ()),
        earlier=valid.earlier,
        registered=found.registered,
        meldingen=tuple([m for m in found.meldingen if m.bericht_id != replaced]),
    )


async def require_not_reported(minimised: Minimised, gateway: Gateway) -> None:
    """Raise ``al-gemeld`` when the same message stands already; a rehearsal claims nothing."""
    pseudonymised = minimised.pseudonymised
    telling = pseudonymised.classified.telling
    if telling is not None and telling.reported is not None:
        raise Refused(Code.AL_GEMELD, berichtId=str(telling.reported))
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


def _question(digest: bytes, formal: Validated, gateway: Gateway) -> Question:
    """Ask what the rules need about the school, and about the pupil in the year of the event day.

    Without a pupil there is nothing to count, and for a schooljaar out of reach no key is made to
    look.
    """
    received, code = formal.caller.received, formal.vestigingscode
    needs = needs_of(received.contract.soort, formal.values)
    schooljaar = Schooljaar.of(formal.event_day)
    beleid_on = formal.counts_on if needs.beleid else None
    kalender = schooljaar if needs.kalender else None
    pgn = formal.values.get("pgn")
    counts = needs.meldingen and is_kept(schooljaar, received.today, gateway.law)
    if not counts or not isinstance(pgn, Pgn):
        return Question(digest, code, beleid_on, kalender)
    pupil = counting_pseudonym(pgn, code, schooljaar, gateway.keys)
    registered = needs.registered and _within(schooljaar, *needs.registered)
    return Question(digest, code, beleid_on, kalender, pupil, schooljaar, registered)


def _within(schooljaar: Schooljaar, first: date, last: date) -> tuple[date, date]:
    """A pseudonym holds for one schooljaar: on other days nothing is found under it."""
    return max(first, schooljaar.first_day), min(last, schooljaar.last_day)


async def _require_named(conn: Connection, caller: Authenticated, receipt: StoredReceipt) -> None:
    """Raise unless the receipt concerns a school for which the caller says to act."""
    about = {receipt.vestigingscode, *await mailbox.scope_of(conn, receipt.bericht_id)}
    if not any(caller.party.acts_for(code) for code in about):
        raise Refused(Code.GEEN_MANDAAT)


def _same_answer(remembered: Remembered, caller: Authenticated, gateway: Gateway) -> Stored:
    now = body_digest(caller.received.content, gateway.keys)
    if not hmac.compare_digest(now, remembered.body_digest):
        raise Refused(Code.IDEMPOTENTIESLEUTEL_HERGEBRUIKT)
    receipt = opened_receipt(remembered.receipt, gateway.keys)
    return Stored(receipt, replayed=True, status=remembered.status)


def _require_well_formed(received: Received) -> None:
    """Raise with everything that is wrong with the form of a body that is not taken in again."""
    document = parse_object(received.body)
    _, faults = read_message(received.contract, received.body, document)
    if faults:
        raise Invalid(faults)


async def _log_disclosure(
    conn: Connection, caller: Authenticated, receipt: StoredReceipt, gateway: Gateway
) -> None:
    who = Reader(caller.party, caller.peer, caller.received.trace)
    await log_receipt(conn, who, str(receipt.vestigingscode), receipt.bericht_id, gateway)


async def _earlier(
    caller: Authenticated, bericht_id: UUID, gateway: Gateway
) -> EarlierMessage | None:
    async with gateway.database.transaction(
        party=caller.party.oin, today=caller.received.today
    ) as conn:
        row = await acceptance.earlier_message(conn, bericht_id)
    if row is None or not caller.party.acts_for(row.vestigingscode):
        return None
    return EarlierMessage(
        bericht_id=bericht_id,
        soort=Soort(row.soort),
        vestigingscode=row.vestigingscode,
        schooljaar=row.schooljaar,
        periode=row.periode,
        event_day=row.event_day,
        withdrawn=row.withdrawn_at is not None,
        recipient=row.recipient,
        held=row.recipient_status in _HELD,
        blind_index=row.blind_index,
    )
