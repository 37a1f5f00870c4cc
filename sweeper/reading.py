"""Trials and attempts as a user reads them, and as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, overload

from sweeper.clock import to_datetime
from sweeper.errors import AllTrialsFailed
from sweeper.model.encoding import Json, Value
from sweeper.model.lifecycle import AttemptStatus, Outcome, TrialStatus
from sweeper.model.objective import Objective
from sweeper.model.replicate import Replicate
from sweeper.model.space import SearchSpace
from sweeper.model.sweep import SweepRecord
from sweeper.model.trial import AttemptRecord, Copied, TrialRecord
from sweeper.store import questions
from sweeper.store.questions import Curve
from sweeper.store.store import Store

if TYPE_CHECKING:
    import pandas as pd


class Attempt:
    """One run of a trial by one worker."""

    def __init__(self, record: AttemptRecord) -> None:
        self._record = record

    @property
    def number(self) -> int:
        """The number of the attempt, from 1."""
        return self._record.number

    @property
    def status(self) -> AttemptStatus:
        """Where the attempt stands."""
        return self._record.status

    @property
    def outcome(self) -> Outcome | None:
        """Why it ended; None while it lives."""
        return self._record.outcome

    @property
    def usage(self) -> Mapping[str, Json]:
        """What it has used: seconds, memory, its node on a cluster, and over_time as columns."""
        return self._record.usage or {}

    @property
    def host(self) -> str | None:
        """The machine that it ran on."""
        return self._record.host

    @property
    def pid(self) -> int | None:
        """The process that it ran in."""
        return self._record.pid

    @property
    def started(self) -> datetime | None:
        """When the function was called, in UTC."""
        return to_datetime(self._record.started)

    @property
    def ended(self) -> datetime | None:
        """When it was over, in UTC."""
        return to_datetime(self._record.ended)

    @property
    def error(self) -> str | None:
        """What went wrong, with the traceback where there is one."""
        if self._record.error is None:
            return None
        return self._record.traceback or f"{self._record.error_type}: {self._record.error}"

    def __repr__(self) -> str:
        return f"<attempt {self.number}: {self.outcome or self.status}>"


class Trial:
    """One configuration of a sweep, and how it went."""

    def __init__(
        self, store: Store, sweep_id: int, record: TrialRecord, space: SearchSpace
    ) -> None:
        self._store = store
        self._sweep_id = sweep_id
        self._record = record
        self._space = space

    @property
    def number(self) -> int:
        """The number of the trial, from 0."""
        return self._record.number

    @property
    def status(self) -> TrialStatus:
        """waiting, running, completed, infeasible, pruned, paused, cancelled or failed."""
        return self._record.status

    @property
    def params(self) -> dict[str, Value]:
        """The configuration that the function is called with, pinned values included."""
        return self._space.decode(self._record.params)

    @property
    def seed(self) -> int:
        """The seed of this trial, the same in every attempt."""
        return self._record.seed

    @property
    def replicates(self) -> tuple[Replicate, ...]:
        """Its finished runs, where it runs with several seeds: seed, step, metrics, result."""
        return self._record.replicates

    @property
    def origin(self) -> str:
        """Where the configuration comes from: baseline, point, search, queued or copy."""
        return self._record.origin

    @property
    def copied(self) -> Copied | None:
        """Whose checkpoint of which step it went on from, and whom it replaced, if it did."""
        return self._record.copied

    @property
    def value(self) -> float | None:
        """The objective; of a pruned trial its last report, None where it raised Infeasible."""
        return self._record.value

    @property
    def values(self) -> tuple[float, ...] | None:
        """All objectives, in the order of the sweep's metrics."""
        return self._record.values

    @property
    def result(self) -> Mapping[str, Json] | None:
        """The dict that the function returned."""
        return self._record.result

    @property
    def summary(self) -> Mapping[str, Mapping[str, float]]:
        """Per metric: last, min, max, the last step and, for objectives, best."""
        return self._record.summary

    @property
    def last_step(self) -> int:
        """The step of the last report."""
        return self._record.last_step

    @property
    def error(self) -> str | None:
        """What went wrong last, in a line; of an infeasible trial, why it is."""
        return self._record.error

    @property
    def duration(self) -> float:
        """The seconds for which its attempts ran."""
        return self._record.duration

    @property
    def started(self) -> datetime | None:
        """When its first attempt began, in UTC."""
        return to_datetime(self._record.started)

    @property
    def ended(self) -> datetime | None:
        """When it ended for good, in UTC."""
        return to_datetime(self._record.ended)

    @property
    def attempts(self) -> list[Attempt]:
        """Its attempts, in order."""
        records = questions.list_attempts(self._store, self._sweep_id, self.number)
        return [Attempt(record) for record in records]

    @property
    def metrics(self) -> dict[str, list[tuple[int, float]]]:
        """Its reports: (step, value) by metric, in the order of the steps."""
        found = questions.trial_metrics(self._store, self._sweep_id, self.number)
        return {name: list(zip(c.steps, c.values)) for name, c in found.items()}

    @property
    def artifacts(self) -> dict[str, str]:
        """The path of each artifact by its name."""
        rows = questions.list_artifacts(self._store, self._sweep_id, self.number)
        return {row["name"]: row["path"] for row in rows if row["kind"] == "artifact"}

    @property
    def checkpoints(self) -> dict[int, str]:
        """The path of each checkpoint by its step."""
        rows = questions.list_artifacts(self._store, self._sweep_id, self.number)
        return {row["step"]: row["path"] for row in rows if row["kind"] == "checkpoint"}

    def logs(self, attempt: int | None = None) -> str:
        """Give what the trial wrote to stdout and stderr, also while it runs."""
        pieces = questions.read_logs(
            self._store, self._sweep_id, self.number, attempt=attempt, limit=1_000_000
        )
        return "".join(piece.text for piece in pieces)

    def __repr__(self) -> str:
        return f"<trial {self.number}: {self.status}, value {self.value}>"


