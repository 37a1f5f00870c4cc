"""What must hold of every recorded sweep, as pure checks over its state."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from sweeper.model.lifecycle import LIVE, SweepStatus, TrialStatus
from sweeper.model.trial import AttemptRecord, TrialRecord
from sweeper.store.inspection import Rows, SweepState
from sweeper.upkeep.finding import Finding, note, problem

_WISH_SECONDS = 60.0


def check_sweep(state: SweepState, *, driven: bool, now: float) -> list[Finding]:
    """Check one sweep; gives one line that all is well, or what is not."""
    name = state.sweep.name
    found = [
        *_numbers(name, state),
        *_live_attempts(name, state, driven=driven),
        *_driver(name, state, driven=driven),
        *_wishes(name, state, driven=driven, now=now),
        *_revs(name, state),
        *_summaries(name, state),
    ]
    counted = f"{len(state.trials)} trials, {len(state.attempts)} attempts"
    return found or [Finding(about=name, what=f"{state.sweep.status}, {counted}")]


def check_orphans(orphans: Mapping[str, int]) -> list[Finding]:
    """Check that every row belongs to a sweep and its trial."""
    return [
        problem(
            table,
            f"{count} rows belong to no sweep or no trial",
            "Another program has deleted rows; restore a copy of the store.",
        )
        for table, count in orphans.items()
    ]


def _numbers(name: str, state: SweepState) -> Iterator[Finding]:
    """Trials count from 0 and attempts from 1, both without gaps."""
    numbers = [trial.number for trial in state.trials]
    if numbers != list(range(len(numbers))):
        missing = sorted(set(range(max(numbers, default=0))) - set(numbers))
        yield problem(name, f"trials {_some(missing)} are missing", _restore(name))
    by_trial = _by_trial(state.attempts)
    for trial in state.trials:
        begun = [attempt.number for attempt in by_trial[trial.number]]
        if begun != list(range(1, trial.attempts + 1)):
            yield problem(
                name,
                f"trial {trial.number} has the attempts {_some(begun)}, not 1 to {trial.attempts}",
                _restore(name),
            )


def _live_attempts(name: str, state: SweepState, *, driven: bool) -> Iterator[Finding]:
    """A trial is running exactly while one attempt lives, and only where somebody drives."""
    live = Counter(attempt.trial for attempt in state.attempts if attempt.status in LIVE)
    running = [t.number for t in state.trials if t.status is TrialStatus.RUNNING]
    for trial in state.trials:
        wanted = int(trial.status is TrialStatus.RUNNING)
        if live[trial.number] != wanted:
            yield problem(
                name,
                f"trial {trial.number} is {trial.status} with {live[trial.number]} live attempts",
                _restore(name),
            )
    if running and not driven:
        yield problem(
            name,
            f"trials {_some(running)} stand as running, but nobody drives the sweep",
            f"Go on with it: sweeper resume {name}",
        )


def _driver(name: str, state: SweepState, *, driven: bool) -> Iterator[Finding]:
    """A sweep that runs is driven, and whoever drove it took the lease along."""
    going_on = f"Go on with it: sweeper resume {name}"
    running = any(trial.status is TrialStatus.RUNNING for trial in state.trials)
    if state.sweep.status is SweepStatus.RUNNING and not driven and not running:
        yield note(name, "it is interrupted: nobody drives it", going_on)
    holder = state.sweep.lease
    if holder is not None and not driven:
        yield note(
            name,
            f"process {holder.pid} on {holder.host}, which drove it, is gone",
            f"Nothing needs to be done; who drives it next takes the lease. {going_on}",
        )


def _wishes(name: str, state: SweepState, *, driven: bool, now: float) -> Iterator[Finding]:
    """A wish is answered within moments."""
    old = [time for time in state.wished if not driven or now - time > _WISH_SECONDS]
    if old and driven:
        yield problem(
            name, f"{len(old)} wishes wait for an answer", "See whether its controller hangs."
        )
    elif old:
        yield note(
            name,
            f"{len(old)} wishes wait for a controller",
            f"It answers them once it is driven: sweeper resume {name}",
        )


def _revs(name: str, state: SweepState) -> Iterator[Finding]:
    """No trial changed after its sweep did, as the dashboard would never show it."""
    ahead = [trial.number for trial in state.trials if trial.rev > state.sweep.rev]
    if ahead:
        yield problem(
            name, f"trials {_some(ahead)} have a rev beyond their sweep's", _restore(name)
        )


def _summaries(name: str, state: SweepState) -> Iterator[Finding]:
    """A trial's summary says what its reports say."""
    by_number = {trial.number: trial for trial in state.trials}
    wrong = [
        f"{number} ({metric})"
        for number, rows in state.rows.items()
        for metric in sorted({*rows, *by_number[number].summary})
        if not _agrees(by_number[number], metric, rows.get(metric, {}))
    ]
    if wrong:
        yield problem(
            name, f"the summaries of trials {_some(wrong)} differ from the reports", _restore(name)
        )


def _agrees(trial: TrialRecord, metric: str, rows: Rows) -> bool:
    summary = trial.summary.get(metric, {})
    step = int(summary.get("step", 0))
    if step not in rows or not math.isclose(
        _number(rows[step]), _number(summary.get("last")), rel_tol=1e-12
    ):
        # Both are missing where the last report was no number.
        return step in rows and not math.isfinite(_number(rows[step])) and "last" not in summary
    values = [value for value in rows.values() if value is not None and math.isfinite(value)]
    # A step reported again after a restore replaces its row, but not what was the best.
    return summary["min"] <= min(values) and max(values) <= summary["max"]


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _by_trial(attempts: list[AttemptRecord]) -> defaultdict[int, list[AttemptRecord]]:
    found: defaultdict[int, list[AttemptRecord]] = defaultdict(list)
    for attempt in attempts:
        found[attempt.trial].append(attempt)
    return found


def _some(things: list[int] | list[str]) -> str:
    shown = ", ".join(map(str, things[:5]))
    return f"{shown} and {len(things) - 5} more" if len(things) > 5 else shown or "(none)"


def _restore(name: str) -> str:
    return (
        f"Look at sweeper show {name}; another program may have written the store: restore a copy."
    )
