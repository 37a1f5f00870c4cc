"""The harness: runs the programs of a plan, thaws what froze, and calls the auditor."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

from sweeper.model.trial import TrialRecord
from sweeper.store.store import Store
from tests.faults.auditor import Audit, unlike
from tests.faults.plan import PASSING, Plan, Scenario, draw_plan
from tests.faults.program import AWAY, DONE, INTERRUPTED, MARK, NAME, Run, main
from tests.faults.trainings import STEPS, loss_at, text_of

PATIENCE_SECONDS = 120.0
_POLL_SECONDS = 0.01
_ALLOWED = (DONE, AWAY, INTERRUPTED, -2, -9, -15)

# A server that has imported everything forks the programs: each is a process of its own.
_CONTEXT: Any = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.faults.program"])


class Fallen(AssertionError):
    """Something that must hold did not; says all that is needed to see it again."""


def wait_for(condition: Callable[[], Any], what: str, mark: str = "") -> None:
    """Wait until something holds; gives up after a long while, and says who is left."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise Fallen("\n  ".join([f"waited in vain for {what}", *map(str, marked(mark))]))
        time.sleep(_POLL_SECONDS)


def start(run: Run) -> BaseProcess:
    """Start a program."""
    process: BaseProcess = _CONTEXT.Process(target=main, args=(run,))
    process.start()
    return process


def is_over(process: BaseProcess) -> bool:
    """Tell whether a program has ended; one that stopped itself is woken again."""
    if not process.is_alive():
        return True
    with suppress(psutil.NoSuchProcess):
        shown = psutil.Process(process.pid)
        if shown.status() == psutil.STATUS_STOPPED:
            time.sleep(0.1)
            shown.resume()
    return False


def marked(mark: str) -> list[psutil.Process]:
    """List the living processes that a program with this mark has started, or they themselves."""
    return list(_marked(mark))


def _marked(mark: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                yield process


def none_left(mark: str) -> bool:
    """Tell whether all processes with a mark are gone; what froze is woken, so that it can go."""
    left = marked(mark)
    for process in left:
        with suppress(psutil.Error):
            if process.status() == psutil.STATUS_STOPPED:
                process.resume()
    return not left


def end(process: BaseProcess, mark: str) -> None:
    """End a program and all that it started, whatever state they are in."""
    process.kill()
    process.join()
    for left in marked(mark):
        with suppress(psutil.Error):
            left.kill()


def drive(run: Run) -> int:
    """Run a program to its end, see that nothing of it is left, and give its exit code."""
    process = start(run)
    try:
        wait_for(lambda: is_over(process), "a program's end")
        process.join()
        wait_for(lambda: none_left(run.mark), "the end of a program's workers", run.mark)
    finally:
        end(process, run.mark)
    return process.exitcode or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where programs work: databases on a server, made by create, and a cluster, if any."""

    passing: tuple[str, ...] = PASSING
    create: Callable[[], str | None] = lambda: None
    cluster: str | None = None

    def run(self, folder: Path, scenario: Scenario) -> Run:
        """Make a program in a new folder, with a store of its own."""
        folder.mkdir()
        return Run(folder=folder, scenario=scenario, url=self.create(), cluster=self.cluster)


HERE = Ground()


def hold(plan: Plan, folder: Path, ground: Ground = HERE) -> list[str]:
    """Run all programs of a plan and one without faults, and say what does not hold."""
    struck = folder / "struck"
    undisturbed = ground.run(struck, plan.scenario)
    for faults in (*plan.runs, ()):
        run = replace(undisturbed, faults=faults, mark=uuid4().hex)
        code = drive(run)
        if code not in _ALLOWED or (not faults and code != DONE):
            return [f"a program ended with {code}:\n{(struck / 'log.txt').read_text()}"]
    return audited(plan, opened(struck, undisturbed.url), folder, ground)


def audited(plan: Plan, audit: Audit, folder: Path, ground: Ground) -> list[str]:
    """Say what does not hold of a sweep that came to its end."""
    findings = audit.findings(times_hold=not plan.moves_clock)
    findings += audit.completion()
    findings += audit.values(computed)
    if plan.scenario.how == "prints" and not plan.scenario.asha:
        findings += audit.printed(text_of, STEPS)
    if plan.scenario.repeats != "nothing":
        findings += unlike(
            audit, whole(plan.scenario, folder, ground), repeats=plan.scenario.repeats
        )
    return findings


def computed(trial: TrialRecord, step: int) -> float:
    """Compute what a trial reports at a step."""
    return loss_at(trial.params, trial.seed, step)


def whole(scenario: Scenario, folder: Path, ground: Ground = HERE) -> Audit:
    """Run a sweep without interruption."""
    place = folder / "whole"
    run = replace(ground.run(place, scenario), mark=uuid4().hex)
    code = drive(run)
    if code != DONE:
        raise Fallen(f"uninterrupted, it ended with {code}:\n{(place / 'log.txt').read_text()}")
    return opened(place, run.url)


def opened(folder: Path, url: str | None = None) -> Audit:
    """Open what a program has recorded."""
    store = Store(url or f"sqlite:///{folder / 'store.db'}", must_exist=True)
    try:
        return Audit(store, NAME)
    finally:
        store.close()


def check_seed(seed: int, ground: Ground = HERE) -> None:
    """Run everything that a seed stands for, on some ground.

    Raises:
        Fallen: something does not hold; shows the plan and how to run it alone.
    """
    plan = draw_plan(seed, ground.passing, small=ground.cluster is not None)
    with tempfile.TemporaryDirectory(prefix="sweeper-faults-") as folder:
        try:
            findings = hold(plan, Path(folder), ground)
        except Fallen as error:
            findings = [str(error)]
        log = Path(folder) / "struck" / "log.txt"
        told = log.read_text() if log.exists() else ""
    if findings:
        raise Fallen(
            "\n".join([f"seed {seed}", *findings, str(plan), told])
            + f"\nRun it alone with: python -m tests.faults.run --seed {seed}"
        )
