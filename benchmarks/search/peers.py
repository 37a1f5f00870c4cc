"""Other people's methods on the simulated cluster, each with its authors' defaults.

Syne Tune's need an environment of their own; each import stands where it is needed.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from benchmarks.search.curves import Parameter, Task
from benchmarks.search.simulate import Start


class OptunaPair:
    """Optuna's default sampler with its successive halving pruner."""

    def __init__(self, task: Task, seed: int, **pruner: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._study = optuna.create_study(
            direction="maximize",
            sampler=optuna.samplers.TPESampler(seed=seed),
            pruner=optuna.pruners.SuccessiveHalvingPruner(**pruner),
        )
        self._pruned = optuna.trial.TrialState.PRUNED
        kinds = optuna.distributions
        self._space = {
            p.name: kinds.IntDistribution(int(p.low), int(p.high), log=p.log)
            if p.whole
            else kinds.FloatDistribution(p.low, p.high, log=p.log)
            for p in task.parameters
        }
        self._trials: dict[int, Any] = {}

    def next(self) -> Start | None:
        trial = self._study.ask(self._space)
        self._trials[trial.number] = trial
        return Start(trial.number, trial.params)

    def report(self, trial: int, step: int, value: float) -> str:
        asked = self._trials[trial]
        asked.report(value, step)
        if not asked.should_prune():
            return "continue"
        self._study.tell(asked, state=self._pruned)
        del self._trials[trial]
        return "stop"

    def complete(self, trial: int, value: float) -> None:
        if trial in self._trials:  # its pruner may have ended it at its last step
            self._study.tell(self._trials[trial], value)


RARELY = {"opt_skip_init_length": 100, "opt_skip_period": 10, "max_size_data_for_model": 300}


class SyneTune:
    """One of Syne Tune's schedulers over rungs, by promotion.

    By its authors' defaults a Gaussian process is fitted at each of the first 150 decisions and
    after; rarely, at each tenth after the first hundred, and to 300 values at most.
    """

    def __init__(self, task: Task, seed: int, name: str, *, rarely: bool) -> None:
        from syne_tune.config_space import lograndint, loguniform, randint, uniform
        from syne_tune.optimizer import baselines

        def domain(p: Parameter) -> Any:
            if p.whole:
                return (lograndint if p.log else randint)(int(p.low), int(p.high))
            return (loguniform if p.log else uniform)(p.low, p.high)

        space = {p.name: domain(p) for p in task.parameters}
        self._names = list(space)
        self._scheduler = getattr(baselines, name)(
            {**space, "epochs": task.steps},
            metric="score",
            resource_attr="step",
            max_resource_attr="epochs",
            mode="max",
            type="promotion",
            random_seed=seed,
            search_options={"debug_log": False, **(RARELY if rarely else {})},
        )
        self._trials: dict[int, Any] = {}

    def next(self) -> Start | None:
        from syne_tune.backend.trial_status import Trial

        number = len(self._trials)
        found = self._scheduler.suggest(number)
        if found is None:
            return None
        if not found.spawn_new_trial_id:
            return Start(found.checkpoint_trial_id, None)
        made = Trial(number, found.config, datetime.datetime.now())
        self._trials[number] = made
        self._scheduler.on_trial_add(made)
        return Start(number, {name: found.config[name] for name in self._names})

    def report(self, trial: int, step: int, value: float) -> str:
        result = {"score": value, "step": step}
        self._last = result
        decision = self._scheduler.on_trial_result(self._trials[trial], result)
        if decision == "STOP":
            self._scheduler.on_trial_remove(self._trials[trial])
        return str(decision).lower()

    def complete(self, trial: int, value: float) -> None:
        self._scheduler.on_trial_complete(self._trials[trial], self._last)


class Clairvoyant:
    """Train the one row that is best over time, from the start: no search is this good."""

    def __init__(self, task: Task, until: float) -> None:
        import numpy as np

        times = np.minimum(task.seconds / task.full_seconds, until)
        scores = np.nan_to_num(task.scores, nan=task.worst)
        top, median = scores.max(), float(np.nanmedian(task.scores[:, -1]))
        regrets = np.minimum((top - scores) / (top - median), 1.0)
        best = np.minimum.accumulate(regrets, axis=1)
        spans = np.diff(np.column_stack([times, np.full(len(times), until)]), axis=1)
        row = int(np.argmin(times[:, 0] + (spans * best).sum(axis=1)))
        pairs = zip(task.parameters, task.places[row])
        self._start: Start | None = Start(0, {p.name: p.value(float(u)) for p, u in pairs})

    def next(self) -> Start | None:
        start, self._start = self._start, None
        return start

    def report(self, trial: int, step: int, value: float) -> str:
        return "continue"

    def complete(self, trial: int, value: float) -> None:
        return


class OneEpochThenBest:
    """Train random configurations for one step each, and then the best of them to the end.

    Source: Egele et al., "Is One Epoch All You Need For Multi-Fidelity Hyperparameter
    Optimization?", ESANN 2023.
    """

    def __init__(self, task: Task, seed: int, count: int) -> None:
        import numpy as np

        self._rng = np.random.default_rng(seed)
        self._task, self._count = task, count
        self._first: dict[int, float] = {}
        self._asked = 0
        self._order: list[int] | None = None

    def next(self) -> Start | None:
        if self._asked < self._count:
            self._asked += 1
            return Start(self._asked - 1, self._drawn())
        if self._order is None:
            self._order = sorted(self._first, key=lambda n: self._first[n])
        return Start(self._order.pop(), None) if self._order else None

    def report(self, trial: int, step: int, value: float) -> str:
        if step > 1:
            return "continue"
        self._first[trial] = value
        return "pause"

    def complete(self, trial: int, value: float) -> None:
        return

    def _drawn(self) -> Mapping[str, float]:
        return {p.name: p.value(self._rng.random()) for p in self._task.parameters}
