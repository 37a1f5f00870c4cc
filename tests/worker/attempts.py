"""Run one attempt of a function in this process, on a channel that notes everything."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sweeper.model.assignment import Assignment, Decision
from sweeper.model.event import Ended, Started
from sweeper.model.milestones import NO_MILESTONES, Milestones
from sweeper.testing import make_assignment
from sweeper.testing.fakes import FakeChannel
from sweeper.worker.context import RunningTrial
from sweeper.worker.run import run


def run_here(
    function: Callable[..., Any],
    folder: str | Path,
    *,
    answers: Iterable[Decision] = (),
    milestones: Milestones = NO_MILESTONES,
    on_trial: Callable[[RunningTrial], None] = lambda _: None,
    **params: Any,
) -> tuple[Ended, FakeChannel]:
    """Run an attempt to its end, which comes last and once."""
    made: Assignment = make_assignment(
        function, folder=folder, params=params, milestones=milestones
    )
    channel = FakeChannel(answers)
    run(made, channel, on_trial)
    first, *_, last = channel.heard
    assert isinstance(first, Started)
    assert isinstance(last, Ended)
    assert sum(isinstance(event, Ended) for event in channel.heard) == 1
    return last, channel
