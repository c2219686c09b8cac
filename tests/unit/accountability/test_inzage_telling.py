"""A record is told as one pupil's: whose it is, to whom it went, and what of it is left out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from exchange.accountability.inzage import Verwerking
from exchange.accountability.inzage_telling import Telling, tell
from exchange.accountability.record import Action
from exchange.accountability.register import register
from exchange.bootstrap.law import open_activities, open_necessity
from exchange.messages.identifiers import Oin, Schooljaar, Vestigingscode
from exchange.policy.necessity import Mode
from exchange.storage.inzage import FoundLink, FoundRecord, PupilName

LAS, OFFICER = "00000099100000000000", Oin("00000099100000003000")
MESSAGE, DELIVERY = UUID(int=10), UUID(int=11)
HERE = PupilName((Vestigingscode("99BB00"), Schooljaar(2026)), bytes(33))
PUPIL = {"dpl.core.data_subject_id": "x"}
TELLING = Telling(
    {LAS: "LAS Noord", str(OFFICER): "Leerplicht"},
    register(open_necessity(), open_activities(), Mode.TRIAL),
    {"99BB00"}.__contains__,
)


def record(
    entry: int,
    action: Action,
    bericht_id: UUID | None = MESSAGE,
    attributes: Mapping[str, str] | None = None,
    **document: Any,  # noqa: ANN401  JSON
) -> FoundRecord:
    return FoundRecord(
        entry=UUID(int=entry),
        recorded_at=datetime(2026, 11, 18, 10, tzinfo=UTC),
        activity="signaal-leerplicht/1",
        actor=LAS,
        recipient=None,
        bericht_id=bericht_id,
        action=action,
        outcome="ok",
        document={"bijzonderheden": {}, "attributes": attributes or {}, **document},
    )


def link(entry: int, bericht_id: UUID | None = MESSAGE) -> FoundLink:
    return FoundLink(HERE, UUID(int=entry), bericht_id, None)


def told(*records: FoundRecord, links: tuple[FoundLink, ...]) -> list[int]:
    return [one.entry.int for one in tell(records, links, TELLING)]


def one(found: FoundRecord) -> Verwerking:
    (only,) = tell([found], [link(found.entry.int)], TELLING)
    return only


def test_a_record_that_names_other_pupils_is_not_this_pupils() -> None:
    """Whichever message it names too."""
    mine = record(1, Action.AANGENOMEN, attributes=PUPIL, bijzonderheden={"stromen": []})
    other = record(2, Action.REGELS_GEWEIGERD, attributes=PUPIL)
    nobodys = record(3, Action.VERZOEK_GEWEIGERD)
    assert told(mine, other, nobodys, links=(link(1),)) == [1, 3]
    assert told(mine, other, nobodys, links=(link(1), link(2))) == [1, 2, 3]


def test_a_record_found_by_its_message_stands_where_the_pupil_of_that_message_is() -> None:
    attempt = record(2, Action.VERZOEK_GEWEIGERD)
    (found,) = tell([attempt], [link(1)], TELLING)
    assert found.places == (HERE.place,)


def test_another_school_is_not_named() -> None:
    mine, theirs = (one(record(1, Action.OPGEHAALD, namens=c)) for c in ("99BB00", "99AA00"))
    assert mine.namens is not None
    assert mine.namens.as_json() == {"vestigingscode": "99BB00", "naam": "99BB00"}
    assert theirs.namens is None


def test_who_acts_for_itself_is_named_once() -> None:
    assert one(record(1, Action.OPGEHAALD, namens=LAS)).namens is None
    for_another = one(record(1, Action.OPGEHAALD, namens=str(OFFICER))).namens
    assert for_another is not None
    assert for_another.as_json() == {"oin": str(OFFICER), "naam": "Leerplicht"}


def test_what_failed_touched_no_field() -> None:
    done = record(1, Action.OPGEHAALD, velden=["pgn"])
    refused = FoundRecord(**{**{n: getattr(done, n) for n in done.__slots__}, "outcome": "fout"})
    assert one(done).velden == ("pgn",)
    assert one(refused).velden == ()


def test_an_activity_that_nobody_described_is_told_all_the_same() -> None:
    done = record(1, Action.OPGEHAALD)
    strange = FoundRecord(**{**{n: getattr(done, n) for n in done.__slots__}, "activity": "x/9"})
    found = one(strange)
    assert (found.activiteit, found.doel, found.grondslag) == ("x/9", *["niet beschreven"] * 2)
