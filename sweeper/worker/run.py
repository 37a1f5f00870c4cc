"""The few lines that run one attempt, the same under every backend."""

from __future__ import annotations

import math
import os
import pickle
import socket
import time
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.errors import Infeasible, SweeperError, TrialStopped
from sweeper.model.assignment import Assignment
from sweeper.model.encoding import Json, Value
from sweeper.model.event import Ended, Failure, Started
from sweeper.model.lifecycle import AttemptStatus, Outcome
from sweeper.model.replicate import mean_result, means
from sweeper.processes import peak_memory
from sweeper.worker.channel import Channel
from sweeper.worker.code import load, warm_up
from sweeper.worker.context import Entered, RunningTrial
from sweeper.worker.inheriting import inherit
from sweeper.worker.mapped import read_mapped
from sweeper.worker.seeds import set_seeds
from sweeper.worker.sharing import offer

OnTrial = Callable[[RunningTrial], None]


def _nobody(_trial: RunningTrial) -> None:
    return


def run(
    assignment: Assignment,
    channel: Channel,
    on_trial: OnTrial = _nobody,
    clock: Clock = SYSTEM_CLOCK,
) -> None:
    """Run one attempt: say that it began, call the function, say how it ended.

    Args:
        assignment: what to run.
        channel: how to speak to the backend.
        on_trial: is given the running trial, so that a backend can request its stop.
        clock: tells the times that are recorded.

    Nothing that the function raises passes out of here, KeyboardInterrupt and SystemExit
    included: it is the attempt's end.
    """
    trial = RunningTrial(assignment, channel, clock)
    on_trial(trial)
    devices = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    started = Started(
        key=assignment.key,
        time=clock.now(),
        host=socket.gethostname(),
        pid=os.getpid(),
        devices=tuple(devices.split(",")) if devices else (),
    )
    trial.begin(started)
    ended = _call(assignment, trial, clock)
    trial.finish([ended])


def _call(assignment: Assignment, trial: RunningTrial, clock: Clock) -> Ended:
    given: dict[str, Any]
    cpu_before, began = time.process_time(), clock.elapsed()
    try:
        for name, place in assignment.shared.items():
            offer(name, place, partial(read_mapped, place))
        function = load(assignment.code)
        warm_up(assignment.code)
        inherit(trial)
        if assignment.packed is not None:
            trial.unpacked(pickle.loads(assignment.packed))
        with Entered(trial):
            given = _played(function, trial)
    except TrialStopped as stopped:
        given = _stopped(stopped, trial)
    except Infeasible as infeasible:
        given = {
            "status": AttemptStatus.SUCCEEDED,
            "outcome": Outcome.INFEASIBLE,
            "failure": Failure(type="Infeasible", message=failure_of(infeasible).message),
        }
    # Whatever the function raises ends this attempt and must not end the worker.
    except BaseException as error:  # noqa: BLE001
        given = _failed(error)
    usage = {
        "seconds": clock.elapsed() - began,
        "cpu_seconds": time.process_time() - cpu_before,
        "memory_bytes": peak_memory(),
        **trial.gauge.usage(),
    }
    return Ended(key=assignment.key, time=clock.now(), usage=usage, **given)


def _played(function: Callable[..., Any], trial: RunningTrial) -> dict[str, Any]:
    """Call the function, once with each seed, and say what came of it."""
    metrics, wanted = trial.assignment.metrics, trial.assignment.replicates
    given: dict[str, Any] = {}
    while wanted == 1 or len(trial.finished) < wanted:
        set_seeds(trial.seed)
        given = _succeeded(function(**trial.params), metrics, trial)
        if wanted == 1 or given["outcome"] is not Outcome.SUCCEEDED:
            return given
        trial.end_replicate(given["values"], given["result"])
    found = means(trial.finished, metrics)
    return {
        "status": AttemptStatus.SUCCEEDED,
        "outcome": Outcome.SUCCEEDED,
        "values": tuple(found[metric] for metric in metrics),
        "result": mean_result(trial.finished),
    }


