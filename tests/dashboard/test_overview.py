"""Tests of what an overview tells, read from its layout without a browser."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from dash.development.base_component import Component
from sweeper_dashboard.desk import Desk, open_desk
from sweeper_dashboard.pages.frame import sweep_frame
from sweeper_dashboard.pages.overview import overview_body
from sweeper_dashboard.progress import gained
from sweeper_dashboard.reading import number

import sweeper
from sweeper import sweepable, uniform
from sweeper.confirmation import describe_confirmation
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.trial import TrialRecord
from sweeper.store.recording import Changes
from sweeper.store.store import Store
from tests.dashboard.cluster import run_on_cluster
from tests.dashboard.factory import start_sweep

QUIET: dict[str, Any] = {"progress": False, "backend": "inline"}


@sweepable(metric="loss", mode="min")
def guess(x: Annotated[float, uniform(0.0, 1.0).grid(6)] = 0.5) -> float:
    """Be better the smaller x is, with a little noise."""
    return x + 0.01 * random.random()


def named(layout: Any, name: str) -> list[Component]:
    """Find the parts of a layout that have a class."""
    return [each for each in parts(layout) if name in str(getattr(each, "className", "")).split()]


def parts(layout: Any) -> Iterator[Component]:
    """Walk over all parts of a layout."""
    if isinstance(layout, list | tuple):
        for each in layout:
            yield from parts(each)
    elif isinstance(layout, Component):
        yield layout
        yield from parts(getattr(layout, "children", None))


def text(layout: Any) -> str:
    """Read a part of a layout as it would be read aloud."""
    if isinstance(layout, list | tuple):
        return " ".join(filter(None, map(text, layout)))
    if isinstance(layout, Component):
        return text(getattr(layout, "children", None))
    return "" if layout is None else str(layout)


def lines(layout: Any) -> list[list[str]]:
    """Read the rows of the tables of a layout."""
    rows = [each for each in parts(layout) if type(each).__name__ == "Tr"]
    return [[text(cell) for cell in row.children] for row in rows]


@pytest.fixture
def desk(store: Store) -> Desk:
    """A desk to which confirmations are read."""
    return open_desk(store, confirmation=describe_confirmation)


def test_the_best_trial_stands_beside_the_baseline(store: Store, desk: Desk) -> None:
    run_on_cluster(store, "digits", 60)
    view = desk.mirrors.of("digits").view()
    best, baseline = view.trials.numbered(view.overview.sweep.best_trial), view.trials.baseline
    assert best is not None
    assert baseline is not None
    assert best.number != baseline.number

    (panel,) = named(overview_body(desk, "digits"), "panel-best")

    head, result, *rest = lines(panel)
    assert head == ["Parameter", "Best", "Baseline (trial 0)"]
    values = [number(best.value, 5), number(baseline.value, 5)]
    assert result == ["val_loss objective", *values]
    shown = {name.partition(" ")[0]: texts for name, *texts in rest}
    assert shown["optimizer"] == [best.params["optimizer"], baseline.params["optimizer"]]
    assert set(shown) == set(best.params) | set(baseline.params)


def test_a_baseline_that_was_pruned_says_so(store: Store, desk: Desk) -> None:
    driven = start_sweep(store, "digits", space={"dropout": uniform(0, 1)})
    baseline = {"origin": "baseline", "status": TrialStatus.PRUNED, "value": 1.5, "last_step": 3}
    changes = Changes()
    changes.new_trials[0] = TrialRecord(number=0, params={"dropout": 0.5}, seed=1, **baseline)
    changes.new_trials[1] = TrialRecord(
        number=1, params={"dropout": 0.2}, seed=2, status=TrialStatus.COMPLETED, value=0.25
    )
    changes.sweep.update(best_trial=1, best_value=0.25)
    driven.write(changes)

    (panel,) = named(overview_body(desk, "digits"), "panel-best")

    assert lines(panel)[1] == ["val_loss objective", "0.25000", "1.5000 pruned at step 3"]
    assert gained(desk.mirrors.of("digits").view()) == {
        "gain": "\N{MINUS SIGN}1.25",
        "baseline": "the baseline reached 1.500, pruned at step 3",
    }


def test_a_confirmation_is_shown_with_the_sweep_and_with_the_one_that_ran_it(
    store: Store, desk: Desk
) -> None:
    sweep = guess.sweep(name="noisy", trials=6, search="grid", store=store.address(), **QUIET)
    assert not named(overview_body(desk, "noisy"), "panel-confirmed")
    found = sweep.confirm(top=3, seeds=4, **QUIET)

    for name in ("noisy", "noisy-confirm"):
        (panel,) = named(overview_body(desk, name), "panel-confirmed")

        assert [line[0] for line in lines(panel)[1:]] == [str(row.trial) for row in found.rows]
        assert f"Trial {found.rows[0].trial} has the best mean" in text(panel)
        assert "It is really better than" in text(panel)
        assert len(named(panel, "told-apart")) == 3 - len(found.not_worse)
    page = sweep_frame(desk.mirrors.of("noisy-confirm").view(), "trials", [], {})
    said = text(named(page, "related"))
    assert said == "Runs the best trials of  noisy  again, with fresh seeds"


def test_a_sweep_says_from_which_it_learns(store: Store, desk: Desk) -> None:
    guess.sweep(name="first", trials=4, search="random", store=store.address(), **QUIET)
    learning = {"learn_from": "first", "search": "tpe"}
    guess.sweep(name="second", trials=1, store=store.address(), **learning, **QUIET)

    said = {
        name: text(named(sweep_frame(desk.mirrors.of(name).view(), "", [], {}), "related"))
        for name in ("first", "second")
    }

    assert said == {"first": "", "second": "Learns from 4 of the 4 ended trials of  first"}
    assert sweeper.load("second", store.address()).trials
