"""Notes whom a message or a line is about, once its sender may act for the pupil's vestiging."""

from __future__ import annotations

from datetime import date
from typing import TypeGuard

from exchange.accountability.record import Subject
from exchange.crypto.pseudonym import blind_index
from exchange.messages.identifiers import Pgn, Schooljaar
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.stages import Validated
from exchange.policy.law import Law
from exchange.policy.necessity import Mode
from exchange.policy.retention import is_kept


def note_pupil(formal: Validated, gateway: Gateway) -> None:
    """Note whom a message is about: from here on its refusal is found by the pupil too.

    A message about a message is about the pupil of that one.
    """
    received, pgn, earlier = formal.caller.received, formal.values.get("pgn"), formal.earlier
    if may_link(pgn, gateway.mode):
        year = year_to_link(formal.event_day, received.today, gateway.law)
        index = blind_index(pgn, formal.vestigingscode, year, gateway.keys)
        received.concerned.note_alone(Subject(formal.vestigingscode, year, index))
    elif earlier is not None and earlier.blind_index is not None:
        pupil = Subject(earlier.vestigingscode, earlier.schooljaar, earlier.blind_index)
        received.concerned.note_alone(pupil)


def may_link(pgn: object, mode: Mode) -> TypeGuard[Pgn]:
    """Whether a value is a pupil to link: a trial knows none outside the test range."""
    return isinstance(pgn, Pgn) and (mode is not Mode.TRIAL or pgn.is_test)


def year_to_link(event_day: date, today: date, law: Law) -> Schooljaar:
    """Give the schooljaar under which an attempt is found: for one out of reach no key is made.

    What was refused for being out of reach is found under the year in which it was tried.
    """
    asked = Schooljaar.of(event_day)
    return asked if is_kept(asked, today, law) else Schooljaar.of(today)
