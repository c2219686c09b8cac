"""The pure parts of the bench: what it says of measured figures is true."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.speed.attribution import microseconds, read_stacks, step_of
from tests.bench.speed.jobs import read_requests, write_requests
from tests.bench.speed.page import BEGIN, END, FIGURES, PAGE, PICTURE, figures, with_figures
from tests.bench.speed.picture import draw
from tests.bench.speed.quantiles import Spread, spread_of
from tests.bench.speed.results import Results, read_results, render
from tests.bench.speed.samples import Sample, middle
from tests.bench.speed.targets import TARGETS, Target, Verdict, ratio

_STORE = "exchange/pipeline/store.py:store"
_SERVE = "uvicorn/protocols/http/httptools_impl.py:run_asgi"


def _sample(rate: float, p99: float = 9.0) -> Sample:
    return Sample(rate, 150.0, 20.0, 3.0, 25.0, Spread(2.0, 4.0, p99, 30.0), 0.1)


def test_quantiles_are_those_of_the_times() -> None:
    spread = spread_of([float(n) for n in range(1, 101)])
    assert (spread.p50, spread.largest) == (50.5, 100.0)
    assert 99.0 <= spread.p99 <= 100.0
    assert spread_of([7.0]) == Spread(7.0, 7.0, 7.0, 7.0)
    assert spread_of([]) == Spread(0.0, 0.0, 0.0, 0.0)


def test_the_middle_of_several_turns_is_taken_figure_by_figure() -> None:
    found = middle([_sample(100, p99=50.0), _sample(300, p99=8.0), _sample(200, p99=9.0)])
    assert (found.rate, found.spread.p99) == (200, 9.0)


def test_a_ratio_compares_neighbours_in_time() -> None:
    # The machine was three times as slow in the second round; the ratio was not.
    assert ratio([50, 17, 50], [100, 34, 100]) == 0.5


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (0.39, Verdict.MISSED),
        (0.40, Verdict.REACHED),
        (0.60, Verdict.STRETCH),
        (None, Verdict.NOT_MEASURED),
    ],
)
def test_a_lower_bound_is_judged_as_it_stands(value: float | None, verdict: Verdict) -> None:
    target = Target("signaal", "signaal / echo", 0.40, stretch=0.60)
    assert target.judge({} if value is None else {"signaal": value}) is verdict


def test_an_upper_bound_is_judged_from_the_other_side() -> None:
    target = Target("p99", "p99", 50, "ms", most=True)
    assert target.judge({"p99": 50.0}) is Verdict.REACHED
    assert target.judge({"p99": 50.1}) is Verdict.MISSED


def test_every_target_has_a_figure_of_its_own() -> None:
    assert len({target.figure for target in TARGETS}) == len(TARGETS)


def test_what_a_step_calls_is_counted_as_that_step() -> None:
    sealing = (_SERVE, "exchange/pipeline/encrypt.py:encrypt", "exchange/crypto/sealing.py:seal")
    assert step_of(sealing) == "sign and seal"
    assert step_of((_SERVE, _STORE, "asyncpg/connection.py:fetch")) == "store and commit"
    assert step_of((_SERVE, "fastapi/routing.py:app")) == "routing and answer"
    assert step_of((_SERVE,)) == "connection, HTTP and the loop"
    assert step_of(("somewhere.py:else",)) == "other"


def test_all_microseconds_are_divided_and_none_is_lost() -> None:
    stacks = read_stacks([f"{_SERVE};{_STORE} 30", f"{_SERVE} 60", "elsewhere.py:f 10"])
    spent = microseconds(stacks, 500.0)
    assert spent == {
        "connection, HTTP and the loop": 300.0,
        "store and commit": 150.0,
        "other": 50.0,
    }


def test_requests_come_out_of_the_file_as_they_went_in(tmp_path: Path) -> None:
    requests = [b"POST / HTTP/1.1\r\n\r\n{}", b"", b"\x00\xff" * 70_000]
    assert write_requests(tmp_path / "requests", iter(requests)) == 3
    assert read_requests(tmp_path / "requests") == requests


def test_the_text_says_what_was_reached_and_what_not() -> None:
    results = Results(
        samples={"echo": _sample(4000), "signaal": _sample(1800)},
        figures={"signaal_of_echo": 0.45, "mailbox_p99": 80.0},
    )
    text = render(results)
    lines = {line[:30].strip(): line for line in text.splitlines()}
    assert lines["signaal / bare FastAPI echo, r"].endswith("reached")
    assert lines["the same, p99"].endswith("not reached")
    assert "0.45" in lines["signaal, everything on"]


def test_results_survive_their_file(tmp_path: Path) -> None:
    results = Results(samples={"echo": _sample(4000)}, figures={"queue": 12_000.0}, faults=["none"])
    results.write(tmp_path / "results.json")
    assert read_results(tmp_path / "results.json") == results


def test_the_page_agrees_with_the_committed_figures() -> None:
    results, page = read_results(FIGURES), PAGE.read_text("utf-8")
    assert with_figures(page, results) == page, "run python -m tests.bench.speed.page"
    assert draw(results) == PICTURE.read_text("utf-8"), "run python -m tests.bench.speed.page"
    results.figures["signaal_of_echo"] = 123.0
    assert with_figures(page, results) != page


def test_a_page_keeps_what_people_wrote() -> None:
    page = f"# Speed\n\n{BEGIN}old\n{END}\nWhy.\n"
    found = with_figures(page, Results(figures={"queue": 12_000.0}))
    assert found.startswith("# Speed\n\n")
    assert found.endswith("\nWhy.\n")
    assert "old" not in found
    assert "12,000" in figures(Results(figures={"queue": 12_000.0}))


def test_the_picture_has_a_bar_for_each_step_and_no_script() -> None:
    results = Results(samples={"echo": _sample(1)}, spent={"read & validate": 75.0, "workers": 5.0})
    picture = draw(results)
    assert picture.count("<rect") == 3
    assert "read &amp; validate" in picture
    assert "<script" not in picture
