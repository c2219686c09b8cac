"""What a notice tells is read back as it was written, and as nothing else."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.push.event import LEVERING_TYPE, MESSAGE_TYPE, event_of, subject_of

BERICHT = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


@given(st.one_of(st.uuids(), st.integers(min_value=1, max_value=2**31 - 1)))
def test_a_subject_is_read_back_as_it_was_told(subject: UUID | int) -> None:
    assert subject_of(*event_of(subject)) == subject


@pytest.mark.parametrize(
    ("event_type", "event_id", "body"),
    [
        (MESSAGE_TYPE, "17", b'{"nummer": 17}'),
        (MESSAGE_TYPE, str(BERICHT).upper(), b'{"berichtId": "%s"}' % str(BERICHT).encode()),
        (LEVERING_TYPE, str(BERICHT), b'{"berichtId": "%s"}' % str(BERICHT).encode()),
        (LEVERING_TYPE, "17", b'{"nummer": 18}'),
        (LEVERING_TYPE, "17", b'{"nummer": "17"}'),
        (LEVERING_TYPE, "17", b'{"nummer": 17.0}'),
        (LEVERING_TYPE, "1", b'{"nummer": true}'),
        (LEVERING_TYPE, "017", b'{"nummer": 17}'),
        (LEVERING_TYPE, "+17", b'{"nummer": 17}'),
        (LEVERING_TYPE, "1_7", b'{"nummer": 17}'),
        (LEVERING_TYPE, "9" * 5000, b'{"nummer": 17}'),
        (LEVERING_TYPE, "17", b'{"nummer": 17, "periode": "2026-10"}'),
        ("nl.verzuim-exchange.iets-anders", "17", b'{"nummer": 17}'),
        (LEVERING_TYPE, "17", b"17"),
        (LEVERING_TYPE, "17", b"onzin"),
    ],
)
def test_what_the_gateway_would_not_have_written_is_refused(
    event_type: str, event_id: str, body: bytes
) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  of the reader or of a library: both are no
        subject_of(event_type, event_id, body)
