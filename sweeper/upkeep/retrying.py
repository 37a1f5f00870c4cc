"""Further chances for trials that failed or were cancelled."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.errors import SweeperError
from sweeper.model.event import AttemptKey
from sweeper.model.lifecycle import TrialStatus, advance_trial
from sweeper.model.trial import TrialRecord
from sweeper.store import questions
from sweeper.store.leases import acquire, release
from sweeper.store.recording import Changes, record
from sweeper.store.store import Store


def retry(
    store: Store,
    name: str,
    numbers: Collection[int] = (),
    *,
    failed: bool = False,
    clock: Clock = SYSTEM_CLOCK,
) -> list[int]:
    """Let trials wait for a further attempt, and give their numbers; resume runs them.

    Number, parameters and seed stay, and attempts count on; the failures and losses that used
    up a trial's chances are forgiven.

    Args:
        store: where the sweep lies.
        name: the sweep's name.
        numbers: which trials; with none, all that failed.
        failed: all that failed, besides the numbers.
        clock: the time that is recorded.

    Raises:
        SweepNotFound: the store has none of this name.
        SweepBusy: the sweep is being driven.
        SweeperError: a trial neither failed nor was cancelled, or none did.
    """
    sweep = questions.find_sweep(store, name)
    lease = acquire(store, sweep, clock, watch=True)
    try:
        trials = questions.list_trials(store, sweep.id)
        chosen = _chosen(name, trials, numbers, failed=failed or not numbers)
        changes = Changes()
        for trial in chosen:
            changes.trial(_waiting_again(trial))
            key = AttemptKey(trial.number, trial.attempts)
            text = f"another chance after it {_WORDS[trial.status]}: {trial.error or 'no error'}"
            changes.event(clock.now(), "trial_retried", text, key)
        record(store, sweep.id, lease, changes, clock)
    finally:
        release(store, sweep.id, lease)
    return [trial.number for trial in chosen]


_WORDS = {TrialStatus.FAILED: "failed", TrialStatus.CANCELLED: "was cancelled"}


def _chosen(
    name: str, trials: list[TrialRecord], numbers: Collection[int], *, failed: bool
) -> list[TrialRecord]:
    by_number = {trial.number: trial for trial in trials}
    for number in numbers:
        if number not in by_number:
            raise SweeperError(
                f"sweep {name!r} has no trial {number}",
                hint=f"Its trials are numbered from 0 to {len(trials) - 1}.",
            )
        status = by_number[number].status
        if status not in _WORDS:
            raise SweeperError(
                f"trial {number} of sweep {name!r} is {status}",
                hint="Only trials that failed or were cancelled are given another chance.",
            )
    chosen = [
        trial
        for trial in trials
        if trial.number in numbers or (failed and trial.status is TrialStatus.FAILED)
    ]
    if not chosen:
        raise SweeperError(
            f"no trial of sweep {name!r} has failed",
            hint=f"Name cancelled ones by their numbers: sweeper retry {name} 3 5",
        )
    return chosen


def _waiting_again(trial: TrialRecord) -> TrialRecord:
    status = advance_trial(trial.status, TrialStatus.WAITING, f"trial {trial.number}")
    return replace(
        trial, status=status, failures=0, losses=0, value=None, values=None, result=None, ended=None
    )
