"""Population based training against a plain one: any order of arrival, any resume, any draw."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.errors import SpaceError, SweeperError
from sweeper.model.assignment import Decision
from sweeper.model.domains import choice, loguniform, normal, ordinal, quniform, randint, uniform
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.space import SearchSpace
from sweeper.model.trial import COPY, Copied
from sweeper.schedule import ASHA, PBT, Progress, StopIf
from sweeper.schedule.explore import explored, moved
from sweeper.testing.fakes import LOSS, make_trial
from sweeper.testing.scheduler import make_report
from tests.schedule.plain_pbt import PlainPBT
from tests.schedule.world import World

EXAMPLES = int(os.environ.get("SWEEPER_EXAMPLES", "80"))
SPACE = SearchSpace(
    domains={
        "lr": loguniform(1e-4, 1.0),
        "momentum": uniform(-1.0, 1.0),
        "dropout": quniform(0.0, 0.5, 0.1),
        "noise": normal(0.0, 1.0),
        "layers": randint(1, 8),
        "size": ordinal([16, 32, 64]),
        "kind": choice(["sgd", "adam"]),
        "beta": uniform(0.8, 0.999).when(kind="adam"),
    }
)


@dataclass(kw_only=True)
class Population(World):
    """A world in which trials are copied; saving says when a function saves."""

    saving: str = "when it pays"
    interval: int = 4
    copied: dict[int, Copied] = field(default_factory=dict)

    def fill(self) -> None:
        """Let every free worker take a copy, a new trial, or the one that has come least far."""
        self.allowed()
        while len(self.running) < self.workers:
            number = self.copy()
            if number is None and self.allowed().wants_new():
                number = self.begin(None)
            if number is None:
                number = self.allowed().next_resume()
            if number is None and not self.running:
                number = self.scheduler.last_resume()
            self.note()
            if number is None:
                return
            self.told.append(("runs", number, self.copied.get(number)))
            self.paused.discard(number)
            self.running.append(number)

    def allowed(self) -> Any:
        """Give the scheduler, told what may begin."""
        self.scheduler.allow(self.trials - len(self.history), new=True)
        return self.scheduler

    def copy(self) -> int | None:
        for copy in self.allowed().copies():
            self.paused.discard(copy.replaces)
            self.running.append(copy.replaces)
            self.end(copy.replaces, TrialStatus.PRUNED)
            return self.begin(copy)
        return None

    def begin(self, copy: Copied | None) -> int:
        number = len(self.history)
        self.history[number] = []
        if copy is not None:
            self.copied[number] = copy
        self.scheduler.observe_start(self.record(number))
        return number

    def record(self, number: int) -> Any:
        copy = self.copied.get(number)
        known = self.ended.get(number) or make_trial(number, status=TrialStatus.RUNNING)
        return known if copy is None else replace(known, origin=COPY, memory=asdict(copy))

    def go_on(self, trial: int) -> None:
        copy = self.copied.get(trial)
        if copy is not None and not self.history[trial]:
            self.first_of_copy(trial, copy.step)
        else:
            super().go_on(trial)

    def first_of_copy(self, trial: int, start: int) -> None:
        """Let a copy make its first report, which a store tells as the first of its trial."""
        made = self.report(trial, start, start + 1)
        self.hear(trial, replace(made, before=0))

    def hear(self, trial: int, report: Progress) -> None:
        self.history[trial].append(report)
        decision = self.scheduler.decide(report)
        self.note()
        self.told.append((trial, report.step, decision))
        if decision is Decision.PAUSE:
            self.running.remove(trial)
            self.paused.add(trial)

    def report(self, trial: int, before: int, step: int) -> Progress:
        made = super().report(trial, before, step)
        saved = {
            "when it pays": step - step % self.interval,
            "before each": step,
            "after each": before,
        }
        return replace(made, checkpoint=saved[self.saving] or 1)

    def resume(self) -> None:
        self.scheduler = self.make()
        self.scheduler.recall(list(self.notes))
        for number in self.history:
            self.scheduler.observe_start(self.record(number))
        made, self.make = self.make, lambda: _Retold(self.scheduler)
        super().resume()
        self.make, self.scheduler = made, self.scheduler.inner


class _Retold:
    """Hand everything but a second recall on."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def recall(self, notes: Any) -> None:
        return

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Callable[[], Any], Callable[[], Any], int]:
    """Draw a PBT and a plain one that must decide alike."""
    quantile = draw(st.sampled_from([0.2, 0.25, 0.5]))
    population = draw(st.integers(-(-1 // quantile), 12))
    interval = draw(st.integers(1, 5))
    seed = draw(st.integers(0, 2**32))

    def make() -> PBT:
        made = PBT(int(population), interval, quantile)
        made.prepare(seed, LOSS)
        return made

    return make, lambda: PlainPBT(int(population), interval, quantile, seed), interval


worlds = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32),
        "workers": st.integers(1, 8),
        "trials": st.integers(1, 40),
        "length": st.integers(1, 20),
        "saving": st.sampled_from(["when it pays", "before each", "after each"]),
    }
)
resumes = st.sets(st.integers(0, 300), max_size=6)


@given(pairs(), worlds, resumes)
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_population_lives_as_the_plain_one_across_any_resume(
    pair: Any, world: dict[str, Any], resume_at: set[int]
) -> None:
    make, plain, interval = pair
    expected = Population(make=plain, interval=interval, **world).run()
    assert Population(make=make, interval=interval, **world).run(resume_at) == expected


