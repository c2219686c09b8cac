"""The way in and the way out: numbered steps and nothing else; ``docs/flow.md`` tells the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial

from exchange.pipeline.acknowledge import Outcomes, acknowledge
from exchange.pipeline.authenticate import authenticate
from exchange.pipeline.body import size_of
from exchange.pipeline.classify import classify
from exchange.pipeline.concerning import note_pupil
from exchange.pipeline.encrypt import encrypt
from exchange.pipeline.forward import forward
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.intake import intake
from exchange.pipeline.lookup import (
    LookedUp,
    answered_before,
    earlier_of,
    facts_about,
    look_up,
    named_in_path,
    require_not_reported,
)
from exchange.pipeline.minimise import minimise
from exchange.pipeline.pseudonymise import pseudonymise
from exchange.pipeline.registrations.aside import LARGE_BODY, aside
from exchange.pipeline.registrations.delivery import Delivery
from exchange.pipeline.registrations.stages import Kept, SealedLine, Summary
from exchange.pipeline.registrations.store import store_lines
from exchange.pipeline.rehearsed import log_rehearsal
from exchange.pipeline.stages import (
    Account,
    Minimised,
    Outdated,
    Overtaken,
    RawRequest,
    Received,
    Stored,
)
from exchange.pipeline.store import store
from exchange.pipeline.validate import with_earlier
from exchange.ports import Clock, PushOutcome, PushSender
from exchange.storage.rows import DuePush


async def accept(request: RawRequest, gateway: Gateway) -> Stored:
    """Take one message in; answer only after it is durable and logged."""
    passed = gateway.steps.passed
    received = passed("1 intake", intake(request, gateway.limits, gateway.clock.now()))
    caller = passed("2 authenticate", authenticate(received, gateway.directory(), gateway.mode))
    while True:
        known = await look_up(caller, gateway)
        if known.answered and (answer := await answered_before(caller, gateway)):
            return answer
        try:
            minimised = await _minimal(known, gateway)
            sealed = encrypt(minimised, known.digests, gateway.keys, gateway.ids)
            encrypted = passed("7 encrypt", sealed)
            return passed("8 store", await store(encrypted, gateway))
        except Outdated:
            continue
        except Overtaken:
            if answer := await answered_before(caller, gateway):
                return answer
            raise


async def rehearse(request: RawRequest, gateway: Gateway) -> tuple[Account, ...]:
    """Run every check of ``accept`` and store nothing (``?valideer=true``)."""
    passed = gateway.steps.passed
    received = passed("1 intake", intake(request, gateway.limits, gateway.clock.now()))
    caller = passed("2 authenticate", authenticate(received, gateway.directory(), gateway.mode))
    minimised = await _minimal(await look_up(caller, gateway), gateway)
    await require_not_reported(minimised, gateway)
    wire = minimised.pseudonymised.classified.valid.wire
    await log_rehearsal(caller, minimised.accounts, wire, gateway)
    return minimised.accounts


async def _minimal(known: LookedUp, gateway: Gateway) -> Minimised:
    passed = gateway.steps.passed
    formal = known.formal(await named_in_path(known.caller, gateway), gateway)
    note_pupil(formal, gateway)
    valid = passed(
        "3 validate", with_earlier(formal, await earlier_of(formal, gateway), gateway.directory())
    )
    table = gateway.necessity.on(known.caller.received.today)
    facts = facts_about(valid, known.found, gateway)
    classified = passed("4 classify", classify(valid, facts, table, gateway.mode))
    pseudonymised = passed("5 pseudonymise", pseudonymise(classified, gateway.keys))
    return passed("6 minimise", minimise(pseudonymised, gateway.ids.uuid7()))


async def accept_lines(request: RawRequest, gateway: Gateway) -> Stored:
    """Take registrations in: the same steps for each, and all good ones in one commit."""
    passed = gateway.steps.passed
    received = passed("1 intake", await _unpacked(request, gateway))
    caller = passed("2 authenticate", authenticate(received, gateway.directory(), gateway.mode))
    if answer := await answered_before(caller, gateway):
        return answer
    delivery = Delivery(caller, gateway)
    sealed = _sealed(delivery, gateway)
    try:
        return passed("8 store", await store_lines(sealed, delivery, gateway))
    except Overtaken:
        if answer := await answered_before(caller, gateway):
            return answer
        raise


async def rehearse_lines(request: RawRequest, gateway: Gateway) -> Summary:
    """Run every check of ``accept_lines`` and store nothing (``?valideer=true``)."""
    passed = gateway.steps.passed
    received = passed("1 intake", await _unpacked(request, gateway))
    caller = passed("2 authenticate", authenticate(received, gateway.directory(), gateway.mode))
    delivery, kept = Delivery(caller, gateway), Kept()
    async for lines in _sealed(delivery, gateway):
        kept.add(lines)
    whole = delivery.summary(kept)
    await log_rehearsal(caller, whole.accounts, whole.members, gateway)
    return whole


async def _unpacked(request: RawRequest, gateway: Gateway) -> Received:
    """A small packed body may hold a large one: it is unpacked beside others' requests."""
    work = partial(intake, request, gateway.limits, gateway.clock.now())
    packed = "content-encoding" in request.headers
    return await aside(size_of(request.content), 0 if packed else LARGE_BODY, work)


async def _sealed(delivery: Delivery, gateway: Gateway) -> AsyncIterator[list[SealedLine]]:
    passed, received = gateway.steps.passed, delivery.caller.received
    gateway.quotas.take_lines(delivery.caller.party.oin, received.lines, received.received_at)
    await delivery.look_up()
    for lines in delivery.portions():
        valid = passed("3 validate", delivery.validate(lines))
        classified = passed("4 classify", delivery.classify(valid))
        named = passed("5 pseudonymise", delivery.pseudonymise(classified))
        minimal = passed("6 minimise", delivery.minimise(named))
        yield passed("7 encrypt", delivery.encrypt(minimal))
        await asyncio.sleep(0)  # others' requests have their turn between two portions


async def deliver(
    due: Sequence[DuePush], sender: PushSender, outcomes: Outcomes, clock: Clock
) -> bool:
    """Send one recipient's leased notices and record what came of each; give if none failed."""
    attempts = await forward(due, sender)  # (1)
    await acknowledge(attempts, outcomes, clock)  # (2)
    return all(attempt.outcome is not PushOutcome.FAILED for attempt in attempts)
