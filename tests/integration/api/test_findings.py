"""Findings, from records that real requests leave, and what an officer decides about them."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from exchange.errors import Code, Refused
from exchange.messages.identifiers import Pgn
from exchange.messages.inzage import InzageReden, Inzageverzoek
from exchange.pipeline.findings import DAYS, Finding, ReviewOutcome, findings, review
from exchange.pipeline.inzage import inzage
from exchange.pipeline.onlooker import Onlooker
from exchange.policy.finding_rules import RuleName
from exchange.telemetry.trace import trace_of
from tests.integration.api.world import OINS, World, bericht_id, refusal, signaal

OFFICER, NEIGHBOUR = "leerplicht-0361", "leerplicht-0599"
ACCOUNT = UUID("01977777-0000-7000-8000-000000000001")
ROTTERDAM = {"vestigingscode": "99CC00", "woongemeente": "0599"}


def on(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


_weeks = itertools.count(1)


class Week:
    """A week of a test's own: what others leave in the same world lies outside its window."""

    def __init__(self) -> None:
        """Take the next one, after the moment of the world; it is winter in all of them."""
        self._monday = datetime(2026, 11, 16, tzinfo=UTC) + timedelta(weeks=next(_weeks))

    def day(self, number: int, hour: int = 0, minute: int = 0) -> datetime:
        """Give a moment of it: Monday is 0."""
        return self._monday + timedelta(days=number, hours=hour, minutes=minute)

    @property
    def end(self) -> datetime:
        """Give a moment late in it, from which five days back is Monday morning."""
        return self.day(5)


def onlooker(world: World, name: str = "fg", account: UUID | None = ACCOUNT) -> Onlooker:
    party = world.gateway.directory().parties[OINS[name]]
    return Onlooker(party, trace_of({}), account=account)


async def found(
    world: World, rule: RuleName, of: str, by: str = "fg", days: int = DAYS
) -> list[Finding]:
    """Give what one rule finds about ``of``, as the officer of ``by`` sees it; oldest first."""
    every = await findings(onlooker(world, by), days, world.gateway)
    return [one for one in reversed(every) if one.rule.name is rule and one.who == OINS[of]]


async def actions_of(world: World, one: Finding) -> list[str]:
    """Give the actions of the records that a finding lists."""
    lines = {line.entry: line.document["name"] for line in await world.log()}
    return [lines[entry] for entry in one.entries]


async def download_at(world: World, name: str, number: str, *moments: datetime) -> None:
    for moment in moments:
        with world.at(moment):
            await world.download(name, number)


async def test_reading_by_night_and_at_the_weekend_is_found(world: World) -> None:
    number, week = await world.sent(), Week()
    moments = (week.day(2, 2, 30), week.day(2, 5, 59), week.day(2, 6), week.day(2, 18, 59))
    await download_at(world, OFFICER, number, *moments, week.day(2, 19), week.day(5, 12))
    with world.at(week.day(6)):
        night, saturday = await found(world, RuleName.UREN, OFFICER, days=6)
    assert (saturday.count, saturday.since) == (1, week.day(4, 23))
    assert (night.count, night.since, night.until) == (3, week.day(1, 23), week.day(2, 23))
    assert await actions_of(world, night) == ["bericht-opgehaald"] * 3
    assert night.who_name == OFFICER
    assert "7:00" in night.rule.uitleg


async def test_who_reads_every_night_is_used_to_it(world: World) -> None:
    number, week = await world.sent("las-zuid", **ROTTERDAM), Week()
    await download_at(world, NEIGHBOUR, number, *(week.day(day, 2) for day in range(5)))
    with world.at(week.day(6)):
        assert len(await found(world, RuleName.UREN, NEIGHBOUR, days=6)) == 5
        await download_at(world, NEIGHBOUR, number, week.day(5, 2))
        assert await found(world, RuleName.UREN, NEIGHBOUR, days=6) == []


