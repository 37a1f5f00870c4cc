"""How often somebody may try to log in: a few times in some minutes, by key."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from threading import Lock

from sweeper.clock import SYSTEM_CLOCK, Clock

_MOST_KEYS = 10_000
SECONDS = 300.0


@dataclass(slots=True, kw_only=True)
class Throttle:
    """Counts the tries of the last minutes; threads may share it."""

    clock: Clock = SYSTEM_CLOCK
    seconds: float = SECONDS
    _tries: dict[str, deque[float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def admit(self, limits: dict[str, int]) -> bool:
        """Count one try for each key, unless one of them has had its number of tries.

        A try is counted before it is known to be wrong: many at once are not admitted.
        """
        now = self.clock.elapsed()
        with self._lock:
            self._forget(now)
            held = {key: self._tries.get(key, deque()) for key in limits}
            if any(len(held[key]) >= most for key, most in limits.items()):
                return False
            for key, tries in held.items():
                tries.append(now)
                self._tries[key] = tries
            return True

    def forgive(self, keys: dict[str, int]) -> None:
        """Take the latest try of each key back: it was right."""
        with self._lock:
            for key in keys:
                tries = self._tries.get(key)
                if tries:
                    tries.pop()

    def _forget(self, now: float) -> None:
        for key in list(self._tries):
            tries = self._tries[key]
            while tries and now - tries[0] >= self.seconds:
                tries.popleft()
            if not tries:
                del self._tries[key]
        while len(self._tries) >= _MOST_KEYS:
            del self._tries[next(iter(self._tries))]
