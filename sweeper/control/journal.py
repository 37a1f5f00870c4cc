"""Recording against a store that may be away for a while: what is heard waits, within bounds."""

from __future__ import annotations

from dataclasses import dataclass, field

from sweeper.clock import Clock
from sweeper.control.view import Observer
from sweeper.errors import StoreUnavailable
from sweeper.model.sweep import LeaseHolder
from sweeper.store import questions
from sweeper.store.recording import Changes, keep_lease, record, record_once
from sweeper.store.store import Store

_LEASE_SECONDS = 5.0
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 5.0
_PATIENCE_SECONDS = 15 * 60.0
_MOST_ROWS = 100_000


@dataclass(kw_only=True)
class Journal:
    """Write changes to the store, and keep them while the store is away.

    Nothing is dropped and nothing written twice. A transaction that got no answer may have been
    recorded all the same, so that it is sent again as it was and only where the sweep's rev says
    that it was not; what came after it follows in a transaction of its own. When its patience is
    over the journal raises; whatever was not recorded by then, the next controller runs again.
    """

    store: Store
    sweep_id: int
    lease: LeaseHolder
    clock: Clock
    observer: Observer
    patience: float = _PATIENCE_SECONDS
    _pending: Changes | None = None
    _unanswered: Changes | None = None
    _rev: int | None = None
    _away_since: float | None = None
    _retry_at: float = field(default=float("-inf"))
    _pause: float = _FIRST_PAUSE
    _written_at: float = field(default=float("-inf"))

    @property
    def is_behind(self) -> bool:
        """Whether something waits for the store to come back."""
        return self._pending is not None or self._unanswered is not None

    @property
    def is_full(self) -> bool:
        """Whether so much waits that nothing more should be heard."""
        if not self.is_behind:
            return False
        waiting = [part for part in (self._pending, self._unanswered) if part is not None]
        return sum(part.size for part in waiting) > _MOST_ROWS

    @property
    def seconds_since_written(self) -> float:
        """How long ago the store was written."""
        return self.clock.elapsed() - self._written_at

    def write(self, changes: Changes) -> bool:
        """Record changes with all that waits; False where the store is away.

        Raises:
            LeaseLost: another controller has taken the sweep over.
            StoreError: the store refuses, or was away for too long.
        """
        if self._pending is None:
            self._pending = changes
        else:
            self._pending.absorb(changes)
        if self.clock.elapsed() < self._retry_at:
            return False
        try:
            self._send_again()
            self._send()
        except StoreUnavailable as error:
            self._put_off(error)
            return False
        self._came_back()
        return True

    def _send(self) -> None:
        if self._rev is None:
            self._rev = questions.current_rev(self.store, self.sweep_id)
        self._unanswered, self._pending = self._pending or Changes(), None
        self._rev = record(self.store, self.sweep_id, self.lease, self._unanswered, self.clock)
        self._unanswered = None

    def _send_again(self) -> None:
        if self._unanswered is None or self._rev is None:
            return
        self._rev = record_once(
            self.store, self.sweep_id, self.lease, self._unanswered, self.clock, self._rev
        )
        self._unanswered = None

    def keep_lease(self) -> None:
        """Extend the lease where nothing was written for a while.

        Raises:
            LeaseLost: another controller has taken the sweep over.
        """
        if self.is_behind or self.seconds_since_written < _LEASE_SECONDS:
            return
        if self.clock.elapsed() < self._retry_at:
            return
        try:
            keep_lease(self.store, self.sweep_id, self.lease, self.clock)
        except StoreUnavailable as error:
            self._put_off(error)
            return
        self._came_back()

    def _put_off(self, error: StoreUnavailable) -> None:
        now = self.clock.elapsed()
        if self._away_since is None:
            self._away_since = now
            self.observer.note(
                f"The store is away: {error.message}. Training goes on; reports are kept here."
            )
        if now - self._away_since > self.patience:
            raise error
        self._retry_at = now + self._pause
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)

    def _came_back(self) -> None:
        if self._away_since is not None:
            self.observer.note("The store is back, and everything is recorded.")
        self._away_since = None
        self._retry_at = float("-inf")
        self._pause = _FIRST_PAUSE
        self._written_at = self.clock.elapsed()
