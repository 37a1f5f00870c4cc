"""Sweeping a script that knows nothing of sweeper: its flags in, its printed metrics out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence

from sweeper.errors import SweeperError
from sweeper.sweepable import sweepable
from sweeper.worker.context import current
from sweeper.worker.inside import report

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:nan|inf)"
_PAIR = re.compile(rf"(?<![\w.])([A-Za-z_][\w./-]*)\s*[=:]\s*({_NUMBER})(?![\w.])")
_STEPS = ("step", "epoch", "iteration")


@sweepable
def run_script(
    script: str, arguments: Sequence[str] = (), **flags: object
) -> dict[str, float] | None:
    """Run a script once with these flags, and report the metrics that it prints.

    A line counts where it holds name=number pairs or is a JSON object of numbers. A script that
    calls sweeper.report() itself does so in vain: it runs in a process of its own.

    Raises:
        SweeperError: the script ended with another exit code than 0.
    """
    command = [sys.executable, "-u", script]
    for name, value in flags.items():
        command += [f"--{name}", value if isinstance(value, str) else json.dumps(value)]
    process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = {}
    try:
        for line in process.stdout or ():
            sys.stdout.write(line)
            metrics = metrics_in(line)
            if metrics:
                found.update(metrics)
                _report(metrics)
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


def _report(metrics: dict[str, float]) -> None:
    trial = current()
    step = next((int(metrics[name]) for name in _STEPS if name in metrics), None)
    if trial is not None and step is not None and step <= trial.last_step:
        # Scripts that count epochs from 0, or print twice an epoch, still move on.
        step = None
    report(step=step, **{k: v for k, v in metrics.items() if k not in _STEPS})
