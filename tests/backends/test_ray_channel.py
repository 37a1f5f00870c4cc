"""How a Ray worker speaks, without a cluster: what it does once its hub cannot be reached."""

from __future__ import annotations

import pickle
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

pytest.importorskip("ray")

from ray.exceptions import ActorUnavailableError, TaskCancelledError
from sweeper_ray.attempt import run_attempt
from sweeper_ray.channel import FollowerChannel, HubChannel
from sweeper_ray.ends import ON_REQUEST, end_by
from sweeper_ray.hub import END, GO_ON, LEAVE, Hub

from sweeper.clock import SettableClock
from sweeper.model.assignment import Decision, Place
from sweeper.model.event import AttemptKey, Ended, Logged, Reported, read_events
from sweeper.model.lifecycle import AttemptStatus, Outcome
from sweeper.testing import functions, make_assignment
from sweeper.worker.context import RunningTrial
from tests import waiting

until = partial(waiting.until, pause=0.01, most=2_000)


class HearingHub:
    """Take the handle's place, and keep the lines that come."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.hear = self

    def remote(self, _key: AttemptKey, lines: list[str], _presses: bool = True) -> HearingHub:
        self.lines += lines
        return self

    def future(self) -> Future[str]:
        heard: Future[str] = Future()
        heard.set_result(GO_ON)
        return heard


class UnreachableHub:
    """Take the handle's place; count the calls, none of which comes through."""

    def __init__(self) -> None:
        self.calls = 0
        self.hear = self.ask = self

    def remote(self, *_given: Any) -> UnreachableHub:
        self.calls += 1
        return self

    def future(self) -> Future[str]:
        never: Future[str] = Future()
        never.set_exception(ActorUnavailableError("the connection broke", None))
        return never


class HubHere:
    """Take the handle's place of a hub that lives in this process, and count its calls."""

    def __init__(self, seats: int) -> None:
        self.calls: Counter[tuple[str, int]] = Counter()
        self._hub = Hub(seats)
        self._threads = ThreadPoolExecutor(8)

    def __getattr__(self, name: str) -> Any:
        def remote(key: AttemptKey, *given: Any) -> Any:
            self.calls[name, key.trial] += 1
            called = self._threads.submit(getattr(self._hub, name), key, *given)
            return SimpleNamespace(future=lambda: called)

        return SimpleNamespace(remote=remote)


class Training:
    """Take the trial's place, and remember what it was told."""

    def __init__(self, leave: Callable[[], None]) -> None:
        self.leave = leave
        self.told: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.request_stop = partial(self.told.put, END)
        self.preempt = partial(self.told.put, LEAVE)


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., Training]]:
    """Give what lets a worker train in silence, and be thought silent for long at once."""
    monkeypatch.setattr("sweeper_ray.channel._OUTPUT_SECONDS", 0.001)
    monkeypatch.setattr("sweeper_ray.channel._TICKS_UNHEARD", 1)
    monkeypatch.setattr("sweeper_ray.channel._MOST_TICKS_UNHEARD", 1)
    channels = []

    def begin(hub: HubHere, trial: int = 0) -> Training:
        channel = HubChannel(hub, make_assignment(functions.doubles, folder=tmp_path, trial=trial))
        training = Training(channel.leave)
        channel._trial = cast("RunningTrial", training)
        threading.Thread(target=channel._attend).start()
        channels.append(channel)
        return training

    yield begin
    for channel in channels:
        channel.leave()


@pytest.mark.parametrize("wish", [END, LEAVE])
def test_a_worker_that_is_silent_for_long_listens_and_hears_a_wish(
    silent: Callable[..., Training], wish: str
) -> None:
    hub = HubHere(seats=1)
    training = silent(hub)
    until(lambda: hub.calls["listen", 0] == 1, "the worker to listen")
    assert training.told.empty()

    hub.stop.remote(AttemptKey(0, 1), wish)
    assert training.told.get(timeout=20) == wish


