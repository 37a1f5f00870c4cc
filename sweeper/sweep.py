"""The handle a user holds: a sweep, its trials, and what can be asked of them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sweeper.confirmation import Confirmation, confirmation_of, read_confirmation
from sweeper.display.notebook import sweep_page
from sweeper.errors import SweeperError
from sweeper.history import Moment, Volume, history_of, volumes_of
from sweeper.launching.confirming import confirm
from sweeper.launching.launch import Launched
from sweeper.launching.recorded import arguments_of, find_function
from sweeper.model.alike import SameFailure, same_failures
from sweeper.model.lifecycle import SweepStatus, TrialStatus
from sweeper.model.lineage import Descent, lineage_of
from sweeper.model.objective import Objective
from sweeper.model.pareto import front_of
from sweeper.model.sweep import SweepOverview
from sweeper.reading import Trial, Trials, all_failed
from sweeper.store import questions
from sweeper.store.commands import WishKind, wish
from sweeper.store.store import Store
from sweeper.upkeep.retrying import retry
from sweeper.worker.code import refuse_launches

if TYPE_CHECKING:
    import pandas as pd

_POLL_SECONDS = 0.2


class Sweep:
    """A sweep in a store, perhaps driven from this process.

    Example:
        >>> import sweeper
        >>> sweep = sweeper.load("digits")  # doctest: +SKIP
        >>> sweep.best_trial.params  # doctest: +SKIP
        {'lr': 0.0123, 'hidden': 128}

    Everything is read from the store when it is asked for, so a handle is never stale.
    """

    def __init__(self, name: str, store: Store) -> None:
        """Take the sweep of this name.

        Raises:
            SweepNotFound: the store has none.
        """
        record = questions.find_sweep(store, name)
        self.name = name
        self.store = store
        self.id = record.id
        self._space = record.search_space()
        self._objective = record.goals()
        self._launched: Launched | None = None

    @classmethod
    def launched(cls, launched: Launched) -> Sweep:
        """Take a sweep that is driven from here; raises where it ended without a result."""
        sweep = cls(launched.name, launched.store)
        sweep._launched = launched
        sweep._space = launched.space
        if launched.drive.finished:
            sweep._raise_if_all_failed()
        return sweep

    @property
    def objective(self) -> Objective:
        """What the sweep is after."""
        return self._objective

    @property
    def overview(self) -> SweepOverview:
        """The sweep's record with the number of its trials in each status."""
        return questions.overview(self.store, self.name)

    @property
    def status(self) -> SweepStatus:
        """running, paused, completed, stopped, failed, or interrupted."""
        return self.overview.status

    @property
    def trials(self) -> Trials:
        """All trials, by number."""
        return Trials(self.store, self.name, self.id, self._space)

    @property
    def best_trial(self) -> Trial | None:
        """The completed trial with the best objective; None while there is none."""
        best = questions.find_sweep(self.store, self.name).best_trial
        return None if best is None else self.trials[best]

    @property
    def pareto_trials(self) -> list[Trial]:
        """The completed trials that no other one beats in every objective."""
        done = [t for t in self.trials if t.status == TrialStatus.COMPLETED and t.values]
        places = front_of([self._objective.scores(trial.values or ()) for trial in done])
        return [done[place] for place in places]

    def dataframe(self) -> pd.DataFrame:
        """Give one row a trial: number, status, objectives, parameters, times, metrics."""
        from sweeper.reading import trials_frame

        return trials_frame(list(self.trials), self._objective)

    def curves(self, metric: str | None = None) -> pd.DataFrame:
        """Give a metric over steps in long form: trial, step, value, time (UTC)."""
        from sweeper.reading import curves_frame

        wanted = metric or self._objective.first.metric
        return curves_frame(questions.curves(self.store, self.id, wanted))

    def history(self) -> list[Moment]:
        """List every value of the objective as it came, with the best value so far.

        Seconds count from the sweep's creation. A value that a function returned without having
        reported it stands at its trial's end.
        """
        return history_of(self.store, questions.find_sweep(self.store, self.name))

    def hypervolume(self, reference: Mapping[str, float] | None = None) -> list[Volume]:
        """List how much of the objectives' space is dominated after each trial that completed.

        Args:
            reference: the worst value of each objective that counts, by name; by default the
                worst that a completed trial had.

        Raises:
            SweeperError: the reference does not name each objective once.
        """
        return volumes_of(self.store, questions.find_sweep(self.store, self.name), reference)

    def lineage(self) -> list[Descent]:
        """List the copied trials: from whom, at which step, for whom, and what was changed."""
        return lineage_of(questions.list_trials(self.store, self.id))

    def events(self) -> list[Mapping[str, Any]]:
        """List what happened to the sweep, in order: time, kind, text, trial, attempt."""
        return questions.list_events(self.store, self.id)

    def failures(self) -> list[SameFailure]:
        """Group the failed trials by what went wrong, the most frequent error first."""
        return same_failures(questions.list_trials(self.store, self.id))

    def importance(self) -> dict[str, float]:
        """Say how much each parameter matters for being among the best trials, summing to 1.

        Measured by PED-ANOVA (Watanabe et al., "PED-ANOVA: Efficiently Quantifying
        Hyperparameter Importance in Arbitrary Subspaces", IJCAI 2023).

        Raises:
            SweeperError: fewer than four trials are completed.
        """
        from sweeper.search.importance import importance

        records = questions.list_trials(self.store, self.id)
        return importance(records, self._space, self._objective)

    def plot(self, kind: str = "history", **choices: Any) -> Any:
        """Draw a plotly figure of the sweep, as its page in the dashboard shows it.

        Example:
            >>> sweep.plot("curves", group="p:optimizer", log_y=True)  # doctest: +SKIP

        Args:
            kind: "history", "curves", "parallel", "scatter", "slice", "contour", "importance",
                "pareto", "distribution", "timeline" or "rungs".
            **choices: metric, x, y, color, group, top, smooth, log_x, log_y, bins. A column is
                named "value", "number", "status", "duration", "steps", "attempts", "p:" and a
                parameter, or "m:" and a metric.

        Raises:
            SweeperError: there is no such figure, column or choice, or the dashboard's extra is
                not installed.
        """
        from sweeper.plugins import load_dashboard
        from sweeper.search.importance import importance

        draw = load_dashboard("figures")
        return draw(kind, self.store, self.name, importance=importance, **choices)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nobody drives the sweep any more; False where the timeout came first.

        Raises:
            AllTrialsFailed: it ended without a single result.
            KeyboardInterrupt: it was interrupted, with everything recorded.
        """
        if self._launched is not None:
            ended = self._launched.drive.wait(timeout)
        else:
            ended = self._wait_for_another(timeout)
        if ended:
            self._raise_if_all_failed()
        return ended

    def _wait_for_another(self, timeout: float | None) -> bool:
        deadline = None if timeout is None else time.monotonic() + timeout
        while self._is_driven():
            if deadline is not None and time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def stop(self) -> None:
        """Ask for the end: running trials get their grace to save, then the sweep is stopped.

        Without a controller, nobody could obey: resume it first.
        """
        self._wish(WishKind.STOP)

    def pause(self) -> None:
        """Ask that nothing is launched, and that running trials save and pause."""
        self._wish(WishKind.PAUSE)

    def resume(self, **changes: Any) -> Sweep:
        """Go on after a pause, or drive the sweep again where nobody does.

        Args:
            **changes: arguments of .sweep() to change, as trials=400.
        """
        return resume(self.name, store=self.store.address(), **changes)

    def retry(self, *numbers: int, failed: bool = False, **changes: Any) -> Sweep:
        """Give trials that failed or were cancelled another chance, and go on with the sweep.

        Example:
            >>> sweep.retry()  # all that failed  # doctest: +SKIP
            >>> sweep.retry(3, 5, retries=2)  # doctest: +SKIP

        Args:
            *numbers: which trials; with none, all that failed.
            failed: all that failed, besides the numbers.
            **changes: arguments of .sweep() to change, as in resume().

        Their numbers, parameters and seeds stay, and their attempts count on.

        Raises:
            SweepBusy: the sweep is being driven.
            SweeperError: a trial neither failed nor was cancelled, or none did.
        """
        refuse_launches()
        retry(self.store, self.name, numbers, failed=failed)
        return self.resume(**changes)

    def confirm(self, top: int = 5, seeds: int = 5, **arguments: Any) -> Confirmation:
        """Run the best trials again with fresh seeds, and say which differences are real.

        Example:
            >>> print(sweep.confirm(top=5, seeds=5))  # doctest: +SKIP

        Args:
            top: how many of the best completed trials; seeds: how often each runs, from 2.
            **arguments: those of .sweep() that are to be others than this sweep's, as backend.

        The runs are a sweep of their own, NAME-confirm, which the same call goes on with or reads.
        Raises SweeperError where there is nothing to confirm, or several objectives.
        """
        record, launched = questions.find_sweep(self.store, self.name), self._launched

        def function() -> Any:
            return launched.function if launched else find_function(record).__sweepable__

        name = confirm(self.store, record, function, (top, seeds), arguments)
        return read_confirmation(self.store, questions.find_sweep(self.store, name))

    @property
    def confirmation(self) -> Confirmation | None:
        """The newest confirmation of this sweep as it stands; None where there is none."""
        return confirmation_of(self.store, questions.find_sweep(self.store, self.name))

    def _is_driven(self) -> bool:
        return questions.is_driven(self.store, self.name)

    def _wish(self, kind: WishKind) -> None:
        if not self._is_driven():
            raise SweeperError(
                f"nobody drives sweep {self.name!r}, it is {self.status}",
                hint=f"Go on with it first: sweeper.resume({self.name!r}).",
            )
        wish(self.store, self.id, kind)

    def _raise_if_all_failed(self) -> None:
        found = self.overview
        if found.sweep.status is not SweepStatus.FAILED or found.counts.get(TrialStatus.COMPLETED):
            return
        raise all_failed(self.store, found.sweep)

    def __repr__(self) -> str:
        found = self.overview
        wanted = found.sweep.asked().trials
        of = f" of {wanted}" if wanted is not None else ""
        return f"<sweep {self.name!r}: {found.status}, {found.created}{of} trials>"

    def _repr_html_(self) -> str:
        found = self.overview
        best = self.best_trial
        value, params = (None, {}) if best is None else (best.value, best.params)
        return sweep_page(found, self._objective.first, value, params)


def load(name: str, store: str | None = None) -> Sweep:
    """Read a recorded sweep without driving it.

    Example:
        >>> load("digits").best_trial.params  # doctest: +SKIP
        {'lr': 0.0123, 'hidden': 128}

    Raises:
        SweepNotFound: the store has none of this name.
        StoreError: there is no store there.
    """
    return Sweep(name, Store(store, must_exist=True))


def sweeps(store: str | None = None) -> list[Sweep]:
    """List the sweeps of a store, the latest changed first.

    Example:
        >>> [sweep.name for sweep in sweeps()]  # doctest: +SKIP
        ['digits', 'nimble-heron-48']
    """
    opened = Store(store, must_exist=True)
    return [Sweep(found.sweep.name, opened) for found in questions.list_sweeps(opened)]


def resume(name: str, store: str | None = None, **changes: Any) -> Sweep:
    """Go on with a sweep after anything: a crash, a preemption, Ctrl-C, or for more trials.

    Example:
        >>> resume("digits", trials=400)  # doctest: +SKIP
        <sweep 'digits': completed, 400 of 400 trials>

    Args:
        name: the sweep's name.
        store: the store's address.
        **changes: arguments of .sweep() to change: trials, workers, backend, time and so on.

    The function is found again by its import path, a script's by loading its file with
    launches switched off.

    Raises:
        SweepNotFound: the store has none of this name.
        SweepMismatch: the function's space or objective has changed since.
        SweepBusy: another process drives it.
        SweeperError: its function cannot be found; says what to do.
    """
    refuse_launches()
    opened = Store(store, must_exist=True)
    recorded = questions.find_sweep(opened, name)
    if recorded.status is SweepStatus.PAUSED and questions.is_driven(opened, name) and not changes:
        wish(opened, recorded.id, WishKind.RESUME)
        return Sweep(name, opened)
    function = find_function(recorded)
    given: dict[str, Any] = {
        **arguments_of(recorded),
        **changes,
        "name": name,
        "store": opened.address(),
        "resume": "must",
    }
    swept: Sweep = function.sweep(**given)
    return swept
