"""Tests of what figures compute: columns, fronts, bins, bands, ranks and replays of rungs."""

from __future__ import annotations

import csv
import io
import math
from bisect import insort
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweeper_dashboard.charts import figure_table
from sweeper_dashboard.figures.choices import Choices, choices_from
from sweeper_dashboard.figures.contour import binned
from sweeper_dashboard.figures.drawing import affordable, draw
from sweeper_dashboard.figures.frame import Column, Frame, front_of, ranks_of
from sweeper_dashboard.figures.influence import correlations
from sweeper_dashboard.figures.rungs import Arrivals, replay
from sweeper_dashboard.figures.scatter import sampled_places
from sweeper_dashboard.figures.slices import edges_of, medians
from sweeper_dashboard.figures.strands import Strand, band, smoothed
from sweeper_dashboard.figures.timeline import lanes_of
from sweeper_dashboard.trials import read_trials

from sweeper.errors import SweeperError
from sweeper.model.pareto import dominates
from sweeper.store.spans import Span
from sweeper.store.store import Store
from tests.dashboard.cluster import run_on_cluster

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
POINTS = st.integers(1, 3).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 6), min_size=width, max_size=width), min_size=1)
)


def frame_of(store: Store, name: str) -> Frame:
    """Put a recorded sweep into columns."""
    state, trials = read_trials(store, name)
    return Frame(overview=state.overview, trials=trials)


def column(values: list[float], kind: str = "number") -> Column:
    """Make a column of numbers."""
    return Column(id="p:x", label="x", kind=kind, values=np.array(values, dtype=float))


@given(POINTS)
def test_the_front_is_what_no_point_dominates(points: list[list[int]]) -> None:
    marked = front_of(np.array(points, dtype=float))

    beaten = [any(dominates(other, point) for other in points) for point in points]
    assert marked.tolist() == [not each for each in beaten]


@given(st.lists(NUMBERS, min_size=1))
def test_ranks_keep_the_order_and_share_ties(values: list[float]) -> None:
    ranks = ranks_of(np.array(values))

    assert ranks.sum() == pytest.approx(len(values) * (len(values) - 1) / 2)
    for one, rank in zip(values, ranks, strict=True):
        assert rank == sum(v < one for v in values) + (values.count(one) - 1) / 2


@given(st.lists(NUMBERS, min_size=1, max_size=60), st.floats(0, 0.99))
def test_smoothing_stays_within_what_was_reported(values: list[float], weight: float) -> None:
    made = smoothed(values, weight)

    assert len(made) == len(values)
    room = 1e-6 * (1 + max(abs(value) for value in values))
    assert min(values) - room <= min(made) <= max(made) <= max(values) + room
    assert made[0] == pytest.approx(values[0])


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=80), st.integers(2, 20))
def test_every_trial_falls_into_one_bin(pairs: list[tuple[float, float]], bins: int) -> None:
    x, y = column([a for a, _ in pairs]), column([b for _, b in pairs])
    values = np.arange(len(pairs), dtype=float)

    table, count, edges = binned((x, y), values, bins)

    assert count.sum() == len(pairs)
    assert np.isnan(table).sum() == (count == 0).sum()
    assert (len(edges[1]) - 1, len(edges[0]) - 1) == table.shape


def test_bins_lie_where_they_lie_whatever_was_tried() -> None:
    few = Column(id="p:lr", label="lr", kind="log", values=np.array([1e-3]), low=1e-5, high=1e-1)

    assert edges_of(few, 4).tolist() == pytest.approx([-5, -4, -3, -2, -1])
    centres, median = medians(few, np.array([0.5]), 4)
    assert centres == pytest.approx([10**-4.5, 10**-3.5, 10**-2.5, 10**-1.5])
    assert [value for value in median if not math.isnan(value)] == [0.5]


def test_a_band_counts_only_the_curves_that_reach_a_point() -> None:
    long = Strand(trial=0, x=np.array([1.0, 2, 3]), y=np.array([1.0, 1, 1]), steps=np.arange(3))
    short = Strand(trial=1, x=np.array([1.0, 2]), y=np.array([3.0, 3]), steps=np.arange(2))

    found = band([long, short])

    assert found.count.tolist() == [2, 2, 1]
    assert found.mean.tolist() == [2, 2, 1]
    assert found.spread.tolist() == [1, 1, 0]


def test_a_harsher_factor_stops_more_and_tells_where() -> None:
    first = [(n, 1, float(v), float(n)) for n, v in enumerate([5, 4, 3, 9])]
    arrivals = Arrivals.of([*first, (2, 3, 3.0, 9.0)])

    mild, harsh = (replay(arrivals, factor, -1.0, 9) for factor in (2, 4))

    assert mild.stopped == {3: 1}
    assert harsh.stopped == {3: 1}
    assert mild.steps == 1 + 1 + 9 + 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.integers(2, 5))
def test_whoever_leads_when_coming_to_a_rung_passes_it(values: list[float], factor: int) -> None:
    arrivals = Arrivals.of([(n, 1, v, float(n)) for n, v in enumerate(values)])

    stopped = replay(arrivals, factor, -1.0, 9).stopped

    leading = [n for n, value in enumerate(values) if value <= min(values[: n + 1])]
    assert not set(leading) & set(stopped)


