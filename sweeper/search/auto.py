"""What search="auto" stands for: the searcher that suits a space, an objective and a scheduler."""

from __future__ import annotations

from collections.abc import Mapping

from sweeper.model.categorical import Choice
from sweeper.model.encoding import Json
from sweeper.model.objective import Objective
from sweeper.model.space import SearchSpace


def settled(
    described: Mapping[str, Json],
    space: SearchSpace,
    objective: Objective,
    scheduler: Mapping[str, Json] | None,
) -> dict[str, Json]:
    """Add to an "auto" what it stands for and why; everything else stays as it is.

    Example:
        >>> from sweeper.testing.fakes import LOSS
        >>> settled({"kind": "auto"}, SearchSpace(domains={}), LOSS, None)["chosen"]
        'random'
    """
    if described["kind"] != "auto" or "chosen" in described:
        return dict(described)
    chosen, why = _choice(space, objective, scheduler)
    return {**described, "chosen": chosen, "why": why}


def _choice(
    space: SearchSpace, objective: Objective, scheduler: Mapping[str, Json] | None
) -> tuple[str, str]:
    if not space.domains:
        return "random", "there is nothing to search"
    if scheduler is not None and scheduler["kind"] == "pbt":
        return "random", "a population begins anywhere, and better ones come of its own members"
    if len(objective.goals) > 1:
        return "tpe", "it serves several objectives"
    if any(domain.conditions for domain in space.domains.values()):
        return "tpe", "some parameters exist only beside others"
    options = sum(isinstance(d, Choice) and not d.ordered for d in space.domains.values())
    if 2 * options > len(space.domains):
        return "tpe", "most parameters are options without an order"
    if scheduler is not None:
        return "gp+tpe", "both models learn from the scheduler's rungs, each where it is better"
    return "gp", "the parameters are mostly numbers"
