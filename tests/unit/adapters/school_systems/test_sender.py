"""The sender against a gateway that fails, asks for patience, and says no."""

from __future__ import annotations

import gzip
import json

import httpx
import pytest

from adapters.school_systems.kinds import Kind
from adapters.school_systems.portions import MOST_LINES
from adapters.school_systems.post import ATTEMPTS
from exchange.errors import Refused
from tests.persons import bsn
from tests.unit.adapters.school_systems.conftest import School
from tests.unit.adapters.school_systems.gateway import (
    Fault,
    SimulatedGateway,
    no_connection,
    problem,
    registrations,
    saying,
)

TWO_PORTIONS = MOST_LINES + 5


def week(count: int, *bad: int) -> str:
    """Give registrations; those on the lines ``bad`` of the file (from 2) are refused."""
    return registrations(
        *((f"V-{line}", bsn(line % 10), 0 if line in bad else 60) for line in range(2, count + 2))
    )


def signalen(*minutes: int) -> str:
    rows = [
        f'{{"pgn":"{bsn(n).reveal()}","ongeoorloofdeMinuten":{m}}}' for n, m in enumerate(minutes)
    ]
    return "\n".join(rows) + "\n"


def test_all_lines_are_sent_once_and_the_receipts_are_kept(
    school: School, gateway: SimulatedGateway
) -> None:
    school.write(week(TWO_PORTIONS))
    report = school.send()
    assert report.complete
    assert (report.accepted, report.total) == (TWO_PORTIONS, TWO_PORTIONS)
    assert gateway.counted == [f"V-{line}" for line in range(2, TWO_PORTIONS + 2)]
    assert [len(request.content.splitlines()) for request in gateway.requests] == [MOST_LINES, 5]
    kept = [line["berichtId"] for line in school.lines("ontvangstbewijzen.ndjson")]
    assert kept == [answer.json()["berichtId"] for _, answer in gateway.answered.values()]
    assert school.told == [MOST_LINES, TWO_PORTIONS, TWO_PORTIONS]


def test_signalen_go_one_by_one_each_under_its_own_key(
    school: School, gateway: SimulatedGateway
) -> None:
    school.write(signalen(60, 0, 60))
    report = school.send(kind=Kind.SIGNALEN)
    assert (report.accepted, report.refused, report.complete) == (2, 1, False)
    assert [(r.line, r.pointer) for r in report.refusals] == [(2, "/ongeoorloofdeMinuten")]
    assert len(set(gateway.keys)) == 3
    assert {request.url.path for request in gateway.requests} == {"/v1/signalen"}
    assert {request.headers["content-type"] for request in gateway.requests} == {"application/json"}


def test_refused_lines_are_those_of_the_input_file(
    school: School, gateway: SimulatedGateway
) -> None:
    bad = (3, MOST_LINES, MOST_LINES + 3)
    school.write(week(TWO_PORTIONS, *bad))
    report = school.send()
    assert [refusal.line for refusal in report.refusals] == list(bad)
    assert (report.accepted, report.refused) == (TWO_PORTIONS - 3, 3)
    assert [(line["regel"], line["pointer"]) for line in school.lines("geweigerd.ndjson")] == [
        (line, "/minuten") for line in bad
    ]


def test_a_portion_without_a_good_line_is_told_line_by_line(
    school: School, gateway: SimulatedGateway
) -> None:
    school.write(week(3, 2, 3, 4))
    report = school.send()
    assert [(r.line, r.pointer) for r in report.refusals] == [(n, "/minuten") for n in (2, 3, 4)]
    assert (report.accepted, report.refused, report.halted) == (0, 3, None)


def test_a_refusal_of_the_portion_as_a_whole_is_told_of_every_line(
    school: School, gateway: SimulatedGateway
) -> None:
    gateway.faults = [saying(409, "bron-strijdig")]
    school.write(week(2))
    report = school.send()
    assert [(r.line, r.code) for r in report.refusals] == [
        (2, "bron-strijdig"),
        (3, "bron-strijdig"),
    ]
    assert report.refused == 2


def test_a_collision_names_the_message_that_vervangt_may_name(
    school: School, gateway: SimulatedGateway
) -> None:
    other = "01890a5d-ac96-774b-bcce-b302099a8057"
    gateway.faults = [lambda _: problem(409, "al-gemeld", berichtId=other)]
    school.write(signalen(60))
    (refusal,) = school.send(kind=Kind.SIGNALEN).refusals
    assert other in refusal.detail
    assert not school.lines("ontvangstbewijzen.ndjson")


