"""How the trials of a running sweep stand: events go in, records to be written come out.

No I/O happens here. Every move of a trial or an attempt goes through the lifecycle's tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sweeper.clock import Clock
from sweeper.control.judging import (
    Circumstances,
    as_progress,
    broken_by,
    has_chance,
    held_result,
    in_a_line,
    judged,
    result_of,
    summary_after,
)
from sweeper.control.overtime import Overtime
from sweeper.control.saved import Saved
from sweeper.control.tally import Tally
from sweeper.model.changed import changed
from sweeper.model.encoding import Json
from sweeper.model.event import (
    TRIAL_PAUSED,
    TRIAL_RESUMED,
    AttemptKey,
    Ended,
    Event,
    Logged,
    Measured,
    Published,
    Removed,
    Reported,
    Started,
)
from sweeper.model.lifecycle import (
    ENDED,
    AttemptStatus,
    Outcome,
    TrialStatus,
    Wish,
    advance_attempt,
    advance_trial,
    trial_after,
)
from sweeper.model.objective import Objective
from sweeper.model.sweep import Options
from sweeper.model.trial import AttemptRecord, TrialRecord
from sweeper.schedule.scheduler import Progress
from sweeper.store.recording import Changes


class Ledger:
    """Keep the trials that have not ended, their live attempts, and the tally of all.

    passed holds the steps up to which earlier attempts of a trial have come: what the scheduler
    had to say of them is said. saved holds the checkpoints that lie there, held the trials that
    the scheduler has paused.
    """

    def __init__(self, objective: Objective, options: Options, clock: Clock) -> None:
        self.trials: dict[int, TrialRecord] = {}
        self.live: dict[int, AttemptRecord] = {}
        self.passed: dict[int, int] = {}
        self.saved = Saved()
        self.held: set[int] = set()
        self.tally = Tally(objective.first)
        self.overtime = Overtime(options.timeout, clock)
        self.interrupting = False
        self._waiting: set[int] = set()
        self._objective = objective
        self._options = options
        self._clock = clock
        self._changes = Changes()

    def take_changes(self) -> Changes:
        """Give what is to be recorded, once."""
        changes, self._changes = self._changes, Changes()
        return changes

    @property
    def changes(self) -> Changes:
        """What is to be recorded with the next transaction."""
        return self._changes

    def add(
        self,
        number: int,
        params: Mapping[str, Json],
        *,
        seed: int,
        origin: str,
        memory: Json = None,
    ) -> TrialRecord:
        """Make a trial; it waits for its first attempt."""
        trial = TrialRecord(
            number=number,
            status=TrialStatus.WAITING,
            params=params,
            seed=seed,
            origin=origin,
            memory=memory,
            created=self._clock.now(),
        )
        self.trials[number] = trial
        self._waiting.add(number)
        self.tally.counts[TrialStatus.WAITING] += 1
        self._changes.new_trials[number] = trial
        return trial

    def take_in(self, trial: TrialRecord) -> None:
        """Count in a trial that was recorded before."""
        self.tally.counts[trial.status] += 1
        self.tally.furthest = max(self.tally.furthest, trial.last_step)
        self.tally.gpu_seconds += trial.duration * self._options.resources.all_gpus
        if trial.status in ENDED:
            self.tally.add(trial)
        else:
            self.trials[trial.number] = trial
        if trial.status is TrialStatus.WAITING:
            self._waiting.add(trial.number)

    def waiting(self) -> list[int]:
        """Give the numbers of the trials that wait for an attempt, the lowest first."""
        return sorted(self._waiting)

    def start(self, number: int) -> AttemptRecord:
        """Make the next attempt of a trial."""
        now = self._clock.now()
        trial = self.trials[number]
        attempt = AttemptRecord(
            trial=number, number=trial.attempts + 1, status=AttemptStatus.CREATED, created=now
        )
        self.live[number] = attempt
        done = int(trial.summary.get(self._objective.first.metric, {}).get("step", 0))
        self.passed[number] = max(done, self.passed.get(number, 0))
        self._changes.new_attempts[AttemptKey(number, attempt.number)] = attempt
        self._move(
            trial, TrialStatus.RUNNING, attempts=attempt.number, started=trial.started or now
        )
        return attempt

    def launched(self, key: AttemptKey) -> None:
        """Note that an attempt was handed to the backend."""
        self._advance(self.live[key.trial], AttemptStatus.LAUNCHED)

    def began(self, event: Started) -> None:
        """Note that a worker runs an attempt."""
        attempt = self.current(event.key)
        if attempt is not None and attempt.status is not AttemptStatus.RUNNING:
            self.overtime.began(event.key)
            self._advance(
                attempt,
                AttemptStatus.RUNNING,
                host=event.host,
                pid=event.pid,
                devices=event.devices,
                started=event.time,
            )

    def reported(self, event: Reported) -> Progress | None:
        """Note a report; gives it as the scheduler sees it where it carries the objective."""
        if self.current(event.key) is None:
            return None
        trial = self.trials[event.key.trial]
        goal = self._objective.first
        before = int(trial.summary.get(goal.metric, {}).get("step", 0))
        for metric, value in event.metrics.items():
            row = (value, event.time, event.key.attempt)
            self._changes.metrics[(trial.number, metric, event.step)] = row
        self.tally.furthest = max(self.tally.furthest, event.step)
        summary = summary_after(self._objective, trial, event)
        after = changed(trial, summary=summary, last_step=event.step)
        if event.replicate is None:
            self.trials[trial.number] = after
            self._changes.report(after)
        else:
            self._note(changed(after, replicates=(*trial.replicates, event.replicate)))
        if goal.metric not in event.metrics:
            return None
        # A replicate that has ended needs no checkpoint to go on from.
        saved = self.saved.newest(trial.number) if event.replicate is None else event.step
        return as_progress(goal, trial, event, before, saved)

    def logged(self, event: Logged) -> None:
        """Note what an attempt wrote."""
        if self.current(event.key) is not None:
            self._changes.log(event)

    def published(self, event: Published) -> None:
        """Note a checkpoint or artifact."""
        if self.current(event.key) is not None:
            if event.kind == "checkpoint":
                self.saved.add(event.key.trial, event.step)
            self._changes.publish(event)

    def removed(self, event: Removed) -> None:
        """Note that a checkpoint is gone."""
        if self.current(event.key) is not None:
            self.saved.remove(event.key.trial, event.name)
            self._changes.remove_artifact(event.key.trial, event.kind, event.name)

    def wish(self, number: int, wish: Wish) -> bool:
        """Write a wish on a live attempt; False where a stronger or equal one stands."""
        attempt = self.live.get(number)
        if attempt is None or attempt.wish >= wish:
            return False
        self.live[number] = changed(attempt, wish=wish)
        self._changes.attempt(self.live[number])
        return True

    def end_unfinished(self) -> None:
        """End the trials that have not, at the end of their sweep.

        Whom the scheduler has paused, it has found not to be worth more: that one is pruned.
        """
        for number in list(self.trials):
            if number not in self.held:
                self.cancel(number)
            elif 0 < self.tally.furthest <= self.tally.longest <= self.trials[number].last_step:
                # It was paused with nothing left to do, as nobody has ever come further.
                self.end_held(number, TrialStatus.COMPLETED)
            else:
                self.end_held(number, TrialStatus.PRUNED)

    def end_held(self, number: int, status: TrialStatus) -> TrialRecord:
        """End a trial that the scheduler has paused: its last report counts."""
        trial = self.trials[number]
        self.held.discard(number)
        status, results = held_result(self._objective, trial, status)
        return self._end(trial, status, ended=self._clock.now(), **results)

    def cancel(self, number: int) -> TrialRecord:
        """Cancel a trial that has no live attempt."""
        return self._end(self.trials[number], TrialStatus.CANCELLED, ended=self._clock.now())

    def ended(self, event: Ended) -> TrialRecord | None:
        """Note the end of an attempt, and give what has become of its trial."""
        attempt = self.current(event.key)
        if attempt is None:
            return None
        circumstances = Circumstances(
            wish=attempt.wish,
            timed_out=event.key in self.overtime,
            interrupting=self.interrupting,
            held=event.key.trial in self.held,
            broken=broken_by(self._objective, self.trials[attempt.trial], event),
        )
        status, outcome, failure = judged(event, circumstances, self._options)
        on_the_way = {
            AttemptStatus.CREATED: AttemptStatus.LAUNCHED,
            AttemptStatus.LAUNCHED: AttemptStatus.RUNNING,
        }
        while status is AttemptStatus.SUCCEEDED and attempt.status in on_the_way:
            # The quickest attempts end before anybody has heard that they began.
            attempt = changed(attempt, status=on_the_way[attempt.status])
        self._advance(
            attempt,
            status,
            outcome=outcome,
            ended=event.time,
            usage={**(attempt.usage or {}), **(event.usage or {})} or None,
            error_type=failure.type if failure else None,
            error=failure.message if failure else None,
            traceback=(failure.traceback or None) if failure else None,
        )
        return self._after(self.live.pop(event.key.trial), event)

    def noted(self, event: Event) -> None:
        """Note what asks for no decision."""
        takers: dict[type[Event], Callable[[Any], None]] = {
            Started: self.began,
            Logged: self.logged,
            Published: self.published,
            Removed: self.removed,
            Measured: self.measured,
        }
        takers[type(event)](event)

    def measured(self, event: Measured) -> None:
        """Note what a live attempt has used so far."""
        attempt = self.current(event.key)
        if attempt is not None:
            self.live[attempt.trial] = changed(
                attempt, usage={**(attempt.usage or {}), **event.usage}
            )
            self._changes.attempt(self.live[attempt.trial])

    def current(self, key: AttemptKey) -> AttemptRecord | None:
        """Give a live attempt; None for a stale one, whose words are dropped."""
        attempt = self.live.get(key.trial)
        return attempt if attempt is not None and attempt.number == key.attempt else None

    def is_stopping(self, key: AttemptKey) -> bool:
        """Tell whether an attempt is to end, or has."""
        attempt = self.current(key)
        return attempt is None or attempt.wish is not Wish.NONE or key in self.overtime

    def _after(self, attempt: AttemptRecord, event: Ended) -> TrialRecord:
        trial = self.trials[attempt.trial]
        seconds = self._seconds(attempt, event)
        self.tally.gpu_seconds += seconds * self._options.resources.all_gpus
        lost = attempt.status is AttemptStatus.LOST and attempt.wish is Wish.NONE
        trial = changed(
            trial,
            duration=trial.duration + seconds,
            failures=trial.failures + (attempt.status is AttemptStatus.FAILED),
            losses=trial.losses + lost,
            error=in_a_line(attempt),
            result=event.result,
        )
        after = trial_after(
            attempt.status,
            attempt.wish,
            chance_left=has_chance(trial, attempt, self._options),
            story=f"trial {attempt.trial}, attempt {attempt.number}",
            feasible=attempt.outcome is not Outcome.INFEASIBLE,
        )
        if after is not TrialStatus.PAUSED:
            self.held.discard(trial.number)
        elif trial.number in self.held:
            # One that has come to its rung has not failed.
            self.tally.failed_in_a_row = 0
        if after not in ENDED:
            self._move(trial, after)
            return self.trials[trial.number]
        result = result_of(self._objective, trial, event)
        return self._end(trial, after, ended=event.time, **result)

    def _seconds(self, attempt: AttemptRecord, event: Ended) -> float:
        """Say how long an attempt ran, by clocks that nobody sets: its worker's, else ours."""
        ran = self.overtime.ended(event.key)
        if event.usage and "seconds" in event.usage:
            return float(event.usage["seconds"])
        return max(0.0, event.time - (attempt.started or event.time)) if ran is None else ran

    def _end(self, trial: TrialRecord, status: TrialStatus, **known: Any) -> TrialRecord:
        self._move(trial, status, **known)
        ended = self.trials.pop(trial.number)
        self.tally.add(ended)
        return ended

    def _move(self, trial: TrialRecord, status: TrialStatus, **known: Any) -> None:
        advance_trial(trial.status, status, f"trial {trial.number}")
        self.tally.counts[trial.status] -= 1
        self.tally.counts[status] += 1
        self._waiting.discard(trial.number)
        if status is TrialStatus.WAITING:
            self._waiting.add(trial.number)
        self._note(changed(trial, status=status, **known))

    def _note(self, trial: TrialRecord) -> None:
        self.trials[trial.number] = trial
        self._changes.trial(trial)

    def release_paused(self) -> None:
        """Let the trials that a person or an interrupt has paused wait for their next attempt."""
        for trial in [t for t in self.trials.values() if t.status is TrialStatus.PAUSED]:
            if trial.number not in self.held:
                self._move(trial, TrialStatus.WAITING)

    def hold(self, key: AttemptKey) -> None:
        """Note that the scheduler pauses an attempt: its trial goes on when the scheduler says."""
        self.held.add(key.trial)
        text = f"the scheduler paused it at step {self.trials[key.trial].last_step}"
        self._changes.event(self._clock.now(), TRIAL_PAUSED, text, key)

    def resume(self, number: int) -> None:
        """Let a trial that the scheduler has paused wait for its next attempt."""
        trial = self.trials[number]
        self.held.discard(number)
        text = f"the scheduler lets it go on from step {trial.last_step}"
        key = AttemptKey(number, trial.attempts)
        self._changes.event(self._clock.now(), TRIAL_RESUMED, text, key)
        self._move(trial, TrialStatus.WAITING)

    def take_back(self, trial: TrialRecord) -> None:
        """Take in a trial that waited when its sweep ended, and waits again."""
        advance_trial(trial.status, TrialStatus.PAUSED, f"trial {trial.number}")
        self.held.add(trial.number)
        self.take_in(changed(trial, status=TrialStatus.PAUSED, value=None, ended=None))
        self._note(self.trials[trial.number])

    def _advance(self, attempt: AttemptRecord, status: AttemptStatus, **known: Any) -> None:
        story = f"trial {attempt.trial}, attempt {attempt.number}"
        advanced = advance_attempt(attempt.status, status, story)
        moved = changed(attempt, status=advanced, **known)
        self.live[attempt.trial] = moved
        self._changes.attempt(moved)
