"""What is said of a delivery afterwards: in its records, and on its receipt."""

from __future__ import annotations

from uuid import UUID

from exchange.accountability.receipt import ReceiptFacts, make_receipt
from exchange.accountability.record import Action, Happening, LogRecord, Subject
from exchange.crypto.canonical import Prepared
from exchange.messages.outcome import Outcome
from exchange.messages.soort import Soort
from exchange.pipeline.accounts import at_rest_status, line_of
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.refusals import ACCESS_CONTROL
from exchange.pipeline.registrations.stages import Kept, Refusals, Summary, subject_of
from exchange.policy.status import Status


def accepted(whole: Summary, bericht_id: UUID, gateway: Gateway) -> Happening:
    """Say what was taken in, for its record."""
    received = whole.caller.received
    codes = codes_of(whole.kept)
    return Happening(
        action=Action.AANGENOMEN,
        activiteit=next(a.clause.activiteit for a in whole.accounts if a.afgeleid),
        actor=whole.caller.party.oin,
        namens=codes[0] if len(codes) == 1 else None,
        trace=received.trace,
        started_at=received.received_at,
        ended_at=gateway.clock.now(),
        bericht_id=bericht_id,
        thumbprint=whole.caller.peer.thumbprint,
        beleid=whole.beleid.isoformat(),
        bijzonderheden={
            "soort": Soort.VERZUIMREGISTRATIES.value,
            "vestigingen": codes,
            "aangenomen": whole.kept.lines,
            "geweigerd": whole.refusals.count,
            "stromen": _streams(whole),
        },
        velden=tuple(whole.members),
        subjects=_subjects(whole.kept),
    )


def fallen_out(whole: Summary, bericht_id: UUID, gateway: Gateway) -> Happening | None:
    """Say of which pupils a line was refused, in a record of its own: theirs was not accepted.

    None when no refused line said whom it is about, for a school that the sender acts for.
    """
    received = whole.caller.received
    pupils = received.concerned.fallen_out()
    if not pupils:
        return None
    now = gateway.clock.now()
    return Happening(
        action=Action.REGELS_GEWEIGERD,
        activiteit=ACCESS_CONTROL,
        actor=whole.caller.party.oin,
        namens=str(received.namens) if received.namens else None,
        trace=received.trace.within(),
        started_at=received.received_at,
        ended_at=now,
        bericht_id=bericht_id,
        thumbprint=whole.caller.peer.thumbprint,
        beleid=whole.beleid.isoformat(),
        uitkomst=Outcome.GEWEIGERD,
        code=whole.refusals.in_order()[0].violations[0].code.value,
        bijzonderheden={"soort": Soort.VERZUIMREGISTRATIES.value, "regels": whole.refusals.count},
        subjects=pupils,
    )


def _subjects(kept: Kept) -> tuple[Subject, ...]:
    """Each pupil once; its link goes with the rows of the latest month it is about."""
    return tuple(subject_of(pupil, day.month) for pupil, day in kept.latest.items())


def receipt_of(
    whole: Summary, log: LogRecord, bericht_id: UUID, zout: bytes, inhoudshash: bytes
) -> dict[str, object]:
    """Give the receipt without its signature."""
    received = whole.caller.received
    facts = ReceiptFacts(
        bericht_id=bericht_id,
        soort=Soort.VERZUIMREGISTRATIES,
        received_at=received.received_at,
        entry=log.entry,
        leaf_hash=log.leaf_hash,
        zout=zout,
        inhoudshash=inhoudshash,
    )
    about = {"vestigingen": codes_of(whole.kept)}
    found = counted(whole.kept.lines, whole.refusals)
    return {**make_receipt(facts, _streams(whole)), **about, **found}


def counted(accepted: int, refusals: Refusals) -> dict[str, object]:
    """Give what a receipt of registrations says besides: how many lines, and which were refused."""
    return {
        "aantalAangenomen": accepted,
        "aantalGeweigerd": refusals.count,
        "geweigerd": [refusal.as_json() for refusal in refusals.in_order()],
    }


def _streams(whole: Summary) -> list[Prepared]:
    return [
        line_of(account, at_rest_status(account, Status.GEEN), whole.beleid)
        for account in whole.accounts
    ]


def codes_of(kept: Kept) -> list[str]:
    """Give the vestigingen that the lines are about."""
    return sorted({str(day.vestigingscode) for day in kept.days})