async def test_an_employee_is_named_by_account_and_never_used_to_it(world: World) -> None:
    week = Week()
    for day in range(6):
        with world.at(week.day(day, 22)):
            await look(world, InzageReden.KLACHT)
    with world.at(week.day(6)):
        listed = await found(world, RuleName.UREN, "fg", days=6)
    assert len(listed) == 6
    assert {one.account for one in listed} == {ACCOUNT}
    assert await actions_of(world, listed[0]) == ["inzage-gegeven"]


async def test_much_more_than_usual_is_found(world: World) -> None:
    path = "/v1/ontvangstbewijzen?vestigingscode=99CC00&limit=1"
    await world.sent("las-zuid", **ROTTERDAM)
    for day in (2, 3, 4, 5, 6):
        with world.at(on(day, 12)):
            assert (await world.call("las-zuid", "GET", path)).json()["ontvangstbewijzen"]
    with world.at(on(9, 12)):
        for _ in range(49):
            await world.call("las-zuid", "GET", path)
        assert await found(world, RuleName.VEEL, "las-zuid") == []
        await world.call("las-zuid", "GET", path)
    (much,) = await found(world, RuleName.VEEL, "las-zuid")
    assert (much.count, len(much.entries), much.since) == (50, 50, on(8, 23))
    assert "gewone dag is dat 1 keer" in much.detail


async def test_a_first_time_is_found_and_a_second_is_not(world: World) -> None:
    await world.sent(vestigingscode="99BB01")
    officer = str(OINS[OFFICER])
    pairs = {one.about: one for one in await found(world, RuleName.EERSTE_KEER, "las-noord")}
    assert {officer, "signaal-leerplicht/1"} <= pairs.keys()
    assert pairs[officer].about_name == OFFICER
    assert set(await actions_of(world, pairs[officer])) == {"bericht-aangenomen"}
    later = on(18, 12) + timedelta(days=40)
    with world.at(later):
        await world.sent(vestigingscode="99BB01")
        again = await found(world, RuleName.EERSTE_KEER, "las-noord", days=10)
        assert {officer, "signaal-leerplicht/1"}.isdisjoint(one.about for one in again)
    with world.at(later + timedelta(days=401)):
        path = "/v1/vestigingen/99BB01/verzuimbeleid"
        assert (await world.call("las-noord", "GET", path)).status_code == 200
        listed = await found(world, RuleName.EERSTE_KEER, "las-noord", days=1)
        assert [one.about for one in listed] == ["verzuimbeleid-vastleggen/1"]


async def test_a_burst_of_refusals_is_found(world: World) -> None:
    number = await world.sent()
    path = f"/v1/ontvangstbewijzen/{number}"
    for minute in range(9):
        with world.at(on(11, 12, minute)):
            assert refusal(await world.call("las-zuid", "GET", path))[0] == 404
    assert await found(world, RuleName.WEIGERINGEN, "las-zuid") == []
    with world.at(on(11, 12, 9)):
        await world.call("las-zuid", "GET", path)
    (burst,) = await found(world, RuleName.WEIGERINGEN, "las-zuid")
    assert (burst.count, burst.since, burst.until) == (10, on(11, 12), on(11, 12, 10))
    assert await actions_of(world, burst) == ["verzoek-geweigerd"] * 10


async def test_a_key_that_a_helper_registers_is_the_recipients(world: World) -> None:
    before = {one.key for one in await found(world, RuleName.SLEUTEL, OFFICER)}
    jwk = dict(world.private_keys[OFFICER].public_jwk)
    path = f"/v1/sleutel?namens={OINS[OFFICER]}"
    assert (await world.call("softwarehuis", "PUT", path, jwk)).status_code == 201
    now = await found(world, RuleName.SLEUTEL, OFFICER)
    (change,) = [one for one in now if one.key not in before]
    assert world.private_keys[OFFICER].kid in change.detail
    assert await actions_of(world, change) == ["sleutel-geregistreerd"]


