"""Quick while messages come, gentle when they do not, and patient after a failure."""

from __future__ import annotations

from uuid import UUID

from adapters.leerplicht.pace import Pace, SetAside

ONE, TWO = UUID(int=1), UUID(int=2)


def test_looks_at_full_speed_for_two_seconds_and_then_slows_down_to_idle() -> None:
    pace = Pace(0.05, 0.5)
    waits = [pace.after(0) for _ in range(100)]
    assert waits[:40] == [0.05] * 40
    assert waits == sorted(waits)
    assert waits[52:] == [0.5] * 48


def test_a_message_brings_it_back_to_full_speed() -> None:
    pace = Pace(0.05, 0.5)
    for _ in range(10_000):
        pace.after(0)
    assert pace.after(1) == 0.05
    assert pace.after(0) == 0.05


def test_failures_wait_longer_each_time_but_never_long() -> None:
    pace = Pace(0.05, 0.5)
    assert [pace.after_failure() for _ in range(7)] == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert max(pace.after_failure() for _ in range(10_000)) == 5.0
    pace.after(0)
    assert pace.after_failure() == 0.2


def test_a_message_that_keeps_failing_is_tried_ever_less_often() -> None:
    now = 0.0
    aside = SetAside(lambda: now)
    rests = []
    for _ in range(9):
        aside.put(ONE)
        began = now
        while aside.rests(ONE):
            now += 0.5
        rests.append(now - began)
    assert rests == [2, 8, 32, 128, 512, 2048, 3600, 3600, 3600]
    assert not aside.rests(TWO)


def test_what_no_longer_waits_is_forgotten() -> None:
    aside = SetAside(lambda: 0.0)
    aside.put(ONE)
    aside.put(TWO)
    aside.keep_only([TWO])
    assert not aside.rests(ONE)
    assert aside.rests(TWO)