@dataclass(frozen=True, slots=True)
class Trials(Sequence[Trial]):
    """The trials of a sweep by number, as they stand when they are asked for."""

    _store: Store
    _sweep: str
    _sweep_id: int
    _space: SearchSpace

    def __len__(self) -> int:
        return questions.count_trials(self._store, self._sweep_id)

    @overload
    def __getitem__(self, number: int) -> Trial: ...
    @overload
    def __getitem__(self, number: slice) -> list[Trial]: ...
    def __getitem__(self, number: int | slice) -> Trial | list[Trial]:
        if isinstance(number, slice):
            return list(self)[number]
        wanted = number if number >= 0 else number + len(self)
        record = questions.find_trial(self._store, self._sweep_id, wanted)
        if record is None:
            raise IndexError(f"sweep {self._sweep!r} has no trial {number}")
        return self._trial(record)

    def __iter__(self) -> Iterator[Trial]:
        return map(self._trial, questions.list_trials(self._store, self._sweep_id))

    def _trial(self, record: TrialRecord) -> Trial:
        return Trial(self._store, self._sweep_id, record, self._space)


def all_failed(store: Store, sweep: SweepRecord) -> AllTrialsFailed:
    """Tell the most common story of a sweep that ended without a result."""
    attempts = questions.list_attempts(store, sweep.id, status=["failed", "lost"])
    errors = Counter((attempt.error_type, attempt.error) for attempt in attempts)
    (kind, message), count = errors.most_common(1)[0]
    story = next((a.traceback for a in attempts if a.error == message and a.traceback), "")
    return AllTrialsFailed(
        f"no trial of sweep {sweep.name!r} has succeeded; {count} of {len(attempts)} attempts "
        f"ended with {kind}: {message}\n\n{story or ''}".rstrip(),
        hint=f"Call the function once as it is, mend it, then sweeper.resume({sweep.name!r}).",
    )


def trials_frame(trials: Sequence[Trial], objective: Objective) -> pd.DataFrame:
    """Put trials into a table: parameters under their names, metrics' last values beside."""
    import pandas as pd

    return pd.DataFrame([_frame_row(trial, objective) for trial in trials])


def _frame_row(trial: Trial, objective: Objective) -> dict[str, Any]:
    row: dict[str, Any] = {"number": trial.number, "status": str(trial.status)}
    values = trial.values or (trial.value,)
    row.update({f"{metric}": value for metric, value in zip(objective.metrics, values)})
    row.update(trial.params)
    row.update(
        seed=trial.seed,
        origin=trial.origin,
        steps=trial.last_step,
        duration=trial.duration,
        started=trial.started,
        ended=trial.ended,
        error=trial.error,
    )
    if trial.replicates:
        row["replicates"] = len(trial.replicates)
    for metric, known in trial.summary.items():
        row.setdefault(metric, known.get("last"))
    for metric, value in (trial.result or {}).items():
        row.setdefault(metric, value)
    return row


def curves_frame(curves: Sequence[Curve]) -> pd.DataFrame:
    """Put learning curves into a long table."""
    import pandas as pd

    rows = [
        (curve.trial, step, value, to_datetime(time))
        for curve in curves
        for step, value, time in zip(curve.steps, curve.values, curve.times)
    ]
    return pd.DataFrame(rows, columns=["trial", "step", "value", "time"])
