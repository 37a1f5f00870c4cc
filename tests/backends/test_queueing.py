"""Short attempts held ready behind those that run: none is lost, mixed up, or made to wait long."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sweeper_local.backend import LocalBackend
from sweeper_local.slots import Slot

from sweeper.model.assignment import Assignment
from sweeper.model.event import AttemptKey, Ended, Started
from sweeper.model.lifecycle import AttemptStatus, Outcome
from sweeper.model.milestones import Milestones
from sweeper.model.resources import Resources
from sweeper.testing import functions
from sweeper.testing.conversation import Conversation, make_assignment, talking

pytestmark = pytest.mark.slow

ENOUGH = 40


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Conversation]:
    """Converse with two slots whose trials were so short that many may be handed ahead."""
    slots = [Slot(number=number) for number in range(2)]
    with talking(LocalBackend(slots, Resources())) as talk:
        for trial in range(1000, 4000):
            talk.end_of(
                talk.start(make_assignment(functions.doubles, folder=tmp_path, trial=trial))
            )
            # How short they were is the machine's to say, and a busy one says it later.
            if trial >= 1100 and talk.backend.ahead() >= ENOUGH:
                break
        assert talk.backend.ahead() >= ENOUGH
        yield talk


def reporting(folder: Path, trial: int) -> Assignment:
    """Make an assignment that waits for an answer at its first step."""
    first = Milestones(first=1)
    return make_assignment(functions.reports_steps, folder=folder, trial=trial, milestones=first)


def writing(folder: Path, trial: int) -> Assignment:
    """Make an assignment that writes its number, past Python's own streams too."""
    text = {"text": f"out {trial}", "errors": f"err {trial}\n"}
    return make_assignment(functions.writes, folder=folder, trial=trial, params=text)


def test_nothing_is_held_ready_before_trials_were_short() -> None:
    with talking(LocalBackend([Slot(number=0)], Resources())) as talk:
        assert talk.backend.ahead() == 0


def test_each_keeps_its_own_output(talk: Conversation, tmp_path: Path) -> None:
    keys = [talk.start(writing(tmp_path, trial)) for trial in range(ENOUGH)]

    for key in keys:
        talk.end_of(key)
        assert talk.text_of(key, "stdout") == f"out {key.trial}\n"
        assert talk.text_of(key, "stderr") == f"err {key.trial}\n"


def test_what_waits_behind_a_long_one_runs_elsewhere(talk: Conversation, tmp_path: Path) -> None:
    long = talk.start(reporting(tmp_path, 0))
    quick = [make_assignment(functions.doubles, folder=tmp_path, trial=n) for n in range(1, ENOUGH)]

    keys = [talk.start(assignment) for assignment in quick]
    ends = [talk.end_of(key) for key in keys]

    assert {end.status for end in ends} == {AttemptStatus.SUCCEEDED}
    assert not talk.of(long, Ended)


def test_what_waits_behind_one_that_dies_runs_once(talk: Conversation, tmp_path: Path) -> None:
    deadly = [make_assignment(functions.dies, folder=tmp_path, trial=n) for n in (0, 1)]
    quick = [make_assignment(functions.doubles, folder=tmp_path, trial=n) for n in range(2, ENOUGH)]

    keys = [talk.start(assignment) for assignment in [*deadly, *quick]]
    ends = [talk.end_of(key) for key in keys]

    assert [end.outcome for end in ends[:2]] == [Outcome.LOST_WORKER] * 2
    assert {end.outcome for end in ends[2:]} == {Outcome.SUCCEEDED}
    assert all(len(talk.of(key, Started)) == 1 for key in keys[2:])


@pytest.mark.parametrize("grace", [0.0, 30.0])
def test_one_that_is_stopped_before_it_began_never_begins(
    talk: Conversation, tmp_path: Path, grace: float
) -> None:
    for trial in range(2):
        talk.next_waiting(talk.start(reporting(tmp_path, trial)))
    waiting = [talk.start(writing(tmp_path, trial)) for trial in range(2, 6)]
    talk.listen(0.0)

    for key in waiting:
        talk.backend.stop(key, grace)
    ends = [talk.end_of(key) for key in waiting]

    assert {end.status for end in ends} == {AttemptStatus.STOPPED}
    assert not any(talk.of(key, Started) for key in waiting)


def test_all_can_be_stopped_at_once(talk: Conversation, tmp_path: Path) -> None:
    keys = [talk.start(reporting(tmp_path, trial)) for trial in range(ENOUGH)]
    talk.next_waiting(AttemptKey(0, 1))

    for key in keys:
        talk.backend.stop(key, 0.0)
    ends = [talk.end_of(key) for key in keys]

    begun = [end for end in ends if end.status is AttemptStatus.LOST]
    assert len(begun) <= 2
    assert all(e.status is AttemptStatus.STOPPED for e in ends if e not in begun)
