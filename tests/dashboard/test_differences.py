"""Tests of trials side by side: their address, and what is told to differ."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweeper_dashboard.addresses import Place, diff_address, place_of, sides_of
from sweeper_dashboard.desk import open_desk
from sweeper_dashboard.differences import (
    code_difference,
    parameter_rows,
    result_rows,
    surrounding_rows,
)
from sweeper_dashboard.pages.diff import sides_at

from sweeper.errors import SweepNotFound
from sweeper.store.store import Store
from tests.dashboard.cluster import run_on_cluster
from tests.dashboard.factory import populate

SIDES = st.tuples(st.text(min_size=1), st.none() | st.integers(0, 999_999_999))


@given(st.lists(SIDES, unique=True, max_size=8))
def test_an_address_names_the_same_trials_again(sides: list[tuple[str, int | None]]) -> None:
    address = diff_address(sides)

    path, _, query = address.partition("?of=")

    assert place_of(path) == Place(tab="diff")
    assert sides_of(unquote(query)) == sides


def test_only_what_differs_is_told_to_differ(store: Store) -> None:
    run_on_cluster(store, "digits", 12)
    one, other = sides_at(open_desk(store), "digits:0,digits:1")

    rows = {row.name: row for row in parameter_rows([one, other])}

    assert rows["lr"].differs
    assert rows["lr"].exact == tuple(repr(s.trial.params["lr"]) for s in (one, other))
    assert rows["lr"].texts == ("0.009147", "0.01019")
    assert not rows["epochs"].differs
    assert not any(row.differs for row in parameter_rows([one, one]))
    assert not any(row.differs for row in result_rows([one, one]))


def test_a_parameter_that_one_side_lacks_differs(store: Store) -> None:
    run_on_cluster(store, "digits", 30)
    sides = sides_at(open_desk(store), ",".join(f"digits:{number}" for number in range(8)))
    assert {"momentum" in side.trial.params for side in sides} == {True, False}

    [row] = [row for row in parameter_rows(sides) if row.name == "momentum"]

    assert row.differs
    assert "—" in row.texts


def test_the_best_trials_of_several_sweeps_stand_side_by_side(store: Store) -> None:
    run_on_cluster(store, "first", 12)
    run_on_cluster(store, "second", 12)

    sides = sides_at(open_desk(store), "first:best,second:best")

    assert [side.trial.number for side in sides] == [side.sweep.best_trial for side in sides]
    [row] = [row for row in surrounding_rows(sides) if row.name == "sweep"]
    assert row.texts == ("first", "second")


def test_versions_and_uncommitted_changes_are_compared(store: Store) -> None:
    run_on_cluster(store, "digits", 3)
    [side] = sides_at(open_desk(store), "digits:0")
    known = dict(side.sweep.provenance)
    packages = {**known["packages"], "torch": "2.10.0"}
    later = replace(side.sweep, provenance={**known, "packages": packages, "diff": "+epochs = 9"})

    rows = {r.name: r for r in surrounding_rows([side, replace(side, sweep=later)]) if r.differs}

    assert rows["torch"].texts == ("2.9.0", "2.10.0")
    assert "+epochs = 9" in (code_difference(side.sweep, later) or "")
    assert code_difference(side.sweep, side.sweep) is None


def test_a_trial_that_is_not_there_is_named(store: Store) -> None:
    populate(store, "digits", 3)

    with pytest.raises(SweepNotFound, match="no trial 7"):
        sides_at(open_desk(store), "digits:1,digits:7")
