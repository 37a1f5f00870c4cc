"""The controller: one tick gathers, applies, decides, records and carries out.

It is the only writer of a running sweep and holds nothing that is not in the store: whatever
it is about to do is recorded first, and what it did not get to, the next controller does.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sweeper.control.ahead import attempts_ahead
from sweeper.control.asking import decision_of
from sweeper.control.assigning import Assigner
from sweeper.control.budget import Ending, all_tried, ending_due, seconds_until_due
from sweeper.control.granting import GRANTS
from sweeper.control.journal import Journal
from sweeper.control.ledger import Ledger
from sweeper.control.mailbox import Mailbox
from sweeper.control.orders import Orders
from sweeper.control.parts import Parts
from sweeper.control.rebuild import refill, teach_scheduler, teach_searcher, tell_rungs
from sweeper.control.view import Launch, Machines, View, view_of
from sweeper.errors import SweeperError
from sweeper.model.assignment import Decision
from sweeper.model.encoding import Value
from sweeper.model.event import AttemptKey, Ended, Event, Reported
from sweeper.model.lifecycle import ENDED, SweepStatus, TrialStatus, Wish
from sweeper.model.trial import TrialRecord
from sweeper.schedule.scheduler import Progress, Scheduler
from sweeper.store.commands import WishKind
from sweeper.store.leases import release

_PATIENCE = 0.5
_RECORD_SECONDS = 0.1
_SHOW_SECONDS = 0.05
_INSISTED_SECONDS = 5.0


class Controller:
    """Drive one sweep until it is done, stopped or interrupted.

    run() belongs to one thread; request_interrupt() may be called from any, also from a
    signal handler.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._sweep = parts.sweep
        self._options = parts.options
        self._goal = parts.sweep.goals().first
        self._clock = parts.clock
        self._times = parts.times
        self._ledger = Ledger(parts.sweep.goals(), parts.options, parts.times)
        self._assigner = Assigner(
            sweep=parts.sweep,
            options=parts.options,
            space=parts.space,
            code=parts.code,
            searcher=parts.searcher,
            scheduler=parts.scheduler,
            ledger=self._ledger,
        )
        self._orders = Orders(simulated=parts.simulated is not None)
        self._journal = Journal(
            store=parts.store,
            sweep_id=parts.sweep.id,
            lease=parts.lease,
            clock=parts.clock,
            observer=parts.observer,
        )
        self._waiting = threading.Event()
        self._ending: Ending | None = None
        self._paused = self._concluded = False
        self._interrupts = self._obeyed_interrupts = 0
        self._mailbox = Mailbox(store=parts.store, sweep_id=parts.sweep.id, clock=parts.clock)
        self._room = 0
        self._best_params: Mapping[str, Value] = {}
        self._launch = Launch(
            name=parts.sweep.name, goal=self._goal, wanted=parts.options.trials, done_before=0
        )
        self._started_at = self._times.elapsed()
        self._shown_at = float("-inf")
        self.failure: BaseException | None = None
        self.finished = threading.Event()

    def run(self) -> None:
        """Tick until there is nothing left to do, then let go of everything."""
        try:
            self.take_up()
            while not self.tick():
                continue
        # The launcher's thread raises it again; here it only ends the loop.
        except BaseException as error:  # noqa: BLE001
            self.failure = error
        finally:
            try:
                self._let_go()
            except BaseException as error:  # noqa: BLE001 - raised again as above
                self.failure = self.failure or error
            finally:
                self.finished.set()

    def request_interrupt(self) -> None:
        """Stop gracefully, so that running trials can save; asked again, stop at once."""
        self._interrupts += 1

    @property
    def interrupted(self) -> bool:
        """Whether the run ended because it was told to, with everything recorded."""
        return self._ending is not None and self._ending.status is None

    def take_up(self) -> None:
        """Rebuild everything from the store, and record that the sweep runs."""
        recorded = refill(self._ledger, self._parts.store, self._sweep, self._times)
        self._assigner.next_number = len(recorded)
        done_before = sum(trial.status in ENDED for trial in recorded)
        self._launch = replace(self._launch, done_before=done_before)
        teach_searcher(self._parts.searcher, recorded)
        scheduler, rungs = self._parts.scheduler, self._assigner.rung_aware
        if scheduler is not None:
            store = self._parts.store
            teach_scheduler(scheduler, self._ledger, store, self._sweep, recorded, rungs)
        if self._ledger.tally.best is not None:
            self._remember_best(recorded[self._ledger.tally.best[0]])
        self._set_status(SweepStatus.RUNNING, None)
        self._record()

    def tick(self) -> bool:
        """Do one round; True when the sweep needs no further one."""
        self._listen()
        self._obey()
        self._watch_time()
        self._fill()
        # With nothing live, _fill would have begun a trial if there were one left.
        finished = not self._ledger.live and (self._ending is not None or not self._paused)
        if finished:
            self._conclude()
        self._orders.go_ahead(self._parts.backend, self._ledger)
        written = True
        if finished or self._orders or self._is_record_due():
            written = self._record()
            if written:
                self._orders.carry_out(self._parts.backend, self._ledger)
        self._journal.keep_lease()
        self._show()
        return finished and written

    def _listen(self) -> None:
        if self._journal.is_full:
            # Whoever reports faster than this can hold is made to wait by its channel.
            self._waiting.wait(_PATIENCE)
            return
        patience = self._patience()
        due, shown = self._times.elapsed() + patience, self._clock.elapsed() + _SHOW_SECONDS
        while self._hear_on(patience) and self._clock.elapsed() < shown:
            patience = due - self._times.elapsed()
            if patience <= 0:
                break
        for notice in self._parts.spoken.notices() if self._parts.spoken else ():
            self._ledger.changes.event(self._times.now(), "machines", notice)
            self._parts.observer.note(notice)

    def _hear_on(self, patience: float) -> bool:
        """Hear what there is; True where a simulation can go on without the rest of a tick."""
        heard = self._parts.backend.events(patience)
        for event in heard:
            self._hear(event)
        goes_on = heard and all(type(event) is Reported for event in heard)
        if self._parts.simulated is None or not goes_on:
            return False
        self._fill()
        self._orders.go_ahead(self._parts.backend, self._ledger)
        return True

    def _patience(self) -> float:
        """Say how long to listen; simulated time runs until something happens or is due."""
        if not (self._ledger.live or self._paused or self._journal.is_behind):
            return 0.0
        if self._parts.simulated is not None:
            return seconds_until_due(self._ledger, self._options, self._active_seconds())
        # Whoever has nothing to write and no wish to look for can as well sleep on.
        idle = min(_PATIENCE, self._mailbox.seconds_left)
        return _RECORD_SECONDS if self._ledger.changes else idle

    def _show(self) -> None:
        if self._clock.elapsed() - self._shown_at >= _SHOW_SECONDS:
            self._shown_at = self._clock.elapsed()
            self._parts.observer.update(self.view())

    def view(self) -> View:
        """Look at the sweep as it stands."""
        return view_of(
            self._ledger,
            self._launch,
            best_params=self._best_params,
            machines=Machines(self._room, self._standing()),
            seconds=self._times.elapsed() - self._started_at,
            ending=self._ending.reason if self._ending else None,
        )

    def _standing(self) -> str | None:
        return (self._parts.spoken.standing() or None) if self._parts.spoken else None

    # Gather and apply.

    def _hear(self, event: Event) -> None:
        if isinstance(event, Reported):
            self._hear_report(event)
        elif isinstance(event, Ended):
            self._hear_end(event)
        else:
            self._ledger.noted(event)

    def _hear_report(self, event: Reported) -> None:
        progress = self._ledger.reported(event)
        decision = Decision.CONTINUE
        if progress is not None and self._parts.scheduler is not None:
            if self._assigner.rung_aware is not None:
                tell_rungs(self._assigner.rung_aware, self._parts.scheduler, progress)
            decision = self._decide(self._parts.scheduler, event.key, progress)
        if event.waits:
            stopping = self._ledger.is_stopping(event.key)
            self._orders.answers.append((event.key, Decision.STOP if stopping else decision))

    def _decide(self, scheduler: Scheduler, key: AttemptKey, progress: Progress) -> Decision:
        decision = decision_of(scheduler, progress)
        if progress.step <= self._ledger.passed.get(key.trial, 0):
            # An earlier attempt went on from here; asked anew among others, it might not.
            return Decision.CONTINUE
        if decision is Decision.PAUSE:
            self._ledger.hold(key)
        if decision is not Decision.CONTINUE:
            self._stop_trial(key.trial, Wish.PRUNE if decision is Decision.STOP else Wish.PAUSE)
        return decision

    def _hear_end(self, event: Ended) -> None:
        trial = self._ledger.ended(event)
        if trial is None:
            return
        if trial.status in ENDED:
            self._tell_end(trial)
        elif trial.status is TrialStatus.PAUSED and self._assigner.rung_aware is not None:
            self._parts.searcher.observe(trial)
        if trial.error and trial.status in (TrialStatus.WAITING, TrialStatus.FAILED):
            again = "it is tried again" if trial.status is TrialStatus.WAITING else "for good"
            text = f"{trial.error} ({again})"
            self._ledger.changes.event(event.time, "attempt_failed", text, event.key)
            self._parts.observer.note(f"trial {trial.number}: {text}")
        if self._ledger.tally.best is not None and self._ledger.tally.best[0] == trial.number:
            self._remember_best(trial)

    def _tell_end(self, trial: TrialRecord) -> None:
        self._parts.searcher.observe(trial)
        if self._parts.scheduler is not None:
            self._parts.scheduler.observe_end(trial)

    def _remember_best(self, trial: TrialRecord) -> None:
        self._best_params = self._parts.space.decode(trial.params)

    # Decide.

    def _obey(self) -> None:
        """Take up interrupts at once, and the wishes of the store twice a second."""
        if self._interrupts > self._obeyed_interrupts:
            self._obeyed_interrupts = self._interrupts
            self._interrupt(at_once=self._interrupts > 1)
        for wish in self._mailbox.take():
            self._answer(wish)

    def _answer(self, wish: Mapping[str, Any]) -> None:
        answer = self._grant(WishKind(wish["kind"]), wish)
        self._ledger.changes.answers.append(
            {"id": wish["id"], "answered": self._clock.now(), "answer": answer}
        )

    def _interrupt(self, *, at_once: bool) -> None:
        if not self.interrupted:
            self._parts.observer.note(
                "Stopping: running trials get a moment to save. Once more stops at once."
            )
        self._ledger.interrupting = True
        if at_once:
            # Whoever insists does not wait long for a store that is away.
            self._journal.patience = _INSISTED_SECONDS
        self._ending = Ending(status=None, reason="interrupted", wish=Wish.PAUSE)
        for number in self._ledger.live:
            self._stop_trial(number, Wish.PAUSE, 0.0 if at_once else self._options.grace)

    def _grant(self, kind: WishKind, wish: Mapping[str, Any]) -> str:
        trial, by = wish["trial"], wish["by"]
        if kind in GRANTS:
            answer = GRANTS[kind](self._assigner, wish["values"] or {})
            self._options = self._assigner.options
            self._launch = replace(self._launch, wanted=self._options.trials)
            return answer
        if kind is WishKind.STOP and trial is not None:
            return self._cancel_trial(trial)
        if kind is WishKind.STOP:
            self._end_with(Ending(status=SweepStatus.STOPPED, reason=f"stopped by {by}"))
        elif kind is WishKind.PAUSE and not self._paused:
            self._paused = True
            self._set_status(SweepStatus.PAUSED, f"paused by {by}")
            for number in self._ledger.live:
                self._stop_trial(number, Wish.PAUSE)
        elif kind is WishKind.RESUME and self._paused:
            self._paused = False
            self._ledger.release_paused()
            self._set_status(SweepStatus.RUNNING, None)
        return "done"

    def _cancel_trial(self, number: int) -> str:
        if number in self._ledger.live:
            self._stop_trial(number, Wish.CANCEL)
        elif number in self._ledger.trials:
            self._tell_end(self._ledger.cancel(number))
        else:
            return f"trial {number} does not run"
        return "done"

    def _end_with(self, ending: Ending) -> None:
        if self._ending is None:
            self._ending = ending
            for number in self._ledger.live:
                self._stop_trial(number, ending.wish)

    def _stop_trial(self, number: int, wish: Wish, grace: float | None = None) -> None:
        self._ledger.wish(number, wish)
        key = AttemptKey(number, self._ledger.live[number].number)
        self._orders.stops.append((key, self._options.grace if grace is None else grace))

    def _watch_time(self) -> None:
        for key in self._ledger.overtime.overdue():
            self._orders.stops.append((key, self._options.grace))
        if self._ending is None:
            due = ending_due(self._ledger, self._options, self._goal, self._active_seconds())
            if due is not None:
                self._end_with(due)

    def _active_seconds(self) -> float:
        return self._sweep.active_seconds + self._times.elapsed() - self._started_at

    def _fill(self) -> None:
        capacity = self._parts.backend.capacity()
        self._room = min(capacity, self._options.workers or capacity)
        if self._ending is None and not self._paused:
            ahead = attempts_ahead(self._parts, self._options)
            free = self._room + ahead - len(self._ledger.live)
            self._orders.starts += self._assigner.assign(free)
        self._assigner.note(self._times.now())

    def _conclude(self) -> None:
        if self._concluded:
            return
        ending = self._ending = self._ending or all_tried(
            self._ledger, self._assigner.next_number, exhausted=self._assigner.exhausted
        )
        self._concluded = True
        if ending.status is None:
            self._ledger.changes.event(self._times.now(), "interrupted", ending.reason)
            return
        unfinished = dict(self._ledger.trials)
        self._ledger.end_unfinished()
        if self._ledger.tally.best is not None and self._ledger.tally.best[0] in unfinished:
            self._remember_best(unfinished[self._ledger.tally.best[0]])
        self._set_status(ending.status, ending.reason)
        self._ledger.changes.sweep["ended"] = self._times.now()

    def _set_status(self, status: SweepStatus, reason: str | None) -> None:
        changes = self._ledger.changes
        changes.sweep.update(status=status.value, reason=reason, ended=None)
        changes.event(self._times.now(), f"sweep_{status.value}", reason or "")

    # Record, and let go.

    def _is_record_due(self) -> bool:
        due = self._journal.seconds_since_written >= _RECORD_SECONDS
        return due and (self._journal.is_behind or bool(self._ledger.changes))

    def _record(self) -> bool:
        self._assigner.note(self._times.now())
        changes = self._ledger.take_changes()
        changes.sums = self._ledger.tally.sums(self._active_seconds(), self._times.now())
        return self._journal.write(changes)

    def _let_go(self) -> None:
        try:
            self._parts.backend.close()
        finally:
            # What this failure hides is less than what ended the run: the lease expires by itself.
            with suppress(SweeperError):
                release(self._parts.store, self._sweep.id, self._parts.lease)
            outcome = self._ending.reason if self._ending else "ended by an error"
            self._parts.observer.end(self.view(), outcome)
