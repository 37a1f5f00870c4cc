"""What a sweep has cost and brought so far: time left, hours used and saved, its gain."""

from __future__ import annotations

from sweeper.model.lifecycle import SweepStatus, TrialStatus
from sweeper.model.objective import Mode
from sweeper.model.sweep import SweepOverview
from sweeper_dashboard import reading
from sweeper_dashboard.mirror import View
from sweeper_dashboard.ranking import objective_of, steps_saved


def seconds_left(overview: SweepOverview) -> float | None:
    """Guess how long a running sweep still takes, from its pace so far; None where nobody can."""
    total = overview.sweep.options.get("trials")
    if overview.status is not SweepStatus.RUNNING or not isinstance(total, int):
        return None
    if not overview.ended or not overview.sweep.active_seconds or total <= overview.ended:
        return None
    guess = overview.sweep.active_seconds / overview.ended * (total - overview.ended)
    limit = overview.sweep.options.get("time")
    if isinstance(limit, (int, float)):
        guess = min(guess, max(limit - overview.sweep.active_seconds, 0.0))
    return guess


def spent(view: View) -> dict[str, str]:
    """Write what was spent: time, GPU-hours (else trial-hours), and what pruning spared."""
    sweep = view.overview.sweep
    gpus = sweep.gpu_seconds > 0
    used = sweep.gpu_seconds if gpus else sum(view.trials.column("duration"))
    share = steps_saved(view.trials.column("status"), view.trials.column("last_step"))
    spared = None if share is None or share >= 1 else used * share / (1 - share)
    return {
        **_times(view.overview),
        "hours-of": "GPU-hours" if gpus else "Trial-hours",
        "hours": _hours(used),
        "hours-saved": "nothing pruned yet"
        if spared is None
        else f"{_hours(spared)} more without pruning",
        "saved": "" if share is None else f"{reading.share(share)} of all steps saved",
    }


def _times(overview: SweepOverview) -> dict[str, str]:
    driven = reading.duration(overview.sweep.active_seconds)
    if overview.status in (SweepStatus.RUNNING, SweepStatus.PAUSED):
        left = reading.duration(seconds_left(overview))
        return {"time-of": "Time left", "left": left, "elapsed": f"{driven} so far"}
    return {"time-of": "Time taken", "left": driven, "elapsed": ""}


def _hours(seconds: float) -> str:
    hours = seconds / 3600
    if 0 < hours < 0.01:
        return "under 0.01"
    return f"{hours:,.0f}" if hours >= 100 else reading.number(hours, 3)


def gained(view: View) -> dict[str, str]:
    """Write how much better the best trial is than the baseline, the function's own defaults."""
    sweep = view.overview.sweep
    goal = sweep.goals().first
    baseline = view.trials.baseline
    if baseline is None:
        return {"gain": reading.MISSING, "baseline": "no baseline was run"}
    value = objective_of(baseline)
    if value is None or sweep.best_value is None:
        return {"gain": reading.MISSING, "baseline": f"trial {baseline.number} has no result yet"}
    better = value - sweep.best_value if goal.mode is Mode.MIN else sweep.best_value - value
    sign = "\N{MINUS SIGN}" if goal.mode is Mode.MIN else "+"
    part = f"{sign}{abs(better):.4g}" if better > 0 else "0"
    reached = f"the baseline reached {reading.number(value)}"
    if baseline.status is not TrialStatus.COMPLETED:
        reached += f", {baseline.status.value} at step {baseline.last_step:,}"
    return {"gain": part, "baseline": reached}