@pytest.mark.parametrize(
    "fault",
    [
        saying(429, "te-veel-verzoeken"),
        saying(503),
        saying(502),
        saying(409, "idempotentiesleutel-bezig"),
        no_connection,
    ],
)
def test_an_outage_is_waited_out_under_the_same_key(
    school: School, gateway: SimulatedGateway, fault: Fault
) -> None:
    gateway.faults = [fault, fault, fault]
    school.write(week(2))
    assert school.send().complete
    assert len(gateway.requests) == 4
    assert len(set(gateway.keys)) == len({request.content for request in gateway.requests}) == 1
    assert school.waits == sorted(school.waits)
    assert school.waits[0] >= 0.5
    assert school.waits[2] >= 2.0


def test_an_answer_that_was_lost_is_asked_for_again(
    school: School, gateway: SimulatedGateway
) -> None:
    def lost(request: httpx.Request) -> httpx.Response:
        gateway.take_in(request)
        raise httpx.ReadError("gone", request=request)

    gateway.faults = [lost]
    school.write(week(2))
    assert school.send().complete
    assert gateway.counted == ["V-2", "V-3"]


def test_the_wait_that_the_gateway_asks_for_is_kept(
    school: School, gateway: SimulatedGateway
) -> None:
    gateway.faults = [saying(503, retry_after="7"), saying(429, retry_after="ooit")]
    school.write(week(2))
    assert school.send().complete
    assert school.waits[0] >= 7
    assert school.waits[1] < 7


def test_a_gateway_that_stays_away_stops_the_delivery(
    school: School, gateway: SimulatedGateway
) -> None:
    gateway.faults = [no_connection] * ATTEMPTS
    school.write(week(2))
    report = school.send()
    assert report.halted is not None
    assert (report.done, report.complete, len(school.waits)) == (0, False, ATTEMPTS - 1)
    assert school.send().complete
    assert len(set(gateway.keys)) == 1


def test_a_wait_of_more_than_ten_minutes_stops_the_delivery(
    school: School, gateway: SimulatedGateway
) -> None:
    gateway.faults = [saying(503, retry_after="3600")]
    school.write(week(2))
    assert school.send().halted is not None
    assert school.waits == []


@pytest.mark.parametrize(
    ("status", "code", "word"),
    [
        (401, "niet-aangemeld", "certificaat"),
        (403, "geen-mandaat", "mandaat"),
        (403, "geen-recht", "school"),
        (403, "geen-grondslag", "grondslag"),
        (403, "iets-nieuws", "afzender"),
        (409, "idempotentiesleutel-hergebruikt", "--out"),
        (404, "niet-gevonden", "beheerder"),
        (500, "interne-fout", "beheerder"),
        (302, "", "beheerder"),
    ],
)
def test_what_no_correction_of_the_file_mends_stops_and_says_what_does(
    school: School, gateway: SimulatedGateway, status: int, code: str, word: str
) -> None:
    gateway.faults = [lambda _: None, saying(status, code)]
    school.write(signalen(60, 60, 60))
    report = school.send(kind=Kind.SIGNALEN)
    assert report.halted is not None
    assert word in report.halted.facts["herstel"]
    assert (report.halted_at, report.accepted, report.refused) == (2, 1, 0)
    assert len(gateway.requests) == 2
    again = school.send(kind=Kind.SIGNALEN)
    assert again.complete
    assert gateway.keys[1] == gateway.keys[2]


def test_a_vestiging_that_is_unknown_is_the_fault_of_its_line_alone(
    school: School, gateway: SimulatedGateway
) -> None:
    gateway.faults = [saying(403, "onbekende-vestiging")]
    school.write(signalen(60, 60))
    report = school.send(kind=Kind.SIGNALEN)
    assert [(r.line, r.code) for r in report.refusals] == [(1, "onbekende-vestiging")]
    assert (report.accepted, report.halted) == (1, None)


@pytest.mark.parametrize("content", [b"<html>", b'{"aantalAangenomen": 1}', b"[]"])
def test_an_answer_that_makes_no_sense_stops(
    school: School, gateway: SimulatedGateway, content: bytes
) -> None:
    gateway.faults = [lambda _: httpx.Response(202, content=content)]
    school.write(week(2))
    assert school.send().halted is not None
    assert school.send().complete


def test_a_sender_that_was_asked_to_stop_goes_on_later(
    school: School, gateway: SimulatedGateway
) -> None:
    def asked(_: httpx.Request) -> None:
        school.stop.set()

    gateway.faults = [asked]
    school.write(week(TWO_PORTIONS, 4))
    report = school.send()
    assert (report.accepted, report.refused, report.halted_at) == (
        MOST_LINES - 1,
        1,
        MOST_LINES + 2,
    )
    school.stop.clear()
    again = school.send()
    assert (again.accepted, again.refused, again.halted) == (TWO_PORTIONS - 1, 1, None)
    assert [refusal.line for refusal in again.refusals] == [4]
    assert len(gateway.requests) == 2