@given(pairs(), worlds)
@settings(max_examples=EXAMPLES, deadline=None)
def test_nobody_waits_or_is_copied_where_training_may_have_ended(
    pair: Any, world: dict[str, Any]
) -> None:
    make, _, interval = pair
    lived = Population(make=make, interval=interval, **world)
    lived.run()

    assert all(copy.step < world["length"] for copy in lived.copied.values())
    assert len(lived.history) <= world["trials"]
    assert not lived.paused


def test_a_round_in_step_replaces_the_worst_quantile() -> None:
    scheduler = _prepared(PBT(20, 4))
    for trial in range(20):
        scheduler.observe_start(make_trial(trial, status=TrialStatus.RUNNING))
    for step in range(1, 6):
        for trial in range(20):
            if trial not in [copy.replaces for copy in scheduler.copies()]:
                scheduler.decide(replace(make_report(trial, step, trial * 1.0), checkpoint=4))

    assert [copy.replaces for copy in scheduler.copies()] == [15, 16, 17, 18, 19]
    assert {copy.parent for copy in scheduler.copies()} <= {0, 1, 2, 3, 4}
    assert {copy.step for copy in scheduler.copies()} == {4}


def _prepared(made: PBT) -> PBT:
    made.prepare(1, LOSS)
    return made


def test_a_function_that_saves_nothing_is_refused_with_a_remedy() -> None:
    scheduler = _prepared(PBT(4, 2))
    for step in range(1, 4):
        scheduler.decide(make_report(0, step, 1.0))

    with pytest.raises(SweeperError, match="PBT needs checkpoints, and trial 0 has none") as caught:
        scheduler.decide(make_report(0, 4, 1.0))

    assert "should_checkpoint" in str(caught.value.hint)


def test_a_copy_that_begins_anew_is_refused_with_a_remedy() -> None:
    scheduler = _prepared(PBT(4, 2))
    copy = replace(make_trial(7), origin=COPY, memory=asdict(Copied(parent=1, step=4, replaces=2)))
    scheduler.observe_start(replace(copy, status=TrialStatus.RUNNING))

    with pytest.raises(SweeperError, match="trial 7 was to go on from the checkpoint of step 4"):
        scheduler.decide(make_report(7, 1, 1.0))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"population": 3}, "population = 3"),
        ({"population": True}, "population = True"),
        ({"interval": 0}, "interval = 0"),
        ({"quantile": 0.6}, "quantile = 0.6"),
        ({"quantile": 0}, "quantile = 0"),
        ({"perturbation": -0.1}, "perturbation = -0.1"),
        ({"resample": 2}, "resample = 2"),
        ({"vary": "lr"}, "vary = 'lr'"),
        ({"vary": 3}, "vary = 3"),
    ],
)
def test_what_makes_no_population_is_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(SweeperError, match=told):
        PBT(**given)


def test_a_population_is_trained_alone() -> None:
    with pytest.raises(SweeperError, match="which replaces trials itself"):
        StopIf(plateau=3, then=PBT())
    assert StopIf(plateau=3, then=ASHA()).describe()["kind"] == "stop_if"


units = st.floats(0, 1, exclude_max=True)


@given(st.dictionaries(st.sampled_from(sorted(SPACE.domains)), units), st.randoms(), st.data())
@settings(max_examples=EXAMPLES, deadline=None)
def test_an_explored_configuration_lies_in_the_space(
    drawn: dict[str, float], random: Any, data: st.DataObject
) -> None:
    params = SPACE.build(lambda name, domain: domain.at(drawn.get(name, 0.5)))
    vary = data.draw(st.none() | st.sets(st.sampled_from(sorted(SPACE.domains)), min_size=1))

    found = explored(SPACE, params, vary, (0.2, 0.3), lambda *_: random.random())

    assert SPACE.problem_of(found) is None
    kept = {"layers", "size", "kind"} if vary is None else set(SPACE.domains) - vary - {"beta"}
    assert all(found[name] == params[name] for name in kept)


def test_numbers_move_by_their_share_and_stay_inside() -> None:
    domains = SPACE.domains
    assert moved(domains["lr"], 0.1, 0.2) == pytest.approx(0.12)
    assert moved(domains["lr"], 0.9, 0.2) == 1.0
    assert moved(domains["momentum"], 0.0, -0.2) == pytest.approx(-0.2)
    assert moved(domains["dropout"], 0.1, 0.2) == 0.2
    assert moved(domains["dropout"], 0.0, -0.2) == 0.0
    assert moved(domains["noise"], 1.0, 0.2) == pytest.approx(1.2)
    assert moved(domains["layers"], 2, 0.2) == 3
    assert moved(domains["layers"], 8, 0.2) == 8
    assert moved(domains["size"], 32, -0.2) == 16
    assert moved(domains["kind"], "sgd", 0.2) == "sgd"


def test_a_space_without_anything_to_vary_is_refused() -> None:
    space = SearchSpace(domains={"layers": randint(1, 8)})
    with pytest.raises(SpaceError, match="no parameter that it may change"):
        explored(space, {"layers": 2}, None, (0.2, 0.0), lambda *_: 0.9)
    with pytest.raises(SpaceError, match="has no lr"):
        explored(space, {"layers": 2}, ["lr"], (0.2, 0.0), lambda *_: 0.9)
    assert explored(space, {"layers": 2}, ["layers"], (0.2, 0.0), lambda *_: 0.9) == {"layers": 3}