async def test_a_message_that_does_not_open_is_found_and_another_refusal_is_not(
    world: World,
) -> None:
    for reden in ("NIET_WOONACHTIG", "NIET_TE_ONTSLEUTELEN"):
        assert await found(world, RuleName.ONTSLEUTELEN, OFFICER) == []
        number = await world.sent()
        await world.download(OFFICER, number)
        answer = await world.answer(OFFICER, number, uitkomst="geweigerd", reden=reden)
        assert answer.status_code == 201, answer.text
    (shut,) = await found(world, RuleName.ONTSLEUTELEN, OFFICER)
    assert (shut.count, len(shut.entries)) == (1, 1)


async def look(world: World, reden: InzageReden, pgn: Pgn | None = None) -> None:
    asked = Inzageverzoek(pgn=pgn or world.pupil(), reden=reden)
    await inzage(onlooker(world), asked, world.gateway)


async def test_a_look_for_a_breach_needs_a_finding_that_was_called_one(world: World) -> None:
    number, week = await world.sent(), Week()
    with world.at(week.day(0, 12)):
        await look(world, InzageReden.DATALEK)
    await download_at(world, OFFICER, number, week.day(1, 2))
    with world.at(week.day(1, 12)):
        (unexplained,) = await found(world, RuleName.INZAGE, "fg", days=3)
        (odd,) = await found(world, RuleName.UREN, OFFICER, days=3)
        await review(onlooker(world), odd.key, ReviewOutcome.DATALEK, world.gateway, days=3)
    with world.at(week.day(2, 12)):
        await look(world, InzageReden.DATALEK)
        (one,) = await found(world, RuleName.INZAGE, "fg", days=3)
    assert one.key == unexplained.key
    assert (one.count, len(one.entries)) == (1, 1)


async def test_a_review_is_kept_with_its_own_record_and_shown(world: World) -> None:
    number, week = await world.sent(), Week()
    await download_at(world, OFFICER, number, week.day(1, 3))
    with world.at(week.end):
        await _reviewed_twice(world)


async def _reviewed_twice(world: World) -> None:
    (one,) = await found(world, RuleName.UREN, OFFICER, days=5)
    assert one.review is None
    for outcome in (ReviewOutcome.NADER_ONDERZOEK, ReviewOutcome.VERKLAARD):
        before = {line.entry for line in await world.log()}
        await review(onlooker(world), one.key, outcome, world.gateway, days=5)
        (line,) = [line for line in await world.log() if line.entry not in before]
        assert line.document["name"] == "bevinding-beoordeeld"
        said = line.document["bijzonderheden"]
        assert (said["regel"], said["besluit"]) == (RuleName.UREN.value, outcome.value)
        assert said["account"] == str(ACCOUNT)
        (again,) = await found(world, RuleName.UREN, OFFICER, days=5)
        assert again.review is not None
        assert (again.review.outcome, again.review.account) == (outcome, ACCOUNT)
    (own,) = await found(world, RuleName.UREN, OFFICER, by=OFFICER, days=5)
    assert own.review is None, "another's officer decided that"


async def test_a_finding_that_grew_is_to_be_judged_again(world: World) -> None:
    number, week = await world.sent(), Week()
    await download_at(world, OFFICER, number, week.day(1, 3))
    with world.at(week.end):
        (one,) = await found(world, RuleName.UREN, OFFICER, days=5)
        await review(onlooker(world), one.key, ReviewOutcome.VERKLAARD, world.gateway, days=5)
    await download_at(world, OFFICER, number, week.day(1, 4))
    with world.at(week.end):
        (grown,) = await found(world, RuleName.UREN, OFFICER, days=5)
    assert (grown.count, grown.review) == (2, None)


@pytest.mark.parametrize("key", ["", "zz", "00" * 33, "01"])
async def test_what_is_no_finding_is_not_judged(world: World, key: str) -> None:
    standing = await world.everything()
    with pytest.raises(Refused) as refused:
        await review(onlooker(world), key, ReviewOutcome.VERKLAARD, world.gateway)
    assert refused.value.code is Code.NIET_GEVONDEN
    assert await world.everything() == standing


