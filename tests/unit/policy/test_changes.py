"""A dated register and its new state: what is closed, what is opened, what is left alone."""

from datetime import date, timedelta

import pytest

from exchange.errors import Refused
from exchange.messages.identifiers import Gemeentecode
from exchange.policy.changes import Changes, Dated, changes_by, changes_of_gemeenten
from exchange.policy.parties import Gemeente

LONG_AGO, DAY = date(2000, 1, 1), date(2026, 11, 21)
EVE = DAY - timedelta(days=1)
ALKMAAR, ROTTERDAM = Gemeentecode("0361"), Gemeentecode("0599")


def changes(latest: dict[str, Dated[str]], said: dict[str, str]) -> Changes[str, str]:
    return changes_by(latest, said, DAY, lambda _key, _old: True)


def counts(found: Changes[str, str]) -> tuple[int, int, int, int]:
    return found.new, found.changed, found.ended, found.unchanged


def test_what_is_the_same_is_left_alone() -> None:
    found = changes({"a": Dated("x", LONG_AGO)}, {"a": "x"})
    assert not found
    assert counts(found) == (0, 0, 0, 1)


def test_what_is_new_begins_on_the_peildatum() -> None:
    found = changes({}, {"a": "x"})
    assert (found.write, found.close) == ({("a", DAY): "x"}, {})
    assert counts(found) == (1, 0, 0, 0)


def test_what_changed_ends_the_day_before_and_begins_anew() -> None:
    found = changes({"a": Dated("x", LONG_AGO)}, {"a": "y"})
    assert (found.write, found.close) == ({("a", DAY): "y"}, {("a", LONG_AGO): EVE})
    assert counts(found) == (0, 1, 0, 0)


def test_what_is_gone_ends_the_day_before() -> None:
    found = changes({"a": Dated("x", LONG_AGO)}, {})
    assert (found.write, found.close) == ({}, {("a", LONG_AGO): EVE})
    assert counts(found) == (0, 0, 1, 0)


def test_what_may_not_end_stays() -> None:
    assert not changes_by({"a": Dated("x", LONG_AGO)}, {}, DAY, lambda _key, old: old != "x")


def test_what_ended_before_stays_ended_and_may_come_back() -> None:
    ended = {"a": Dated("x", LONG_AGO, EVE)}
    assert not changes(ended, {})
    found = changes(ended, {"a": "x"})
    assert (found.write, found.close) == ({("a", DAY): "x"}, {})
    assert counts(found) == (1, 0, 0, 0)


def test_what_would_end_some_day_but_is_still_said_goes_on() -> None:
    found = changes({"a": Dated("x", LONG_AGO, DAY + timedelta(days=9))}, {"a": "x"})
    assert (found.write, found.close) == ({("a", DAY): "x"}, {("a", LONG_AGO): EVE})


def test_the_last_word_of_a_day_replaces_the_earlier_one() -> None:
    found = changes({"a": Dated("x", DAY)}, {"a": "y"})
    assert (found.write, found.close) == ({("a", DAY): "y"}, {})
    assert counts(found) == (0, 1, 0, 0)


def test_what_came_and_went_on_one_day_held_on_that_day() -> None:
    found = changes({"a": Dated("x", DAY)}, {})
    assert found.close == {("a", DAY): DAY}
    assert not changes({"a": Dated("x", DAY, DAY)}, {})


@pytest.mark.parametrize("said", [{"a": "x"}, {"a": "y"}, {}])
def test_the_past_is_not_rewritten(said: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        changes({"a": Dated("x", DAY + timedelta(days=1))}, said)
    assert "2026-11-22" in refused.value.facts["rule"]


def test_a_list_of_gemeenten_brings_its_own_dates() -> None:
    standing = {(ALKMAAR, LONG_AGO): Dated(("Alkmaar", True), LONG_AGO)}
    listed = [Gemeente(ALKMAAR, "Alkmaar", LONG_AGO, EVE), Gemeente(ALKMAAR, "Groter", DAY)]
    found = changes_of_gemeenten(standing, listed, DAY)
    assert list(found.write.values()) == listed
    assert (found.new, found.changed, found.close) == (1, 1, {})


def test_a_gemeente_that_is_listed_no_more_ends() -> None:
    standing = {
        (ALKMAAR, LONG_AGO): Dated(("Alkmaar", True), LONG_AGO),
        (ROTTERDAM, LONG_AGO): Dated(("Rotterdam", True), LONG_AGO),
    }
    found = changes_of_gemeenten(standing, [Gemeente(ALKMAAR, "Alkmaar", LONG_AGO)], DAY)
    assert found.close == {(ROTTERDAM, LONG_AGO): EVE}
    assert (found.unchanged, found.ended) == (1, 1)


def test_a_gemeente_that_no_list_brought_ends_only_for_one_that_did() -> None:
    standing = {
        (ALKMAAR, LONG_AGO): Dated(("Alkmaar", False), LONG_AGO),
        (ROTTERDAM, LONG_AGO): Dated(("Rotterdam", False), LONG_AGO),
    }
    new = Gemeente(ALKMAAR, "Alkmaar", date(2015, 1, 1))
    found = changes_of_gemeenten(standing, [new], DAY)
    assert found.close == {(ALKMAAR, LONG_AGO): EVE}
    assert list(found.write.values()) == [new]