def halved(
    arrivals: Sequence[tuple[int, int, float, float]], factor: int
) -> tuple[dict[int, int], int]:
    """Halve successively as it is written down: one arrival after the other, by time."""
    ladders: dict[int, list[float]] = {}
    stopped: dict[int, int] = {}
    reached: dict[int, int] = {}
    last = max(rung for _, rung, _, _ in arrivals)
    for trial, rung, value, _ in sorted(arrivals, key=lambda each: (each[3], each[0])):
        if trial in stopped:
            continue
        insort(ladder := ladders.setdefault(rung, []), value)
        best = len(ladder) // factor
        reached[trial] = 99 if rung == last else rung
        if best and value > ladder[best - 1]:
            stopped[trial] = reached[trial] = rung
    return stopped, sum(reached.values())


@given(
    st.lists(
        st.lists(st.sampled_from([0.0, 0.3, 0.5, 1.0, 2.0]), min_size=1, max_size=3),
        min_size=1,
        max_size=40,
    ),
    st.integers(2, 5),
)
def test_a_replay_is_successive_halving_arrival_by_arrival(
    trials: list[list[float]], factor: int
) -> None:
    arrivals = [
        (trial, 3**place, value, trial + 7.5 * place)
        for trial, values in enumerate(trials)
        for place, value in enumerate(values)
    ]

    again = replay(Arrivals.of(arrivals), factor, -1.0, 99)

    assert (again.stopped, again.steps) == halved(arrivals, factor)


def test_attempts_that_overlap_lie_in_lanes_of_their_own() -> None:
    spans = [
        Span(0, 1, "succeeded", None, "a", [], 100.0, 110.0),
        Span(1, 1, "succeeded", None, "a", [], 105.0, 112.0),
        Span(2, 1, "lost", None, "a", [], 110.0, 120.0),
        Span(3, 1, "running", None, "b", ["0"], 100.0, None),
    ]

    lanes = {lane.name: [each.trial for each in lane.attempts] for lane in lanes_of(spans, 130.0)}

    assert lanes == {"a #1": [0, 2], "a #2": [1], "b gpu 0": [3]}


def test_several_objectives_are_not_ranked_by_the_first_alone(store: Store) -> None:
    run_on_cluster(store, "two", 60, metrics=("val_loss", "latency"))
    frame = frame_of(store, "two")

    order = frame.best_first()

    points = frame.objectives() * frame.signs
    known = ~np.isnan(points).any(axis=1)
    front = int(front_of(points[known]).sum())
    leaders = order[:front]
    assert front > 1
    assert front_of(points[leaders]).all()
    by_first = np.argsort(frame.column("value").values)[:front]
    assert set(leaders.tolist()) != set(by_first.tolist())


def test_a_sample_keeps_the_best_and_is_said(store: Store) -> None:
    run_on_cluster(store, "many", 3000)
    frame = frame_of(store, "many")
    known = np.flatnonzero(frame.column("value").known)

    places = sampled_places(frame, known, 500)
    figure = draw("scatter", store, "many")

    assert len(places) == 500
    assert set(frame.best_first()[:100]) <= set(places)
    assert "2,500 of" in figure.layout.meta["note"]


def test_curves_stay_within_what_can_be_read(store: Store) -> None:
    run_on_cluster(store, "few", 40)
    trials = list(frame_of(store, "few").trials)

    first = affordable(trials, spread=False, most=50)
    even = affordable(trials, spread=True, most=50)

    assert sum(trial.last_step for trial in first) <= 50
    assert trials[: len(first)] == first
    assert 1 <= len(even) < len(trials)
    assert even[0] is trials[0]
    assert even[-1] is trials[-1] or len(even) == 1


def test_correlation_has_the_sign_of_what_helps(store: Store) -> None:
    run_on_cluster(store, "two", 200, metrics=("val_loss", "latency"))

    found = correlations(frame_of(store, "two"))

    assert found["dropout"] < 0
    assert 0 <= found["optimizer"] <= 1


def test_a_figure_becomes_a_table_with_a_row_for_each_point(store: Store) -> None:
    run_on_cluster(store, "few", 30)
    figure = draw("scatter", store, "few", x="p:dropout")

    lines = figure_table(figure).splitlines()

    assert lines[0] == "series,trial,x,y,value"
    assert len(lines) == 1 + len(figure.data[0].x)


def test_a_table_names_what_its_points_are_of(store: Store) -> None:
    run_on_cluster(store, "few", 80)

    def series(kind: str) -> dict[str, list[str]]:
        rows = csv.DictReader(io.StringIO(figure_table(draw(kind, store, "few"))))
        found: dict[str, list[str]] = {}
        for row in rows:
            found.setdefault(str(row["series"]), []).append(str(row["x"]))
        return found

    assert {"lr", "median over lr", "optimizer"} <= series("slice").keys()
    assert series("importance").keys() == {"correlation"}
    bins = [float(x) for x in series("contour")["median"]]
    assert 1e-5 < min(bins) < max(bins) < 1e-1


@pytest.mark.parametrize("written", [{"pie": 1}, {"top": "many"}, {"top": 0}, {"smooth": 1.0}])
def test_a_choice_without_sense_is_refused(written: dict[str, object]) -> None:
    with pytest.raises(SweeperError):
        choices_from(written)


def test_a_column_that_is_not_there_is_named_with_those_that_are(store: Store) -> None:
    run_on_cluster(store, "few", 3)

    with pytest.raises(SweeperError) as raised:
        draw("scatter", store, "few", x="p:learning_rate")

    assert "p:lr" in raised.value.hint
    assert choices_from({"x": "p:lr"}) == Choices(x="p:lr")
