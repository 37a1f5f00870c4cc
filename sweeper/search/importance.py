"""How much each parameter matters, by PED-ANOVA."""

from __future__ import annotations

from collections.abc import Sequence

import optuna

from sweeper.errors import SweeperError
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Objective
from sweeper.model.space import SearchSpace
from sweeper.model.trial import TrialRecord
from sweeper.search.translation import translate

# Optuna logs every study that is made, to standard error.
optuna.logging.set_verbosity(optuna.logging.WARNING)

_FEWEST = 4


def importance(
    trials: Sequence[TrialRecord], space: SearchSpace, objective: Objective
) -> dict[str, float]:
    """Say how much each parameter matters for being among the best trials, summing to 1.

    Source: Watanabe et al., "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in
    Arbitrary Subspaces", IJCAI 2023, as implemented in Optuna.

    Raises:
        SweeperError: fewer than four trials are completed.
    """
    done = [t for t in trials if t.status is TrialStatus.COMPLETED and t.value is not None]
    if len(done) < _FEWEST:
        raise SweeperError(
            f"{len(done)} trials are completed, and importance needs {_FEWEST}",
            hint="Wait for more of them.",
        )
    goal = objective.first
    study = optuna.create_study(direction="minimize" if goal.mode == "min" else "maximize")
    translations = {name: translate(domain) for name, domain in space.domains.items()}
    for trial in done:
        params = space.decode(trial.params)
        known = {name: t for name, t in translations.items() if name in params}
        study.add_trial(
            optuna.create_trial(
                value=trial.value,
                params={name: t.inward(params[name]) for name, t in known.items()},
                distributions={name: t.distribution for name, t in known.items()},
            )
        )
    found = optuna.importance.get_param_importances(
        study, evaluator=optuna.importance.PedAnovaImportanceEvaluator()
    )
    return {name: float(share) for name, share in found.items()}
