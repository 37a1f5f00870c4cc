"""The contract of a searcher as tests: inherit, say how to make yours, and run pytest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from sweeper.model.domains import (
    choice,
    lograndint,
    loguniform,
    normal,
    ordinal,
    quniform,
    randint,
    uniform,
)
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.randomness import unit
from sweeper.model.space import SearchSpace, Signature, build_space
from sweeper.model.trial import TrialRecord
from sweeper.search.searcher import Remembering, Searcher
from sweeper.testing.fakes import make_trial
from sweeper.testing.promises import Promises, promised

_ANY = Signature(takes_any=True)
_ENDS = (
    TrialStatus.COMPLETED,
    TrialStatus.COMPLETED,
    TrialStatus.PRUNED,
    TrialStatus.COMPLETED,
    TrialStatus.FAILED,
    TrialStatus.INFEASIBLE,
    TrialStatus.COMPLETED,
    TrialStatus.CANCELLED,
)


def mixed_space() -> SearchSpace:
    """Make a space of every kind of domain; each can be gridded."""
    domains = {
        "lr": loguniform(1e-4, 1e-1).grid(3),
        "momentum": uniform(0.0, 1.0).grid(2),
        "noise": normal(0.0, 1.0).grid(3),
        "width": lograndint(16, 512).grid(2),
        "depth": randint(1, 3),
        "dropout": quniform(0.0, 0.3, 0.1),
        "act": choice(["relu", "gelu", None]),
        "size": ordinal(["small", "large"]),
    }
    return build_space(domains, {"epochs": 3}, _ANY)


def conditional_space() -> SearchSpace:
    """Make a space in which some parameters exist only beside others."""
    domains = {
        "opt": choice(["sgd", "adam", "lion"]),
        "momentum": uniform(0.0, 1.0).grid(3).when(opt="sgd"),
        "beta": loguniform(0.5, 1.0).grid(2).when(opt=["adam", "lion"]),
        "warmup": randint(0, 5).when(opt="lion"),
    }
    return build_space(domains, {}, _ANY)


def discrete_space() -> SearchSpace:
    """Make a space of fourteen configurations, with a condition."""
    domains = {
        "opt": choice(["sgd", "adam"]),
        "steps": quniform(0.0, 1.0, 0.5),
        "depth": randint(1, 2),
        "nesterov": choice([True, False]).when(opt="sgd", depth=1, steps=[0.0, 1]),
    }
    return build_space(domains, {"epochs": 3}, _ANY)


def run_trials(
    searcher: Searcher, space: SearchSpace, count: int, known: Sequence[TrialRecord] = ()
) -> list[TrialRecord]:
    """Run trials one after the other, up to a count or until the space is exhausted.

    Args:
        searcher: a fresh one.
        space: its space.
        count: how many trials there are to be in all.
        known: what was recorded before; a trial that has not ended is run to its end.

    Example:
        >>> from sweeper.search.random_search import Random
        >>> len(run_trials(Random(discrete_space(), 7), discrete_space(), 100))
        14
    """
    trials = list(known)
    for trial in known:
        searcher.observe(trial)
    for place, trial in enumerate(known):
        if trial.status in (TrialStatus.WAITING, TrialStatus.RUNNING):
            trials[place] = _ended(trial)
            searcher.observe(trials[place])
    for number in range(len(trials), count):
        params = searcher.suggest(number)
        if params is None:
            break
        memory = searcher.memory(number) if isinstance(searcher, Remembering) else None
        written = json.loads(json.dumps([space.encode({**params, **space.fixed}), memory]))
        ended = _ended(make_trial(number, written[0], memory=written[1]))
        searcher.observe(ended)
        trials.append(ended)
    return trials


def _ended(trial: TrialRecord) -> TrialRecord:
    """Let a trial end as its number says, with a value that follows from its configuration."""
    status = _ENDS[trial.number % len(_ENDS)]
    value = round(unit(0, json.dumps(dict(trial.params), sort_keys=True)), 6)
    with_value = status in (TrialStatus.COMPLETED, TrialStatus.PRUNED)
    ended = replace(trial, status=status, value=value if with_value else None, last_step=1)
    return replace(ended, values=(value,) if status is TrialStatus.COMPLETED else None)


class SearcherContract(Promises):
    """What every searcher keeps.

    Example:
        >>> from sweeper.search.random_search import Random
        >>> class TestRandom(SearcherContract):
        ...     def make(self, space, seed):
        ...         return Random(space, seed)

    The objective is a loss, to be small. A flag set to False takes away what a searcher does
    not promise: conditional, to take spaces with conditions; distinct, to suggest no configuration
    of a discrete space twice and to say when all were had. trials is how many are run.
    """

    conditional = True
    distinct = True
    trials = 24

    def make(self, space: SearchSpace, seed: int) -> Searcher:
        """Make a fresh searcher over a space."""
        raise NotImplementedError("a contract test says how its searcher is made")

    def test_every_suggestion_lies_in_its_space(self) -> None:
        for space in self._spaces():
            for trial in run_trials(self.make(space, 7), space, self.trials):
                assert space.problem_of(space.decode(trial.params)) is None

    def test_the_same_seed_gives_the_same_suggestions(self) -> None:
        for space in self._spaces():
            first = run_trials(self.make(space, 7), space, self.trials)
            assert run_trials(self.make(space, 7), space, self.trials) == first

    def test_a_rebuilt_one_goes_on_as_the_uninterrupted_one(self) -> None:
        for space in self._spaces():
            whole = run_trials(self.make(space, 7), space, self.trials)
            for stop in (1, self.trials // 3, self.trials - 2):
                rebuilt = self.make(space, 7)
                assert run_trials(rebuilt, space, self.trials, whole[:stop]) == whole

    def test_a_rebuilt_one_goes_on_where_a_trial_was_under_way(self) -> None:
        for space in self._spaces():
            whole = run_trials(self.make(space, 7), space, self.trials)
            for status in (TrialStatus.WAITING, TrialStatus.RUNNING):
                half = whole[: self.trials // 2]
                half[-1] = replace(half[-1], status=status, value=None, values=None, last_step=0)
                rebuilt = self.make(space, 7)
                assert run_trials(rebuilt, space, self.trials, half) == whole

    def test_a_trial_may_be_observed_several_times(self) -> None:
        space = mixed_space()
        searcher = self.make(space, 7)
        [trial] = run_trials(searcher, space, 1)
        for status in (TrialStatus.RUNNING, TrialStatus.COMPLETED, TrialStatus.COMPLETED):
            searcher.observe(replace(trial, status=status))
        assert searcher.suggest(1) is not None

    @promised("distinct")
    def test_a_discrete_space_is_searched_whole_and_nothing_twice(self) -> None:
        space = self._discrete()
        lattice = space.lattice()
        assert lattice is not None
        trials = run_trials(self.make(space, 7), space, 10 * lattice.size)
        had = [space.identity(space.decode(trial.params)) for trial in trials]
        assert sorted(had) == sorted(map(space.identity, lattice))

    @promised("distinct")
    def test_what_was_tried_first_is_not_suggested_again(self) -> None:
        space = self._discrete()
        lattice = space.lattice()
        assert lattice is not None
        points = [{**lattice[index], **space.fixed} for index in (0, 5, lattice.size - 1)]
        # A person writes 1 where the space says 1.0.
        points[0] = {n: int(v) if type(v) is float else v for n, v in points[0].items()}
        known = [
            make_trial(number, space.encode(point), origin="point")
            for number, point in enumerate(points)
        ]
        trials = run_trials(self.make(space, 7), space, 10 * lattice.size, known)
        had = [space.identity(space.decode(trial.params)) for trial in trials]
        assert sorted(had) == sorted(map(space.identity, lattice))

    def _spaces(self) -> list[SearchSpace]:
        return [mixed_space(), conditional_space()] if self.conditional else [mixed_space()]

    def _discrete(self) -> SearchSpace:
        if self.conditional:
            return discrete_space()
        domains = {"a": choice(["x", "y"]), "b": quniform(0.0, 1.0, 0.5), "c": randint(1, 2)}
        return build_space(domains, {}, _ANY)
