"""A recipient that fails is left alone for longer and longer; one that answers is trusted."""

from __future__ import annotations

from exchange.messages.identifiers import Oin
from exchange.workers.patience import Patience

ONE, OTHER = Oin("00000099000000001000"), Oin("00000099000000002000")


class Watch:
    """A watch that a test sets."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def rests_for(patience: Patience, watch: Watch) -> float:
    """Give how many seconds ONE is left alone from now on, in steps of half a second."""
    start = watch.seconds
    while ONE in patience.resting():
        watch.seconds += 0.5
    return watch.seconds - start


def test_who_failed_rests_longer_each_time_and_never_over_a_minute() -> None:
    watch = Watch()
    patience = Patience(watch)
    rests = []
    for _ in range(200):
        patience.note(ONE, answered=False)
        rests.append(rests_for(patience, watch))
    assert rests[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert set(rests[8:]) == {60}


def test_an_answer_wipes_the_failures_before_it() -> None:
    watch = Watch()
    patience = Patience(watch)
    for _ in range(5):
        patience.note(ONE, answered=False)
    watch.seconds += 60
    patience.note(ONE, answered=True)
    patience.note(ONE, answered=False)
    assert rests_for(patience, watch) == 1


def test_only_who_answered_the_last_time_is_proven() -> None:
    patience = Patience(Watch())
    assert set(patience.proven()) == set()
    patience.note(ONE, answered=True)
    patience.note(OTHER, answered=True)
    patience.note(OTHER, answered=False)
    assert set(patience.proven()) == {ONE}


def test_one_that_rests_keeps_nobody_else_waiting() -> None:
    patience = Patience(Watch())
    patience.note(ONE, answered=False)
    assert set(patience.resting()) == {ONE}


def test_who_keeps_answering_gets_more_up_to_a_bound_and_one_failure_ends_it() -> None:
    patience, allowed = Patience(Watch()), []
    for _ in range(6):
        patience.note(ONE, answered=True)
        allowed.append(patience.proven()[ONE])
    assert allowed == [4, 8, 16, 32, 32, 32]
    patience.note(ONE, answered=False)
    assert ONE not in patience.proven()
    patience.note(ONE, answered=True)
    assert patience.proven()[ONE] == 4
