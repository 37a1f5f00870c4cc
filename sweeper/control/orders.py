"""What the backend is to be told once the reasons for it are recorded."""

from __future__ import annotations

from dataclasses import dataclass, field

from sweeper.backend import Backend
from sweeper.control.ledger import Ledger
from sweeper.model.assignment import Assignment, Decision
from sweeper.model.event import AttemptKey


@dataclass(slots=True)
class Orders:
    """Answers, stops and starts of one tick; stops carry their grace in seconds.

    simulated says that attempts live in the controller's own process and time. A crash takes them
    along with all that they were told since the last record, so that nothing has to wait for one.
    """

    simulated: bool = False
    answers: list[tuple[AttemptKey, Decision]] = field(default_factory=list)
    stops: list[tuple[AttemptKey, float]] = field(default_factory=list)
    starts: list[Assignment] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.answers or self.stops or self.starts)

    def go_ahead(self, backend: Backend, ledger: Ledger) -> None:
        """Carry out what is safe without a record: to let an attempt go on, or simulate it."""
        if self.simulated:
            self.carry_out(backend, ledger)
            return
        if not self.answers:
            return
        for key, decision in self.answers:
            if decision is Decision.CONTINUE:
                backend.answer(key, decision)
        self.answers = [(key, d) for key, d in self.answers if d is not Decision.CONTINUE]

    def carry_out(self, backend: Backend, ledger: Ledger) -> None:
        """Tell the backend, in the order answer, start, stop, and forget.

        While the store was away, a start may have waited until it was to be stopped again.
        """
        for key, decision in self.answers:
            backend.answer(key, decision)
        for assignment in self.starts:
            backend.start(assignment)
            ledger.launched(assignment.key)
        for key, grace in self.stops:
            backend.stop(key, grace)
        self.answers, self.stops, self.starts = [], [], []
