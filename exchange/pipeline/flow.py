"""The way in and the way out: numbered steps and nothing else; ``docs/flow.md`` tells the same."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from exchange.pipeline.acknowledge import acknowledge
from exchange.pipeline.authenticate import authenticate
from exchange.pipeline.classify import classify
from exchange.pipeline.concerning import note_pupil
from exchange.pipeline.encrypt import encrypt
from exchange.pipeline.forward import forward
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.intake import intake
from exchange.pipeline.lookup import (
    answered_before,
    earlier_of,
    facts_about,
    named_in_path,
    require_not_reported,
)
from exchange.pipeline.minimise import minimise
from exchange.pipeline.pseudonymise import pseudonymise
from exchange.pipeline.registrations.delivery import Delivery
from exchange.pipeline.registrations.stages import Batch, SealedLine
from exchange.pipeline.registrations.store import store_lines
from exchange.pipeline.rehearsed import log_rehearsal
from exchange.pipeline.stages import (
    Account,
    Authenticated,
    Minimised,
    Outdated,
    Overtaken,
    RawRequest,
    Stored,
)
from exchange.pipeline.store import store
from exchange.pipeline.validate import validate, with_earlier
from exchange.ports import Clock, PushOutcome, PushSender
from exchange.storage.database import Database
from exchange.storage.rows import DuePush


async def accept(request: RawRequest, gateway: Gateway) -> Stored:
    """Take one message in; answer only after it is durable and logged."""
    passed = gateway.steps.passed
    received = passed("1 intake", intake(request, gateway.limits, gateway.clock.now()))
    caller = passed("2 authenticate", authenticate(received, gateway.directory(), gateway.mode))
    if answer := await answered_before(caller, gateway):
        return answer
    while True:
        try:
            minimised = await _minimal(caller, gateway)
            encrypted = passed("7 encrypt", encrypt(minimised, gateway.keys, gateway.ids))
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
    minimised = await _minimal(caller, gateway)
    await require_not_reported(minimised, gateway)
    wire = minimised.pseudonymised.classified.valid.wire
    await log_rehearsal(caller, minimised.accounts, wire, gateway)
    return minimised.accounts


async def _minimal(caller: Authenticated, gateway: Gateway) -> Minimised:
    passed = gateway.steps.passed
    named = await named_in_path(caller, gateway)
    formal = validate(caller, named, gateway.directory(), gateway.mode)
    note_pupil(formal, gateway)
    valid = passed(
        "3 validate", with_earlier(formal, await earlier_of(formal, gateway), gateway.directory())
    )
    table = gateway.necessity.on(caller.received.today)
    facts = await facts_about(valid, gateway)
    classified = passed("4 classify", classify(valid, facts, table, gateway.mode))
    pseudonymised = passed("5 pseudonymise", pseudonymise(classified, gateway.keys))
    return passed("6 minimise", minimise(pseudonymised, gateway.ids.uuid7()))


async def accept_lines(request: RawRequest, gateway: Gateway) -> Stored:
    """Take registrations in: the same steps for each, and all good ones in one commit."""
    passed = gateway.steps.passed
    received = passed("1 intake", intake(request, gateway.limits, gateway.clock.now()))
    caller = passed("2 authenticate", authenticate(received, gateway.directory(), gateway.mode))
    if answer := await answered_before(caller, gateway):
        return answer
    batch = await _sealed(caller, gateway)
    try:
        return passed("8 store", await store_lines(batch, gateway))
    except Overtaken:
        if answer := await answered_before(caller, gateway):
            return answer
        raise


async def rehearse_lines(request: RawRequest, gateway: Gateway) -> Batch:
    """Run every check of ``accept_lines`` and store nothing (``?valideer=true``)."""
    passed = gateway.steps.passed
    received = passed("1 intake", intake(request, gateway.limits, gateway.clock.now()))
    caller = passed("2 authenticate", authenticate(received, gateway.directory(), gateway.mode))
    batch = await _sealed(caller, gateway)
    await log_rehearsal(caller, batch.accounts, batch.members, gateway)
    return batch


async def _sealed(caller: Authenticated, gateway: Gateway) -> Batch:
    passed, received = gateway.steps.passed, caller.received
    gateway.quotas.take_lines(caller.party.oin, received.lines, received.received_at)
    table = gateway.necessity.on(received.today)
    clauses = table.in_force(received.contract.soort, gateway.mode)
    delivery = Delivery(caller, gateway)
    sealed: list[SealedLine] = []
    for lines in delivery.portions():
        valid = passed("3 validate", delivery.validate(lines))
        await delivery.look_up(valid)
        classified = passed("4 classify", delivery.classify(valid))
        named = passed("5 pseudonymise", delivery.pseudonymise(classified))
        minimal = passed("6 minimise", delivery.minimise(named, clauses))
        sealed += passed("7 encrypt", delivery.encrypt(minimal))
        await asyncio.sleep(0)  # others' requests have their turn between two portions
    return delivery.batch(sealed, clauses, table.geldig_vanaf)


async def deliver(
    due: Sequence[DuePush],
    sender: PushSender,
    database: Database,
    clock: Clock,
    recording: asyncio.Semaphore,
) -> bool:
    """Send one recipient's leased notices and record what came of each; give if all arrived.

    A thousand that give up in the same moment have their turn at ``recording``: in the database's
    own queue they would wait too long, and be forgotten.
    """
    attempts = await forward(due, sender)  # (1)
    async with recording:
        await acknowledge(attempts, database, clock)  # (2)
    return all(attempt.outcome is PushOutcome.DELIVERED for attempt in attempts)
