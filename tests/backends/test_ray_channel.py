"""How a Ray worker speaks, without a cluster: what it does once its hub cannot be reached."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray")

from ray.exceptions import ActorUnavailableError
from sweeper_ray.channel import HubChannel
from sweeper_ray.ends import end_by

from sweeper.clock import SettableClock
from sweeper.model.assignment import Decision
from sweeper.model.event import AttemptKey, Reported
from sweeper.model.lifecycle import Outcome
from sweeper.testing import functions, make_assignment


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