def test_a_resumed_run_sends_the_same_bytes_under_the_same_key_and_keeps_one_receipt(
    school: School, gateway: SimulatedGateway
) -> None:
    class Killed(BaseException):
        """Ends everything, as a kill does."""

    def killed(request: httpx.Request) -> httpx.Response:
        gateway.take_in(request)
        raise Killed

    school.write(week(TWO_PORTIONS))
    gateway.faults = [lambda _: None, killed]
    with pytest.raises(Killed):
        school.send()
    assert school.send().complete
    assert len(gateway.requests) == 3
    assert gateway.keys[1] == gateway.keys[2]
    assert gateway.requests[1].content == gateway.requests[2].content
    assert gateway.counted == [f"V-{line}" for line in range(2, TWO_PORTIONS + 2)]


def test_a_receipt_that_was_written_before_a_crash_is_not_written_twice(
    school: School, gateway: SimulatedGateway
) -> None:
    school.write(week(2))
    school.send()
    state = school.settings.out / "stand.ndjson"
    state.write_bytes(b"".join(state.read_bytes().splitlines(keepends=True)[:-1]))
    assert school.send().complete
    assert len(gateway.requests) == 2
    assert len(school.lines("ontvangstbewijzen.ndjson")) == 1


def test_a_delivery_that_is_done_sends_nothing_more(
    school: School, gateway: SimulatedGateway
) -> None:
    school.write(week(3, 3))
    first, second = school.send(), school.send()
    assert len(gateway.requests) == 1
    assert (first.accepted, first.refusals) == (second.accepted, second.refusals)


def test_a_file_that_was_changed_is_another_delivery(
    school: School, gateway: SimulatedGateway
) -> None:
    school.write(week(2))
    school.send()
    school.write(week(3))
    with pytest.raises(Refused):
        school.send()
    assert school.send(out=school.settings.out.with_name("tweede")).complete


def test_a_file_that_changes_on_the_way_stops(school: School, gateway: SimulatedGateway) -> None:
    def changed(_: httpx.Request) -> None:
        school.write(week(3))

    gateway.faults = [changed]
    school.write(week(TWO_PORTIONS))
    report = school.send()
    assert report.halted is not None
    assert "gewijzigd" in report.halted.facts["herstel"]
    assert len(gateway.requests) == 1


def test_a_rehearsal_has_all_checked_and_leaves_nothing_anywhere(
    school: School, gateway: SimulatedGateway
) -> None:
    school.write(week(3, 3))
    report = school.send(rehearsal=True)
    assert (report.accepted, report.refused, report.complete) == (2, 1, False)
    assert (gateway.counted, gateway.keys) == ([], [""])
    assert not school.settings.out.exists()
    school.write(signalen(60))
    assert school.send(rehearsal=True, kind=Kind.SIGNALEN).complete


def test_packed_registrations_are_the_same_message(
    school: School, gateway: SimulatedGateway
) -> None:
    gateway.faults = [saying(503)]
    school.write(week(2))
    assert school.send(packed=True).complete
    (first, second) = gateway.requests
    assert first.headers["content-encoding"] == "gzip"
    assert gzip.decompress(first.content) == gzip.decompress(second.content)
    assert len(first.content) < len(gzip.decompress(first.content))


def test_nothing_on_disk_but_the_file_itself_names_a_pupil(
    school: School, gateway: SimulatedGateway
) -> None:
    pupils = [bsn(number).reveal() for number in range(10)]
    text = week(30, 3, 7).replace("2026-11-16;0", "2026-11-16;x;")  # two rows of too many cells
    school.write(text)
    school.send()
    written = "".join(path.read_text() for path in school.settings.out.iterdir())
    assert "waarde-ongeldig" in written
    assert not [pupil for pupil in pupils if pupil in written]
    assert "V-3" not in written
    assert all((path.stat().st_mode & 0o777) == 0o600 for path in school.settings.out.iterdir())


def test_a_line_that_stays_behind_is_counted_and_told(
    school: School, gateway: SimulatedGateway
) -> None:
    school.write(signalen(60) + json.dumps({"naam": "Jan"}) + "\n" + signalen(60))
    report = school.send(kind=Kind.SIGNALEN)
    assert (report.accepted, report.refused) == (2, 1)
    assert {r.code for r in report.refusals} >= {"onbekend-veld"}
    assert [request.content for request in gateway.requests if b"Jan" in request.content] == []
    assert not report.complete
