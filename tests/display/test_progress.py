"""Progress as plain lines, on a terminal and in a notebook."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from sweeper.clock import SettableClock
from sweeper.control.view import Silent, View
from sweeper.display.progress import (
    LineProgress,
    LiveProgress,
    NotebookProgress,
    drawing,
    in_html,
    make_observer,
)
from sweeper.display.wording import configuration, duration, number
from sweeper.model.encoding import Reference
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Goal, Mode

STORE = "sqlite:///store.db"


def view(ended: int = 3, *, best: float | None = 0.25, ending: str | None = None) -> View:
    """Make a moment of a sweep of ten trials."""
    return View(
        name="digits <b>",
        goal=Goal(metric="loss", mode=Mode.MIN),
        wanted=10,
        counts={TrialStatus.COMPLETED: ended, TrialStatus.RUNNING: 2, TrialStatus.FAILED: 1},
        best_trial=None if best is None else 1,
        best_value=best,
        best_params={} if best is None else {"lr": 0.0123456, "kind": "adam"},
        workers=2,
        seconds=75.0,
        seconds_left=120.0,
        saved=0.4,
        ending=ending,
        machines="32 GPUs: 30 busy, 2 idle",
    )


def lines(clock: SettableClock) -> tuple[LineProgress, io.StringIO]:
    """Make line progress that writes to memory."""
    stream = io.StringIO()
    return LineProgress(stream, STORE, clock), stream


def test_lines_come_now_and_then_and_tell_the_best_and_the_time_left() -> None:
    clock = SettableClock()
    progress, stream = lines(clock)

    for _ in range(100):
        progress.update(view())
        clock.advance(0.25)

    said = stream.getvalue().splitlines()
    assert said[0] == f"Sweep 'digits <b>': 2 workers, {STORE}"
    assert 2 <= len(said) <= 5
    assert "4 of 10 trials, 2 running, 1 failed" in said[1]
    assert "about 2 min 0 s left" in said[1]
    assert "best loss 0.25 (trial 1) lr=0.01235 kind=adam" in said[1]
    assert "32 GPUs: 30 busy, 2 idle" in said[1]


def test_the_end_says_what_was_found_and_what_pruning_saved() -> None:
    progress, stream = lines(SettableClock())

    progress.end(view(), "all trials were tried")

    said = stream.getvalue()
    assert "all trials were tried after 1 min 15 s" in said
    assert "Best loss: 0.25 (trial 1)" in said
    assert "Pruning saved 40%" in said


def test_an_interrupted_sweep_says_how_to_go_on() -> None:
    progress, stream = lines(SettableClock())

    progress.end(view(ending="interrupted"), "interrupted")

    assert "Go on with: sweeper resume digits <b>" in stream.getvalue()


def test_a_terminal_shows_the_sweep_in_place() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=100)
    progress = LiveProgress(console, STORE, SettableClock())

    progress.update(view())
    progress.note("trial 3: KeyError: 'lr'")
    progress.end(view(), "all trials were tried")

    said = stream.getvalue()
    assert "KeyError" in said
    assert "Best loss: 0.25" in said


@pytest.mark.parametrize("best", [None, 0.25])
def test_a_drawing_fits_a_narrow_terminal(best: float | None) -> None:
    console = Console(file=io.StringIO(), width=40, record=True)

    console.print(drawing(view(best=best)))

    assert all(len(line) <= 40 for line in console.export_text().splitlines())


def test_a_notebook_shows_names_inert() -> None:
    assert "digits &lt;b&gt;" in in_html(view(), ["a line"])


def test_a_notebook_is_redrawn_in_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []

    class Handle:
        def update(self, value: Any) -> None:
            shown.append(value)

    def display(value: Any, display_id: bool) -> Handle:
        shown.append(value)
        return Handle()

    monkeypatch.setattr("IPython.display.display", display)
    clock = SettableClock()
    progress = NotebookProgress(STORE, clock)
    for _ in range(3):
        progress.update(view())
        clock.advance(2.0)
    progress.end(view(), "all trials were tried")

    assert len(shown) == 4
    assert "all trials were tried" in shown[-1].data


def test_nothing_is_shown_where_nothing_is_wanted() -> None:
    assert isinstance(make_observer(STORE, shown=False), Silent)
    assert isinstance(make_observer(STORE, shown=True), LineProgress)


def test_numbers_durations_and_values_are_put_for_reading() -> None:
    assert [number(v) for v in (0.5, None, float("nan"), 3)] == ["0.5", "-", "nan", "3"]
    assert [duration(s) for s in (0.05, 59.6, 3600, 90_000)] == [
        "0.1 s",
        "1 min 0 s",
        "1 h 0 min",
        "1 d 1 h",
    ]
    assert configuration({"a": Reference("torch.optim:Adam"), "b": int}) == "a=Adam b=int"
