"""What the dashboard remembers of each sweep, so that only changes are read from the store."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.model.lifecycle import SweepStatus
from sweeper.model.sweep import SweepOverview
from sweeper.model.trial import TrialRecord
from sweeper.store import questions
from sweeper.store.cursors import sweep_cursor
from sweeper.store.marks import Marks, marks_of
from sweeper.store.store import Store

_KEPT_SWEEPS = 8
_STATUS_SECONDS = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One consistent state of a sweep: its overview and its trials by number.

    ends gives the latest attempt of each trial that has had one.
    """

    overview: SweepOverview
    trials: tuple[TrialRecord, ...]
    ends: Mapping[int, questions.LastAttempt] = field(default_factory=dict)
    marks: Marks = field(default_factory=Marks)

    @property
    def rev(self) -> int:
        """The cursor of this state."""
        return self.overview.sweep.rev

    @property
    def stamp(self) -> tuple[object, ...]:
        """What is the same for two views exactly where they show the same."""
        sweep = self.overview.sweep
        return sweep.id, sweep.rev, sweep.marked, self.overview.status

    def since(self, rev: int) -> tuple[TrialRecord, ...]:
        """Give the trials that changed after a rev; all where the rev is none of this store."""
        if rev > self.rev:
            return self.trials
        return tuple(trial for trial in self.trials if trial.rev > rev)


@dataclass(slots=True)
class Mirror:
    """One sweep as last read; threads may share it."""

    store: Store
    name: str
    clock: Clock = SYSTEM_CLOCK
    _view: View | None = None
    _checked: float = 0.0
    _lock: Lock = field(default_factory=Lock)
    _made: dict[str, tuple[tuple[object, ...], bytes]] = field(default_factory=dict)

    def view(self) -> View:
        """Give the present state, reading only what changed.

        Raises:
            SweepNotFound: there is no sweep of this name.
        """
        with self._lock:
            if self._view is None or not self._stands(self._view):
                self._view = self._merged(self._changes())
                self._checked = self.clock.elapsed()
            elif self.clock.elapsed() - self._checked > _STATUS_SECONDS:
                self._view = self._rechecked(self._view)
            return self._view

    def _stands(self, view: View) -> bool:
        """Tell whether the store has recorded nothing since a view was read."""
        sweep = view.overview.sweep
        return sweep_cursor(self.store, self.name) == (sweep.id, sweep.rev, sweep.marked)

    def _changes(self) -> questions.Changed | None:
        known = None if self._view is None else self._view.overview.sweep
        return questions.changes_since(
            self.store,
            self.name,
            -1 if known is None else known.rev,
            self.clock,
            marked=None if known is None else known.marked,
        )

    def cached(self, key: str, stamp: tuple[object, ...]) -> bytes | None:
        """Give the bytes made under a key, if they were made for the same stamp."""
        made = self._made.get(key)
        return made[1] if made is not None and made[0] == stamp else None

    def keep(self, key: str, stamp: tuple[object, ...], made: bytes) -> bytes:
        """Remember the bytes made for a stamp under a key, in place of older ones."""
        if len(self._made) > 64:
            self._made.clear()
        self._made[key] = (stamp, made)
        return made

    def _merged(self, changed: questions.Changed | None) -> View:
        if changed is None:
            overview = questions.overview(self.store, self.name, self.clock)
            return View(overview=overview, trials=())
        known = self._view
        again = known is not None and (
            changed.overview.sweep.id != known.overview.sweep.id or changed.rev < known.rev
        )
        if again:
            return self._read_again(changed)
        if known is not None and changed.overview.sweep.marked != known.overview.sweep.marked:
            known = replace(known, marks=marks_of(self.store, changed.overview.sweep.id))
        if known is None:
            marks = marks_of(self.store, changed.overview.sweep.id)
            known = View(overview=changed.overview, trials=(), marks=marks)
        trials = {trial.number: trial for trial in known.trials}
        trials.update((trial.number, trial) for trial in changed.trials)
        ordered = tuple(trials[number] for number in sorted(trials))
        ends = {**known.ends, **changed.ends}
        return replace(known, overview=changed.overview, trials=ordered, ends=ends)

    def _read_again(self, changed: questions.Changed) -> View:
        sweep = changed.overview.sweep.id
        return View(
            overview=changed.overview,
            trials=tuple(questions.list_trials(self.store, sweep)),
            ends=questions.last_attempts(self.store, sweep),
            marks=marks_of(self.store, sweep),
        )

    def _rechecked(self, view: View) -> View:
        # A controller that dies bumps no rev, yet its sweep is interrupted from then on.
        self._checked = self.clock.elapsed()
        if view.overview.status not in (SweepStatus.RUNNING, SweepStatus.INTERRUPTED):
            return view
        overview = questions.overview(self.store, self.name, self.clock)
        if overview.sweep.rev != view.rev or overview.status == view.overview.status:
            return view
        return replace(view, overview=overview)


class Mirrors:
    """The mirrors of the sweeps that were looked at lately."""

    def __init__(self, store: Store, clock: Clock = SYSTEM_CLOCK) -> None:
        self.store = store
        self.clock = clock
        self._mirrors: OrderedDict[str, Mirror] = OrderedDict()
        self._lock = Lock()

    def of(self, name: str) -> Mirror:
        """Give the mirror of a sweep, whether or not the sweep exists."""
        with self._lock:
            mirror = self._mirrors.pop(name, None) or Mirror(self.store, name, self.clock)
            self._mirrors[name] = mirror
            while len(self._mirrors) > _KEPT_SWEEPS:
                self._mirrors.popitem(last=False)
            return mirror
