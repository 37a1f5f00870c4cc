"""What the dashboard remembers of each sweep, so that only changes are read from the store."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from threading import Lock

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.model.lifecycle import SweepStatus
from sweeper.model.sweep import SweepOverview
from sweeper.store import questions
from sweeper.store.cursors import SweepCursor, sweep_cursor
from sweeper.store.marks import Marks, marks_of
from sweeper.store.store import Store
from sweeper_dashboard.trials import Trials, read_trials

_KEPT_SWEEPS = 8
_STATUS_SECONDS = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One consistent state of a sweep: its overview and its trials by number."""

    overview: SweepOverview
    trials: Trials = field(default_factory=Trials)
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

    def since(self, rev: int) -> Trials:
        """Give the trials that changed after a rev; all where the rev is none of this store."""
        return self.trials if rev > self.rev else self.trials.since(rev)


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
            known = self._view
            stands = None if known is None else sweep_cursor(self.store, self.name)
            if known is None or stands != _cursor(known):
                known = self._view = self._read(known)
                self._checked = self.clock.elapsed()
            elif self.clock.elapsed() - self._checked > _STATUS_SECONDS:
                known = self._view = self._rechecked(known)
            return known

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

    def _read(self, known: View | None) -> View:
        """Read what changed after a view, or everything."""
        cursor = None if known is None else _cursor(known)
        state, trials = read_trials(self.store, self.name, cursor, self.clock)
        overview = state.overview
        if known is None or state.whole:
            return View(
                overview=overview, trials=trials, marks=marks_of(self.store, overview.sweep.id)
            )
        moved = overview.sweep.marked != known.overview.sweep.marked
        marks = marks_of(self.store, overview.sweep.id) if moved else known.marks
        return View(overview=overview, trials=known.trials.renewed(trials), marks=marks)

    def _rechecked(self, view: View) -> View:
        # A controller that dies bumps no rev, yet its sweep is interrupted from then on.
        self._checked = self.clock.elapsed()
        if view.overview.status not in (SweepStatus.RUNNING, SweepStatus.INTERRUPTED):
            return view
        overview = questions.overview(self.store, self.name, self.clock)
        if overview.sweep.rev != view.rev or overview.status == view.overview.status:
            return view
        return replace(view, overview=overview)


def _cursor(view: View) -> SweepCursor:
    sweep = view.overview.sweep
    return SweepCursor(sweep.id, sweep.rev, sweep.marked)


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
