"""Progress of a running sweep: live on a terminal, in a notebook, or as plain lines."""

from __future__ import annotations

import sys
from html import escape
from typing import Any, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.control.view import Observer, Silent, View
from sweeper.display.wording import best, configuration, counts, duration, number

_LINE_SECONDS = 10.0
_LIVE_SECONDS = 0.1
_STYLES = {
    "running": "cyan",
    "completed": "green",
    "infeasible": "magenta",
    "pruned": "yellow",
    "failed": "red",
    "waiting": "dim",
    "paused": "dim",
    "cancelled": "dim",
}


def make_observer(store: str, *, shown: bool, clock: Clock = SYSTEM_CLOCK) -> Observer:
    """Give the observer that suits where the output goes; silent where none is wanted."""
    if not shown:
        return Silent()
    if _in_notebook():
        return NotebookProgress(store, clock)
    if sys.stderr.isatty():
        return LiveProgress(Console(stderr=True), store, clock)
    return LineProgress(sys.stderr, store, clock)


def _in_notebook() -> bool:
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return type(shell).__name__ == "ZMQInteractiveShell"


def farewell(view: View, outcome: str) -> list[str]:
    """Say in a few lines how a sweep ended and what to do next."""
    lines = [f"Sweep {view.name!r}: {outcome} after {duration(view.seconds)}; {counts(view)}."]
    if view.best_trial is not None:
        lines.append(
            f"Best {view.goal.metric}: {number(view.best_value)} (trial {view.best_trial}): "
            f"{configuration(view.best_params)}"
        )
    if view.saved is not None:
        lines.append(f"Pruning saved {view.saved:.0%} of the training steps.")
    if view.ending == "interrupted":
        lines.append(f"Everything is recorded. Go on with: sweeper resume {view.name}")
    return lines


class LineProgress:
    """Write a plain line now and then, and one for everything that stays."""

    def __init__(self, stream: TextIO, store: str, clock: Clock) -> None:
        self._stream = stream
        self._store = store
        self._clock = clock
        self._said_at: float | None = None
        self._best: int | None = None

    def update(self, view: View) -> None:
        now = self._clock.elapsed()
        if self._said_at is None:
            self._say(f"Sweep {view.name!r}: {view.workers} workers, {self._store}")
            self._said_at = now
        improved = view.best_trial != self._best and now - self._said_at >= 1.0
        if improved or now - self._said_at >= _LINE_SECONDS:
            left = view.seconds_left
            eta = "" if left is None else f", about {duration(left)} left"
            machines = f"; {view.machines}" if view.machines else ""
            self._say(f"{counts(view)}{eta}; {best(view)}{machines}")
            self._said_at, self._best = now, view.best_trial

    def note(self, text: str) -> None:
        self._say(text)

    def end(self, view: View, outcome: str) -> None:
        for line in farewell(view, outcome):
            self._say(line)

    def _say(self, text: str) -> None:
        self._stream.write(f"{text}\n")
        self._stream.flush()


class LiveProgress:
    """Redraw a few lines in place on a terminal."""

    def __init__(self, console: Console, store: str, clock: Clock) -> None:
        self._console = console
        self._store = store
        self._clock = clock
        self._drawn_at = float("-inf")
        self._live: Live | None = None

    def update(self, view: View) -> None:
        if self._clock.elapsed() - self._drawn_at < _LIVE_SECONDS:
            return
        self._drawn_at = self._clock.elapsed()
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(drawing(view), refresh=True)

    def note(self, text: str) -> None:
        self._console.print(Text(text, style="yellow"))

    def end(self, view: View, outcome: str) -> None:
        if self._live is not None:
            self._live.stop()
        for line in farewell(view, outcome):
            self._console.print(Text(line), soft_wrap=True)


def drawing(view: View) -> Group:
    """Draw a moment of a sweep for a terminal."""
    head = Table.grid(padding=(0, 1), expand=False)
    bar = ProgressBar(total=view.wanted, completed=view.ended, width=30)
    wanted = "" if view.wanted is None else f"/{view.wanted}"
    left = "" if view.seconds_left is None else f"about {duration(view.seconds_left)} left"
    head.add_row(Text(view.name, style="bold"), bar, Text(f"{view.ended}{wanted}"), Text(left))
    line = Text()
    for status, count in sorted(view.counts.items()):
        line.append(f"{count} {status}  ", style=_STYLES.get(status, ""))
    if view.saved is not None:
        line.append(f"pruning saves {view.saved:.0%}  ", style="dim")
    line.append(duration(view.seconds), style="dim")
    lines = [line, Text(best(view), style="green", overflow="ellipsis", no_wrap=True)]
    if view.machines:
        lines.append(Text(view.machines, style="dim", overflow="ellipsis", no_wrap=True))
    return Group(head, *lines)


class NotebookProgress:
    """Redraw one cell's output in a notebook."""

    def __init__(self, store: str, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._drawn_at = float("-inf")
        self._notes: list[str] = []
        self._handle: Any = None

    def update(self, view: View) -> None:
        if self._clock.elapsed() - self._drawn_at >= 1.0:
            self._drawn_at = self._clock.elapsed()
            machines = [view.machines] if view.machines else []
            self._draw([counts(view), best(view), *machines], view)

    def note(self, text: str) -> None:
        self._notes = [*self._notes[-4:], text]

    def end(self, view: View, outcome: str) -> None:
        self._draw(farewell(view, outcome), view)

    def _draw(self, lines: list[str], view: View) -> None:
        from IPython.display import HTML, display

        shown = HTML(in_html(view, [*lines, *self._notes]))
        if self._handle is None:
            self._handle = display(shown, display_id=True)
        else:
            self._handle.update(shown)


def in_html(view: View, lines: list[str]) -> str:
    """Draw a moment of a sweep for a notebook."""
    share = 100 * view.ended / view.wanted if view.wanted else 0
    body = "".join(f"<div>{escape(line)}</div>" for line in lines)
    return (
        f'<div><b>{escape(view.name)}</b> <progress max="100" value="{share:.1f}"></progress>'
        f"{body}</div>"
    )