async def test_who_has_no_account_decides_nothing(world: World) -> None:
    jwk = dict(world.private_keys[OFFICER].public_jwk)
    await world.call(OFFICER, "PUT", "/v1/sleutel", jwk)
    one = (await found(world, RuleName.SLEUTEL, OFFICER))[0]
    with pytest.raises(Refused) as refused:
        await review(onlooker(world, account=None), one.key, ReviewOutcome.DATALEK, world.gateway)
    assert refused.value.code is Code.GEEN_RECHT


async def test_a_look_is_one_record_that_says_how_much_was_found(world: World) -> None:
    before = {line.entry for line in await world.log()}
    listed = await findings(onlooker(world), 7, world.gateway)
    (line,) = [line for line in await world.log() if line.entry not in before]
    assert (line.document["name"], line.activity) == (
        "bevindingen-ingezien", "toezicht-op-verwerking/1",
    )  # fmt: skip
    said = {"dagen": 7, "aantal": len(listed), "account": str(ACCOUNT)}
    assert line.document["bijzonderheden"] == said
    assert (line.actor, line.links) == (str(OINS["fg"]), ())


async def test_an_officer_sees_findings_of_its_own_party_alone(world: World) -> None:
    week, mine = Week(), await world.sent()
    theirs = await world.sent("las-zuid", **ROTTERDAM)
    await download_at(world, OFFICER, mine, week.day(2, 3))
    await download_at(world, NEIGHBOUR, theirs, week.day(2, 3))
    with world.at(week.end):
        for name in (OFFICER, NEIGHBOUR):
            assert len(await found(world, RuleName.UREN, name, days=5)) == 1
        (own,) = await findings(onlooker(world, OFFICER), 5, world.gateway)
        assert (own.who, own.rule.name) == (OINS[OFFICER], RuleName.UREN)
        assert len(own.entries) == 1
        assert await findings(onlooker(world, "ocw"), 5, world.gateway) == ()


async def test_a_school_sees_who_read_by_night_about_its_own_pupils(world: World) -> None:
    week = Week()
    for vestiging in ("99AA00", "99BB00"):
        number = await world.sent(vestigingscode=vestiging)
        with world.at(week.day(2, 3)):
            answer = await world.call("las-noord", "GET", f"/v1/ontvangstbewijzen/{number}")
            assert answer.status_code == 200
    with world.at(week.end):
        (of_all,) = await found(world, RuleName.UREN, "las-noord", days=5)
        (of_own,) = await found(world, RuleName.UREN, "las-noord", by="school-99AA", days=5)
    assert (of_all.count, of_own.count, len(of_own.entries)) == (2, 1, 1)


async def test_whether_it_is_one_pupil_or_three_makes_no_difference(world: World) -> None:
    """No profiling: a finding counts what a party does, whoever it is about."""
    week, pupil = Week(), world.pupil()
    one = bericht_id(await world.send(signaal(pupil)))
    await download_at(world, OFFICER, one, *(week.day(1, 3, minute) for minute in range(3)))
    for minute in range(3):
        await download_at(world, OFFICER, await world.sent(), week.day(2, 3, minute))
    with world.at(week.end):
        first, second = await found(world, RuleName.UREN, OFFICER, days=5)
        assert (first.count, first.detail, first.about) == (second.count, second.detail, "")
        assert pupil.reveal() not in repr(await findings(onlooker(world), 5, world.gateway))


async def test_what_lies_before_the_window_is_not_found(world: World) -> None:
    jwk = dict(world.private_keys[NEIGHBOUR].public_jwk)
    with world.at(on(18, 10, month=8)):
        await world.call(NEIGHBOUR, "PUT", "/v1/sleutel", jwk)
        (change,) = await found(world, RuleName.SLEUTEL, NEIGHBOUR)
    with world.at(on(18, 10, month=8) + timedelta(days=30)):
        assert change.key in {f.key for f in await found(world, RuleName.SLEUTEL, NEIGHBOUR)}
    with world.at(on(18, 10, month=8) + timedelta(days=30, seconds=1)):
        assert await found(world, RuleName.SLEUTEL, NEIGHBOUR) == []