def test_whoever_listens_asks_no_more_and_where_no_seat_is_free_others_ask_on(
    silent: Callable[..., Training],
) -> None:
    hub = HubHere(seats=1)
    first = silent(hub)
    until(lambda: hub.calls["listen", 0] == 1, "the first to listen")
    second = silent(hub, trial=1)
    until(lambda: hub.calls["hear", 1] > 20, "the second to ask on")
    assert hub.calls["hear", 0] == 1
    assert hub.calls["listen", 1] == 0

    first.leave()
    until(lambda: hub.calls["listen", 1] == 1, "the second to listen")
    assert first.told.empty()

    hub.stop.remote(AttemptKey(1, 1))
    assert second.told.get(timeout=20) == END


def test_a_worker_that_cannot_reach_its_hub_says_no_more_and_is_lost(tmp_path: Path) -> None:
    hub = UnreachableHub()
    channel = HubChannel(hub, make_assignment(functions.doubles, folder=tmp_path))
    report = Reported(key=AttemptKey(0, 1), time=1.0, step=1, metrics={"loss": 1.0}, waits=True)

    channel.send([report])
    assert channel.ask([report]) is Decision.STOP
    assert hub.calls == 1

    assert channel.cut_off is not None
    ended = end_by(AttemptKey(0, 1), channel.cut_off, SettableClock())
    assert ended.outcome is Outcome.LOST_WORKER


def test_a_rank_that_waits_for_the_first_is_no_failure_where_all_are_to_end(
    tmp_path: Path,
) -> None:
    hub = HubHere(seats=0)
    made = make_assignment(functions.doubles, folder=tmp_path)
    hub.stop.remote(made.key).future().result()
    with pytest.raises(TaskCancelledError) as caught:
        run_attempt(
            pickle.dumps(replace(made, code=None)), made.code, hub, Place(rank=1, size=2), {}
        )
    ended = end_by(made.key, caught.value, SettableClock())
    assert (ended.outcome, ended.failure and ended.failure.type) == (
        Outcome.LOST_WORKER,
        ON_REQUEST,
    )


def test_a_hub_to_which_nobody_speaks_lets_its_reader_know_that_it_lives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sweeper_ray.hub._QUIET_SECONDS", 0.001)
    monkeypatch.setattr("sweeper_ray.hub._LONG_SECONDS", 0.002)
    assert Hub().read(0) == (0, [])


def test_each_line_of_another_rank_is_marked_once_however_it_is_caught(tmp_path: Path) -> None:
    hub = HearingHub()
    made = make_assignment(functions.doubles, folder=tmp_path)
    channel = FollowerChannel(hub, replace(made, place=Place(rank=1, size=2)))
    for piece in ("one\ntw", "o", "\n", "three\n"):
        channel._keep("stdout", piece)
    channel._keep("stderr", "four")

    channel.send([ended(made.key)])

    told, last = channel.last_words
    assert (told, hub.lines) == (0, [])
    said = [event for event in read_events(last) if isinstance(event, Logged)]
    written = {s: "".join(e.text for e in said if e.stream == s) for s in ("stdout", "stderr")}
    assert written == {
        "stdout": "[rank 1] one\n[rank 1] two\n[rank 1] three\n",
        "stderr": "[rank 1] four",
    }


@pytest.mark.parametrize(("length", "through_the_hub"), [(10, 0), (100_000, 1)])
def test_what_is_too_long_for_a_result_goes_through_the_hub_before_the_end(
    tmp_path: Path, length: int, through_the_hub: int
) -> None:
    hub = HearingHub()
    made = make_assignment(functions.doubles, folder=tmp_path)
    channel = HubChannel(hub, made)
    channel._keep("stdout", length * "x")

    channel.send([ended(made.key)])

    told, last = channel.last_words
    assert told == len(hub.lines) == through_the_hub
    written, end = read_events([*hub.lines, *last])
    assert isinstance(written, Logged)
    assert len(written.text) == length
    assert end == ended(made.key)


def ended(key: AttemptKey) -> Ended:
    return Ended(key=key, time=1.0, status=AttemptStatus.SUCCEEDED, outcome=Outcome.SUCCEEDED)
