"""Sweeping a script that knows nothing of sweeper: its flags in, its printed metrics out."""

from __future__ import annotations

import codecs
import json
import os
import re
import selectors
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import IO

from sweeper.errors import SweeperError
from sweeper.sweepable import sweepable
from sweeper.worker.context import current
from sweeper.worker.inside import SCRIPT_REPORTS, report

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:nan|inf)"
_PAIR = re.compile(rf"(?<![\w.])([A-Za-z_][\w./-]*)\s*[=:]\s*({_NUMBER})(?![\w.])")
_STEPS = ("step", "epoch", "iteration")


@sweepable
def run_script(
    script: str, arguments: Sequence[str] = (), **flags: object
) -> dict[str, float] | None:
    """Run a script once with these flags, and report the metrics that it prints.

    A line counts where it holds name=number pairs or is a JSON object of numbers; what the
    script hands to sweeper.report() counts as it is.

    Raises:
        SweeperError: the script ended with another exit code than 0.
    """
    command = [sys.executable, "-u", script]
    for name, value in flags.items():
        command += [f"--{name}", value if isinstance(value, str) else json.dumps(value)]
    found: dict[str, float] = {}
    with _Reports(found) as reports:
        process = subprocess.Popen(
            [*command, *arguments],
            stdout=subprocess.PIPE,
            pass_fds=[reports.theirs],
            env={**os.environ, SCRIPT_REPORTS: str(reports.theirs)},
        )
        try:
            for line in reports.beside(process.stdout):
                sys.stdout.write(line)
                reports.take(None, metrics_in(line))
        except BaseException:
            process.kill()
            raise
        finally:
            code = process.wait()
    if code != 0:
        raise SweeperError(
            f"{script} ended with exit code {code}",
            hint="See the trial's log for what it wrote.",
        )
    return found or None


class _Reports:
    """A pipe into which a script's sweeper.report() writes, and the newest of every metric."""

    def __init__(self, found: dict[str, float]) -> None:
        self._found = found
        self._rest = b""
        self._ours, self.theirs = os.pipe()
        os.set_blocking(self._ours, False)

    def __enter__(self) -> _Reports:
        return self

    def __exit__(self, *_error: object) -> None:
        os.close(self._ours)
        os.close(self.theirs)

    def take(self, step: int | None, metrics: dict[str, float]) -> None:
        """Report what the script has said."""
        if metrics:
            self._found.update(metrics)
            _report(step, metrics)

    def beside(self, output: IO[bytes] | None) -> Iterator[str]:
        """Give a script's lines as it prints them, and take its reports meanwhile."""
        if output is None:
            return
        rest = ""
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        with selectors.DefaultSelector() as selector, output:
            selector.register(output, selectors.EVENT_READ)
            selector.register(self._ours, selectors.EVENT_READ)
            while True:
                ready = {key.fd for key, _ in selector.select()}
                self.take_waiting()
                if output.fileno() not in ready:
                    continue
                data = os.read(output.fileno(), 1 << 16)
                *lines, rest = (rest + decoder.decode(data)).split("\n")
                yield from (f"{line}\n" for line in lines)
                if not data:
                    break
        self.take_waiting()
        if rest:
            yield rest

    def take_waiting(self) -> None:
        """Report what lies in the pipe."""
        while True:
            try:
                data = os.read(self._ours, 1 << 16)
            except BlockingIOError:
                return
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                step, metrics = json.loads(line)
                self.take(step, metrics)


def metrics_in(line: str) -> dict[str, float]:
    """Read the metrics from a line that a script has printed.

    Example:
        >>> metrics_in("epoch=3 val_accuracy=0.93")
        {'epoch': 3.0, 'val_accuracy': 0.93}
    """
    text = line.strip()
    if text.startswith("{") and text.endswith("}"):
        try:
            read = json.loads(text)
        except json.JSONDecodeError:
            return {}
        return {k: float(v) for k, v in read.items() if type(v) in (int, float)}
    return {name: float(number) for name, number in _PAIR.findall(text)}


def _report(step: int | None, metrics: dict[str, float]) -> None:
    trial = current()
    if step is None:
        step = next((int(metrics[name]) for name in _STEPS if name in metrics), None)
    if trial is not None and step is not None and trial.step_of(step) <= trial.last_step:
        # Scripts that count epochs from 0, or print twice an epoch, still move on.
        step = None
    report(step=step, **{k: v for k, v in metrics.items() if k not in _STEPS})
