"""What makes the crash tests believable: with durability off they see loss, and their eyes work."""

from __future__ import annotations

import re
from pathlib import Path

from tests.flow import audit
from tests.flow.installation import CODE, NOTHING, RECEIVERS, Installation, Supervisor, installed
from tests.flow.killable import GATEWAY, WORKERS
from tests.flow.ledger import Acked, Effect, Findings, Sent, judge
from tests.flow.orders import POSTGRES
from tests.flow.points import AT_THE_RECEIVER, IN_THE_GATEWAY
from tests.flow.schools import ALKMAAR

DURABILITY_OFF = {"synchronous_commit": "off", "wal_writer_delay": "10s"}

DAMAGE = (
    "DELETE FROM log_records WHERE entry IN (SELECT entry FROM messages)",
    "DELETE FROM messages WHERE soort = 'signaal'",
    "DELETE FROM subject_link WHERE entry IN (SELECT entry FROM messages)",
    "UPDATE subject_link SET entry = gen_random_uuid()",
    "DELETE FROM idempotency",
    "UPDATE idempotency SET bericht_id = gen_random_uuid()",
    "DELETE FROM natural_keys",
    "DELETE FROM outbox WHERE soort = 'signaal'",
    "DELETE FROM outbox WHERE soort = 'intrekking'",
    "UPDATE messages SET withdrawn_by = gen_random_uuid() WHERE withdrawn_by IS NOT NULL",
    "UPDATE outbox SET (fetched_at, status) = (now(), 'afgeleverd') WHERE status = 'wachtend'",
    "UPDATE outbox SET (acknowledged_at, fetched_at, status) = (now(), now(), 'bevestigd')",
    "UPDATE outbox SET parked_at = now()",
    "DELETE FROM telstand",
    "UPDATE registration_ids SET withdrawn = NOT withdrawn",
    "UPDATE registrations SET bericht_id = gen_random_uuid()",
    "DELETE FROM message_scope",
    "UPDATE subject_link SET periode = '2000-01' WHERE periode IS NOT NULL",
    "UPDATE month_sources SET bron = 'schoolcijfers'",
    "DELETE FROM tally_due; UPDATE tally SET signalen = signalen + 1",
    "DELETE FROM tally_due; UPDATE tally SET geoorloofd_minuten = geoorloofd_minuten + 1",
    "UPDATE log_records SET leaf = leaf || ' '::bytea",
)
"""One for each rule of the audit, in their order."""


async def answered_by_a_dead_database(installation: Installation) -> list[Acked]:
    """Kill PostgreSQL between its commit and the answer; then let the recipients look."""
    await installation.rest(WORKERS, *RECEIVERS)
    await installation.sql("CHECKPOINT")
    count = 5
    installation.order(GATEWAY, "8 committed", POSTGRES, passage=count)
    answers = await installation.schools.send(count, at_once=1)
    await installation.carried_out(GATEWAY)
    assert not any(answer.replayed for answer in answers)
    await installation.run(WORKERS, *RECEIVERS)
    await installation.drained()
    return answers


async def test_what_was_answered_by_a_dead_database_is_delivered(
    installation: Installation,
) -> None:
    await answered_by_a_dead_database(installation)
    assert await installation.findings() == NOTHING


async def test_the_same_with_durability_off_loses_what_was_acknowledged(
    crash_folder: Path, supervisor: Supervisor
) -> None:
    folder = crash_folder / "control"
    folder.mkdir()
    async with installed(folder, supervisor, postgres_settings=DURABILITY_OFF) as control:
        answers = await answered_by_a_dead_database(control)
        findings = await control.findings()
    assert findings.lost, "with durability off nothing was lost: these tests cannot see a loss"
    assert findings == Findings(lost=findings.lost)
    assert set(findings.lost) <= {answer.logical for answer in answers}


async def test_the_audit_sees_every_kind_of_damage(installation: Installation) -> None:
    collected = await installation.schools.send(2)
    await installation.drained()
    await installation.schools.withdraw(ALKMAAR, collected[0])
    await installation.drained()
    await installation.rest(RECEIVERS[0])
    await installation.schools.send(1)
    await installation.schools.report_absence(1)
    await installation.registers.deliver(installation.registers.delivery())
    for rule, damage in zip(audit.NAMES, DAMAGE, strict=True):
        async with installation.superuser() as conn:
            await conn.execute("BEGIN; SET LOCAL session_replication_role = replica")
            assert await audit.inconsistencies(conn) == []
            await conn.execute(damage)
            assert rule in await audit.inconsistencies(conn)


def test_the_page_on_delivery_names_every_point_and_counts_the_rules() -> None:
    page = (CODE / "docs" / "delivery-guarantees.md").read_text()
    named = set(re.findall(r"`([^`]+)`", page))
    assert {*IN_THE_GATEWAY, *AT_THE_RECEIVER} <= named
    assert f"{len(audit.NAMES)} rules" in page


SENT = Sent("signaal", "gemeente")
ACKED = Acked("signaal", "1", "receipt", replayed=False)
ARRIVED = Effect("gemeente", "signaal", "1")
TAKING_BACK = Sent("intrekking", "gemeente", withdraws="1")
TAKEN_BACK = Acked("intrekking", "2", "receipt", replayed=False)
TOLD = Effect("gemeente", "intrekking", "2")


def test_the_judge_sees_what_was_acknowledged_and_never_arrived() -> None:
    assert judge([SENT], [ACKED], []) == Findings(lost=("signaal",))
    assert judge([SENT], [ACKED], [ARRIVED]) == NOTHING
    assert judge([SENT], [ACKED], [], parked=["1"]) == NOTHING
    assert judge([SENT], [], []) == NOTHING


def test_the_judge_sees_a_second_effect() -> None:
    again = Effect("gemeente", "signaal", "1")
    assert judge([SENT], [ACKED], [ARRIVED, again]) == Findings(doubled=("signaal",))


def test_the_judge_sees_what_nobody_sent_or_another_got() -> None:
    assert judge([], [], [ARRIVED]) == Findings(foreign=("signaal",))
    elsewhere = Effect("buurgemeente", "signaal", "1")
    assert judge([SENT], [ACKED], [elsewhere]) == Findings(foreign=("signaal",))
    under_another_id = Effect("gemeente", "signaal", "9")
    assert judge([SENT], [ACKED], [under_another_id]) == Findings(foreign=("signaal",))


def test_the_judge_sees_another_answer_to_the_same_message() -> None:
    for other in (Acked("signaal", "9", "receipt", True), Acked("signaal", "1", "other", True)):
        assert judge([SENT], [ACKED, other], [ARRIVED]).renamed == ("signaal",)


def test_the_judge_asks_for_a_withdrawal_exactly_where_the_message_arrived() -> None:
    sent, acked = [SENT, TAKING_BACK], [ACKED, TAKEN_BACK]
    assert judge(sent, acked, [ARRIVED]) == Findings(lost=("intrekking",))
    assert judge(sent, acked, [ARRIVED, TOLD]) == NOTHING
    assert judge(sent, acked, []) == NOTHING
