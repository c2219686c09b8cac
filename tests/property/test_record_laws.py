"""Laws of records and receipts: written in one go, they are what their definition here says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.keys.memory import MemoryKeyProvider
from exchange import __version__
from exchange.accountability.receipt import (
    ReceiptFacts,
    make_receipt,
    sign_receipt,
    signed_receipt,
    stream_line,
    utc,
)
from exchange.accountability.record import Action, Happening, Subject, record
from exchange.crypto.canonical import b64url, canonical, list_of
from exchange.crypto.leaves import tree_root
from exchange.crypto.pseudonym import commitment
from exchange.crypto.receipts import verify_detached
from exchange.crypto.verify_log import leaf_hash
from exchange.errors import Fault
from exchange.messages.identifiers import Periode, Schooljaar, Vestigingscode
from exchange.messages.outcome import Outcome
from exchange.messages.soort import Soort
from exchange.policy.necessity import Mode
from exchange.policy.status import Status
from exchange.ports import GatewayKey, KeyUse
from exchange.telemetry.trace import Trace
from tests import pure

law = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
KEYS = MemoryKeyProvider()

_TEXTS = st.text('\x00\x1f\x7f"\\/é\u2028\uffff\U0001f600ab\n', max_size=5)
_MOMENTS = st.datetimes(timezones=st.just(UTC))
_OINS = st.integers(1, 9).map(pure.oin)
_SPANS = st.text("0123456789abcdef", min_size=16, max_size=16)
_VALUES = st.recursive(
    st.one_of(_TEXTS, st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(_TEXTS, inner, max_size=3)
    ),
    max_leaves=8,
)
_SUBJECTS = st.builds(
    Subject,
    st.sampled_from([Vestigingscode("99AA00"), Vestigingscode("99BB00")]),
    st.integers(2024, 2030).map(Schooljaar),
    st.binary(min_size=33, max_size=33),
    st.none() | st.integers(1, 12).map(lambda month: Periode(2026, month)),
)
_HAPPENINGS = st.builds(
    Happening,
    action=st.sampled_from(Action),
    activiteit=_TEXTS,
    actor=st.none() | _OINS,
    namens=st.none() | _TEXTS,
    trace=st.builds(Trace, _SPANS, _SPANS, st.just("") | _SPANS),
    started_at=_MOMENTS,
    ended_at=_MOMENTS,
    bericht_id=st.none() | st.uuids(),
    recipient=st.none() | _OINS,
    thumbprint=st.none() | _TEXTS,
    beleid=st.none() | _TEXTS,
    uitkomst=st.sampled_from(Outcome),
    code=st.none() | _TEXTS,
    velden=st.lists(st.sampled_from(["pgn", "venster", "é"]), max_size=4),
    bijzonderheden=st.dictionaries(_TEXTS, _VALUES, max_size=4),
    subjects=st.lists(_SUBJECTS, max_size=5).map(tuple),
)


class Salted(pure.FixedIds):
    """Fixed ids, and salts that differ."""

    def random(self, size: int) -> bytes:
        """Give the number of this salt."""
        return self.uuid7().int.to_bytes(size)


def salts_of(happening: Happening) -> list[bytes]:
    """Give the salts that ``Salted`` gives after the id of the record."""
    ids = Salted()
    ids.uuid7()
    return [ids.random(16) for _ in happening.subjects]


def document_of(it: Happening) -> dict[str, Any]:
    """Give the record as its definition has it, without its MAC."""
    optional = {
        "actor": str(it.actor) if it.actor else None,
        "namens": it.namens,
        "ontvanger": str(it.recipient) if it.recipient else None,
        "berichtId": str(it.bericht_id) if it.bericht_id else None,
        "toegangspunt": it.thumbprint,
        "beleid": it.beleid,
        "code": it.code,
        "velden": sorted(set(it.velden)) or None,
        "parent_span_id": it.trace.parent_span_id or None,
    }
    status = {Outcome.OK: "Ok", Outcome.GEWEIGERD: "Unset", Outcome.FOUT: "Error"}
    return {
        "versie": 1,
        "entry": str(Salted().uuid7()),
        "trace_id": it.trace.trace_id,
        "span_id": it.trace.span_id,
        "status": status[it.uitkomst],
        "name": it.action.value,
        "start_time": int(it.started_at.timestamp() * 1000),
        "end_time": int(it.ended_at.timestamp() * 1000),
        "attributes": {"dpl.core.processing_activity_id": it.activiteit, **attributes_of(it)},
        "resource": {"service.name": "verzuim-exchange", "service.version": __version__},
        "uitkomst": it.uitkomst.value,
        "bijzonderheden": it.bijzonderheden,
        **{name: value for name, value in optional.items() if value is not None},
    }


def attributes_of(it: Happening) -> dict[str, Any]:
    """Give what the record says of its pupils, and of whose operation it was part."""
    found: dict[str, Any] = {}
    if it.actor and it.trace.parent_span_id:
        found["dpl.core.foreign_operation.processor"] = f"oin:{it.actor}"
    hashed = sorted(map(commitment, salts_of(it), [one.blind_index for one in it.subjects]))
    if len(hashed) == 1:
        found["dpl.core.data_subject_id"] = b64url(hashed[0])
        found["dpl.core.data_subject_id_type"] = "vx-verbintenis/1"
    elif hashed:
        found["dpl.core.data_subject_id"] = b64url(tree_root(hashed))
        found["dpl.core.data_subject_id_type"] = "vx-boom/1"
        found["aantal_betrokkenen"] = len(hashed)
    return found


@law
@given(_HAPPENINGS)
def test_a_leaf_is_the_canonical_form_of_its_record_with_the_mac_over_the_rest(
    happening: Happening,
) -> None:
    made = record(happening, KEYS, Salted())
    document = document_of(happening)
    rest: bytes = rfc8785.dumps(document)
    mac = b64url(KEYS.mac(GatewayKey(KeyUse.LOG), rest))
    assert made.row.leaf == rfc8785.dumps({**document, "mac": mac})
    assert made.leaf_hash == leaf_hash(made.row.leaf)


@law
@given(_HAPPENINGS)
def test_the_rows_of_a_record_say_what_happened(it: Happening) -> None:
    made = record(it, KEYS, Salted())
    row = made.row
    assert (row.entry, row.recorded_at, row.activity) == (made.entry, it.ended_at, it.activiteit)
    assert (row.actor, row.recipient) == (str(it.actor) if it.actor else None, it.recipient)
    assert (row.bericht_id, row.action, row.outcome) == (it.bericht_id, it.action, it.uitkomst)
    assert {type(row.action), type(row.outcome)} == {str}
    linked = [
        Subject(link.vestigingscode, link.schooljaar, link.blind_index, link.periode)
        for link in made.links
    ]
    assert tuple(linked) == it.subjects
    assert [link.salt for link in made.links] == salts_of(it)


@pytest.mark.parametrize("member", ["namens", "thumbprint", "code", "activiteit", "bijzonderheden"])
@pytest.mark.parametrize("text", ["\ud800", "a\udfff"])
def test_a_record_that_has_no_canonical_form_is_a_fault(member: str, text: str) -> None:
    what: dict[str, Any] = {"activiteit": "a/1", "actor": None, "namens": None}
    what[member] = {"a": text} if member == "bijzonderheden" else text
    now = datetime(2026, 11, 18, tzinfo=UTC)
    happening = Happening(Action.AANGENOMEN, trace=pure.TRACE, started_at=now, ended_at=now, **what)
    with pytest.raises(Fault):
        record(happening, KEYS, Salted())


# --- receipts ---

_CLAUSES = pure.TABLE.enforced(Mode.TRIAL)
_LINES = st.builds(
    lambda clause, ontvanger, status, many: stream_line(
        clause.role,
        ontvanger,
        status,
        clause.decided(tuple(clause.velden)[:many]),
        date(2026, 8, 1),
    ),
    st.sampled_from(range(len(_CLAUSES))).map(_CLAUSES.__getitem__),
    st.none() | _OINS,
    st.sampled_from(Status),
    st.integers(0, 4),
)
_FACTS = st.builds(
    ReceiptFacts,
    bericht_id=st.uuids(),
    soort=st.sampled_from(Soort),
    received_at=_MOMENTS,
    entry=st.uuids(),
    leaf_hash=st.binary(min_size=32, max_size=32),
    zout=st.binary(min_size=16, max_size=16),
    inhoudshash=st.binary(min_size=32, max_size=32),
)


@law
@given(_FACTS, st.lists(_LINES, max_size=4))
def test_a_receipt_written_at_once_is_the_one_that_is_made_and_then_signed(
    facts: ReceiptFacts, lines: Sequence[Any]
) -> None:
    """But for the signature, which is another each time: it verifies over the same form."""
    short = signed_receipt(facts, lines, KEYS)
    long = sign_receipt(make_receipt(facts, lines), KEYS)
    assert without_signature(short) == without_signature(long)
    said = json.loads(short)
    verify_detached(said, said["handtekening"], KEYS.public_keys())


def without_signature(receipt: bytes) -> tuple[bytes, list[str]]:
    """Give what stands before the last signature, and the names of all members."""
    return receipt.rpartition(b'"handtekening":"')[0], list(json.loads(receipt))


@law
@given(_MOMENTS)
def test_a_moment_is_written_with_its_milliseconds_and_never_rounded_up(moment: datetime) -> None:
    text = f"{moment.year:04d}{moment:-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
    assert utc(moment) == text


@law
@given(st.lists(_LINES, max_size=3), _TEXTS)
def test_a_list_of_prepared_documents_stands_in_another_as_they_would(
    parts: list[Any], text: str
) -> None:
    around: dict[str, Any] = {"zz": text, "stromen": list_of(parts), "a": 1}
    assert canonical(around) == rfc8785.dumps({**around, "stromen": parts})


def test_the_definition_of_a_record_names_whatever_can_happen() -> None:
    """A new member of a happening must be written above too, or said not to be."""
    assert set(Happening.__struct_fields__) == {
        "action", "activiteit", "actor", "namens", "trace", "started_at", "ended_at", "bericht_id",
        "recipient", "thumbprint", "beleid", "uitkomst", "code", "velden", "bijzonderheden",
        "subjects",
    }  # fmt: skip
