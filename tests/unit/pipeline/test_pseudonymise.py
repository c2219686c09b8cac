"""Each pupil has the keyed names of its own vestiging and schooljaar, whatever was noted before."""

from __future__ import annotations

import pytest

from exchange.accountability.record import Subject
from exchange.crypto.pseudonym import blind_index
from exchange.messages.identifiers import Pgn, Schooljaar
from exchange.pipeline.pseudonymise import pseudonymise
from tests.persons import bsn
from tests.pure import PO, VO, Flow, signaal

YEAR, OTHER_YEAR = Schooljaar(2026), Schooljaar(2025)
NOTED = b"\x01" + b"n" * 32


def index_of(pgn: Pgn, noted: Subject | None, flow: Flow) -> bytes | None:
    """Give the blind index of a signaal, once something was noted about its request."""
    classified = flow.classified(signaal(pgn.reveal()))
    if noted is not None:
        classified.valid.caller.received.concerned.note_alone(noted)
    return pseudonymise(classified, flow.keys).blind_index


def test_a_pupil_that_was_noted_under_the_same_names_is_not_named_again() -> None:
    assert index_of(bsn(1), Subject(VO.code, YEAR, NOTED), Flow()) == NOTED


@pytest.mark.parametrize(
    "noted", [None, Subject(PO.code, YEAR, NOTED), Subject(VO.code, OTHER_YEAR, NOTED)]
)
def test_what_was_noted_under_other_names_is_no_name_of_the_pupil(noted: Subject | None) -> None:
    flow = Flow()
    assert index_of(bsn(1), noted, flow) == blind_index(bsn(1), VO.code, YEAR, flow.keys)
