"""Faults inside the program that drives a sweep: points that are reached, and what strikes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import psutil
from sqlalchemy.engine import make_url

import sweeper.control.journal
import sweeper.controller
import sweeper.launching.launch
from sweeper.backend import Backend, Near, Queueing
from sweeper.clock import SystemClock
from sweeper.errors import StoreUnavailable
from sweeper.model.assignment import Assignment, Decision
from sweeper.model.event import AttemptKey, Event
from tests.faults.plan import Fault

HOLD_SECONDS = 0.4
STALL_SECONDS = 0.2
CLOCK_STEP = 3600.0

_HOLD = """
import sys, time
import sqlalchemy
engine = sqlalchemy.create_engine(sys.argv[1])
with engine.connect() as connection:
    connection.exec_driver_sql(sys.argv[2])
    print("held", flush=True)
    time.sleep(float(sys.argv[3]))
"""
_CUT = """
import sys
import sqlalchemy
engine = sqlalchemy.create_engine(sys.argv[1])
with engine.connect() as connection:
    connection.exec_driver_sql(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )
print("cut", flush=True)
"""
_LOCKS = {
    "sqlite": "begin immediate",
    "postgresql": "lock table sweeps in access exclusive mode",
}


class MovableClock(SystemClock):
    """This machine's clock, whose wall time can be set."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        return super().now() + self.ahead


class Injector:
    """Count how often each point is reached, and act where the plan says so."""

    def __init__(self, faults: Iterable[Fault], database: str) -> None:
        self.clock = MovableClock()
        self._faults = {(fault.point, fault.occurrence): fault for fault in faults}
        self._reached: Counter[str] = Counter()
        self._away: Counter[str] = Counter()
        self._database = database
        self._actions: dict[str, Callable[[Fault], None]] = {
            "kill": lambda _: os.kill(os.getpid(), signal.SIGKILL),
            "terminate": lambda _: os.kill(os.getpid(), signal.SIGTERM),
            "interrupt": lambda _: os.kill(os.getpid(), signal.SIGINT),
            "interrupt twice": self._interrupt_twice,
            "freeze": lambda _: os.kill(os.getpid(), signal.SIGSTOP),
            "lose worker": self._lose_worker,
            "stall worker": self._stall_worker,
            "store away": self._lose_store,
            "hold lock": self._hold_lock,
            "cut connections": self._cut_connections,
            "preempt worker": self._preempt_worker,
            "clock back": lambda _: self._set_clock(-CLOCK_STEP),
            "clock forward": lambda _: self._set_clock(CLOCK_STEP),
        }

    def reach(self, point: str) -> None:
        """Come to a point of the path."""
        self._reached[point] += 1
        fault = self._faults.get((point, self._reached[point]))
        if fault is not None:
            print(f"{point} {fault.occurrence}: {fault.action}", flush=True)
            self._actions[fault.action](fault)
        if self._away[point] > 0:
            self._away[point] -= 1
            raise StoreUnavailable("the store is away", hint="The fault harness took it.")

    def around(self, point: str, act: Callable[..., Any]) -> Callable[..., Any]:
        """Give a function that does the same, with a point before and one after it."""

        def acting(*args: Any, **kwargs: Any) -> Any:
            self.reach(f"before {point}")
            done = act(*args, **kwargs)
            self.reach(f"after {point}")
            return done

        return acting

    def install(self) -> None:
        """Put the points into the path of this process."""
        launching, controller = sweeper.launching.launch, sweeper.controller
        replace(launching, "create_sweep", self.around("create", launching.create_sweep))
        replace(launching, "acquire", self.around("acquire", launching.acquire))
        replace(controller, "release", self.around("release", controller.release))
        take_up = controller.Controller.take_up
        replace(controller.Controller, "take_up", self.around("take_up", take_up))
        for name in ("record", "record_once"):
            self._install_record(sweeper.control.journal, name)

    def _install_record(self, journal: Any, name: str) -> None:
        record = self.around("record", getattr(journal, name))
        last = self.around("conclude", record)

        def recording(*args: Any, **kwargs: Any) -> Any:
            concludes = args[3].sweep.get("ended") is not None
            return (last if concludes else record)(*args, **kwargs)

        replace(journal, name, recording)

    def _interrupt_twice(self, fault: Fault) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        again = threading.Timer(0.02, os.kill, (os.getpid(), signal.SIGINT))
        again.daemon = True
        again.start()

    def _lose_worker(self, fault: Fault) -> None:
        for worker in workers()[: fault.count]:
            worker.kill()

    def _preempt_worker(self, fault: Fault) -> None:
        for worker in workers()[: fault.count]:
            worker.terminate()

    def _stall_worker(self, fault: Fault) -> None:
        for worker in workers()[: fault.count]:
            worker.suspend()
            later = threading.Timer(STALL_SECONDS, _wake, (worker,))
            later.daemon = True
            later.start()

    def _lose_store(self, fault: Fault) -> None:
        self._away[fault.point] = fault.count

    def _hold_lock(self, fault: Fault) -> None:
        url = make_url(self._database)
        statement = _LOCKS[url.get_backend_name()]
        _helped(_HOLD, self._database, statement, str(HOLD_SECONDS))

    def _cut_connections(self, fault: Fault) -> None:
        _helped(_CUT, self._database)

    def _set_clock(self, seconds: float) -> None:
        self.clock.ahead += seconds


def replace(owner: Any, name: str, value: object) -> None:
    """Put something else under a name of a module or class."""
    setattr(owner, name, value)


def workers() -> list[psutil.Process]:
    """List the worker processes of this one."""
    children = psutil.Process().children()
    return [child for child in children if "sweeper_local.child" in child.cmdline()]


def _helped(program: str, url: str, *arguments: str) -> None:
    """Let another process do something to the database, and wait until it is done."""
    driver = url.replace("postgresql://", "postgresql+psycopg://")
    helper = subprocess.Popen(
        [sys.executable, "-c", program, driver, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    if helper.stdout is not None:
        helper.stdout.readline()


def _wake(process: psutil.Process) -> None:
    if process.is_running():
        process.resume()


class FaultyBackend:
    """A backend with points before and after each start, answer and close."""

    def __init__(self, inner: Backend, injector: Injector) -> None:
        self.near = isinstance(inner, Near) and inner.near
        self._inner = inner
        self._injector = injector

    def ahead(self) -> int:
        return self._inner.ahead() if isinstance(self._inner, Queueing) else 0

    def capacity(self) -> int:
        return self._inner.capacity()

    def start(self, assignment: Assignment) -> None:
        self._injector.around("start", self._inner.start)(assignment)

    def events(self, timeout: float) -> Sequence[Event]:
        return self._inner.events(timeout)

    def answer(self, key: AttemptKey, decision: Decision) -> None:
        self._injector.around("answer", self._inner.answer)(key, decision)

    def stop(self, key: AttemptKey, grace: float) -> None:
        self._inner.stop(key, grace)

    def close(self) -> None:
        self._injector.around("close", self._inner.close)()
