"""Step 4: judge the message by law and by the school's own policy, and find its recipients.

The local reason ends here: nothing after this step has seen it (promise P3).
"""

from __future__ import annotations

from exchange.errors import Code, Fault, Invalid, Refused, Violation
from exchange.messages.identifiers import Periode, Schooljaar
from exchange.messages.soort import Soort
from exchange.pipeline.stages import Classified, Stream, Validated
from exchange.policy.facts import Facts
from exchange.policy.necessity import Mode, NecessityTable, Reach
from exchange.policy.rules import NEEDS_BELEID, violations_of
from exchange.policy.territory import recipient_of
from exchange.policy.verzuimmelding import telling_of


def classify(valid: Validated, facts: Facts, table: NecessityTable, mode: Mode) -> Classified:
    """Give the lawful message, or raise with everything that is wrong with it.

    First the ground (403 ``geen-grondslag``), then the faults of form and the rules together (400),
    then what the school (``geen-verzuimbeleid``) or a recipient still lacks (409).
    """
    soort = valid.caller.received.contract.soort
    clauses = table.in_force(soort, mode)
    wrong = violations_of(soort, valid.values, facts, _broken(valid))
    if wrong or valid.faults:
        raise Invalid((*valid.faults, *wrong))
    if soort in NEEDS_BELEID and facts.beleid is None:
        raise Refused(Code.GEEN_VERZUIMBELEID)
    streams = tuple(
        [Stream(clause, recipient_of(clause, valid.values, facts)) for clause in clauses]
    )
    _require_replaceable(valid, streams)
    schooljaar, periode = _counted_in(valid)
    telling = telling_of(valid.values, facts) if soort is Soort.VERZUIMMELDING else None
    return Classified(valid, facts, streams, table.geldig_vanaf, schooljaar, periode, telling)


_NONE: frozenset[str] = frozenset()


def _broken(valid: Validated) -> frozenset[str]:
    """Give the members in which the form was wrong already, by Python name."""
    if not valid.faults:
        return _NONE
    members = valid.caller.received.contract.members
    named = (fault.pointer.split("/")[1] for fault in valid.faults if fault.pointer)
    return frozenset(members[name] for name in named if name in members)


def _require_replaceable(valid: Validated, streams: tuple[Stream, ...]) -> None:
    """Refuse a replacement of what no longer stands, or for another recipient than who has it.

    That one would never hear of it; an intrekking and a new message tell both (ADR 0005).
    """
    if valid.earlier is None or valid.caller.received.contract.replaces is None:
        return
    if valid.earlier.withdrawn:
        raise Refused(Code.OVERGANG_ONGELDIG)
    sealed = {s.recipient.oin for s in streams if s.recipient and s.clause.reach is Reach.BERICHT}
    if valid.earlier.held and valid.earlier.recipient not in sealed:
        member = valid.caller.received.contract.replaces
        raise Invalid(
            [
                Violation(
                    f"/{member}",
                    Code.WAARDE_ONGELDIG,
                    "Het vorige bericht ging naar een andere ontvanger: trek dat in, meld opnieuw.",
                )
            ]
        )


def _counted_in(valid: Validated) -> tuple[Schooljaar, Periode]:
    """A message about a message counts where that one counted.

    The schooljaar of pseudonyms and keys is that of the event day (design, P5).
    """
    if valid.caller.received.contract.about is None:
        return Schooljaar.of(valid.event_day), Periode.of(valid.counts_on)
    if valid.earlier is None:
        raise Fault("bericht over een bericht zonder dat bericht")
    return valid.earlier.schooljaar, valid.earlier.periode