def _succeeded(returned: Value, metrics: tuple[str, ...], trial: RunningTrial) -> dict[str, Any]:
    values, result = objective_values(returned, metrics, trial.last_metrics)
    wrong = [f"{m} = {v!r}" for m, v in zip(metrics, values) if not math.isfinite(v)]
    if wrong:
        message = f"the objective is not finite: {', '.join(wrong)}"
        return {
            "status": AttemptStatus.FAILED,
            "outcome": Outcome.NOT_A_NUMBER,
            "failure": Failure(type="NotANumber", message=message),
        }
    return {
        "status": AttemptStatus.SUCCEEDED,
        "outcome": Outcome.SUCCEEDED,
        "values": values,
        "result": result,
    }


def _stopped(stopped: TrialStopped, trial: RunningTrial) -> dict[str, Any]:
    if not trial.was_stopped and not trial.stopping:
        return _failed(stopped)
    if trial.preempted:
        message = "its worker was told to go (SIGTERM), and the function ended in time"
        return {
            "status": AttemptStatus.LOST,
            "outcome": Outcome.PREEMPTED,
            "failure": Failure(type="Preempted", message=message),
        }
    return {"status": AttemptStatus.STOPPED, "outcome": Outcome.PAUSED}


def _failed(error: BaseException) -> dict[str, Any]:
    return {
        "status": AttemptStatus.FAILED,
        "outcome": Outcome.OUT_OF_MEMORY if is_out_of_memory(error) else Outcome.ERROR,
        "failure": failure_of(error),
    }


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether a machine or a GPU had no memory left; torch's errors are known by name."""
    return isinstance(error, MemoryError) or any(
        kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__
    )


def failure_of(error: BaseException) -> Failure:
    """Write down an exception so that nobody needs its class to read it."""
    try:
        message = str(error)
    except Exception as broken:  # noqa: BLE001 - a user's __str__ may do anything
        message = f"(its message could not be read: {type(broken).__name__})"
    # The frames above the user's function are ours and say nothing.
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    text = "".join(traceback.format_exception(type(error), error, frames or error.__traceback__))
    return Failure(type=type(error).__qualname__, message=message, traceback=text)


def objective_values(
    returned: Value, metrics: tuple[str, ...], reported: Mapping[str, float]
) -> tuple[tuple[float, ...], dict[str, Json] | None]:
    """Read the objectives from what a function returned, or else from its last report.

    Example:
        >>> objective_values({"loss": 0.5, "size": 3}, ("loss",), {})
        ((0.5,), {'loss': 0.5, 'size': 3})

    Raises:
        SweeperError: an objective is in neither, or is no number.
    """
    if isinstance(returned, Mapping):
        result = {str(name): _plain(value) for name, value in returned.items()}
        given = {**reported, **returned}
        return tuple(_objective(m, given) for m in metrics), result
    if returned is None:
        return tuple(_objective(m, reported) for m in metrics), None
    if isinstance(returned, (tuple, list)) and len(metrics) > 1 and len(returned) == len(metrics):
        given = dict(zip(metrics, returned))
    elif len(metrics) == 1:
        given = {metrics[0]: returned}
    else:
        given = {}
    return tuple(_objective(m, given) for m in metrics), None


def _objective(metric: str, given: Mapping[str, object]) -> float:
    if metric not in given:
        raise SweeperError(
            f"the function neither returned nor reported {metric!r}",
            hint=f"Return a number, return {{{metric!r}: …}}, or call "
            f"sweeper.report({metric}=…) before it ends.",
        )
    value = given[metric]
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise SweeperError(
            f"the objective {metric} is {value!r}, a {type(value).__name__}",
            hint="Return a number, or anything float() takes: a tensor of one element.",
        ) from error


def _plain(value: object) -> Json:
    if value is None or type(value) in (bool, int, str):
        return value
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return repr(value)[:200]
    return number if math.isfinite(number) else repr(number)
