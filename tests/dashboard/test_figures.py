"""Tests of the figures and of the pure functions beneath them."""

from __future__ import annotations

import math
from importlib.metadata import entry_points

import pytest
from sweeper_dashboard.addresses import Place, place_of, sweep_address, trial_address
from sweeper_dashboard.components.parameters import call_of
from sweeper_dashboard.figures import KINDS, draw
from sweeper_dashboard.figures.ink import GRAPH_CONFIG
from sweeper_dashboard.figures.thinning import lean
from sweeper_dashboard.payload import cell
from sweeper_dashboard.ranking import best_of, best_places, steps_saved, thinned
from sweeper_dashboard.report import write_report
from sweeper_dashboard.serve import serve

from sweeper.errors import SweeperError
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Goal, Mode
from sweeper.model.trial import TrialRecord
from sweeper.search.importance import importance
from sweeper.store import questions
from sweeper.store.store import Store
from tests.dashboard.factory import columns_of, populate, start_sweep

LOSS = Goal(metric="loss", mode=Mode.MIN)


def trial(
    number: int, value: float | None, status: str = "completed", steps: int = 9
) -> TrialRecord:
    """Make a trial that ended with a value."""
    return TrialRecord(
        number=number,
        status=TrialStatus(status),
        params={},
        seed=0,
        value=value,
        last_step=steps,
        summary={"loss": {"last": value}} if value is not None else {},
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [0, 1, 3, 60])
def test_every_figure_is_drawn_of_any_number_of_trials(store: Store, kind: str, count: int) -> None:
    populate(store, "digits", count)

    figure = draw(kind, store, "digits", importance=importance)

    assert figure.to_json()


def test_an_unknown_figure_is_refused_with_a_list_of_the_known(store: Store) -> None:
    start_sweep(store, "digits")

    with pytest.raises(SweeperError) as raised:
        draw("pie", store, "digits")

    assert all(kind in raised.value.hint for kind in KINDS)


def test_the_core_finds_the_dashboard_through_its_entry_points() -> None:
    found = {entry.name: entry.load() for entry in entry_points(group="sweeper.dashboard")}

    assert found.items() >= {"app": serve, "figures": draw, "report": write_report}.items()


def test_no_chart_can_be_sent_to_a_foreign_server() -> None:
    assert GRAPH_CONFIG["showSendToCloud"] is False


def test_parallel_coordinates_show_the_best_five_hundred(store: Store) -> None:
    populate(store, "many", 1200, curves=False)

    figure = draw("parallel", store, "many")

    shown = figure.data[0].dimensions[-1]["values"]
    assert len(shown) == 500
    best = questions.find_sweep(store, "many").best_value
    assert min(shown) == pytest.approx(best)


def test_all_but_the_best_curves_share_one_trace_with_gaps(store: Store) -> None:
    populate(store, "digits", 40)

    figure = draw("curves", store, "digits", top=20)

    rest = figure.data[0]
    assert len(figure.data) == 5
    assert sum(math.isnan(value) for value in rest.y) == 20 - 4


def test_the_best_so_far_only_ever_improves() -> None:
    trials = columns_of([trial(0, 3.0), trial(1, 4.0), trial(2, 1.0, "pruned"), trial(3, 2.0)])

    assert best_of(trials, LOSS) == [(0, 3.0), (3, 2.0)]


def test_trials_without_a_value_rank_last_whichever_way_is_better() -> None:
    given = [trial(0, None, "failed"), trial(1, 2.0), trial(2, math.nan), trial(3, 1.0)]
    trials = columns_of(given)

    down = best_places(trials, LOSS)
    up = best_places(trials, Goal(metric="loss", mode=Mode.MAX))

    assert down[:2] == [3, 1]
    assert up[:2] == [1, 3]


def test_pruning_saves_what_the_longest_trial_would_have_taken() -> None:
    statuses = [TrialStatus.COMPLETED, TrialStatus.PRUNED]

    assert steps_saved(statuses, [10, 1]) == pytest.approx(9 / 20)
    assert steps_saved(statuses[:1], [10]) is None


def test_thinning_keeps_the_best_and_the_asked_number() -> None:
    ordered = [trial(number, float(number)) for number in range(1000)]

    kept = [t.number for t in thinned(ordered, 100)]

    assert len(set(kept)) == 100
    assert kept[:5] == [0, 1, 2, 3, 4]


def test_a_thinned_curve_keeps_its_ends_and_its_peak() -> None:
    values = [0.0] * 1000
    values[500] = 9.0

    steps, kept = lean(list(range(1000)), values, 50)

    assert len(steps) <= 50
    assert (steps[0], steps[-1]) == (0, 999)
    assert 9.0 in kept


@pytest.mark.parametrize("name", ["digits", "a/b", "ü ?#%", "<script>", "trial/3", ".."])
def test_an_address_leads_back_to_its_name(name: str) -> None:
    assert place_of(sweep_address(name)) == Place(sweep=name)
    assert place_of(trial_address(name, 3)) == Place(sweep=name, trial=3)


def test_a_trial_can_be_run_again_from_its_line(store: Store) -> None:
    sweep = populate(store, "digits", 1).sweep
    first = questions.list_trials(store, sweep.id)[0]
    given: dict[str, object] = {}

    exec(call_of(sweep, first), {"train": given.update})

    assert given == sweep.search_space().decode(first.params)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (0.1, 0.1),
        (True, "True"),
        (None, None),
        (2**60, str(2**60)),
        ({"$sweeper": "float", "text": "inf"}, "inf"),
        ({"$sweeper": "object", "name": "torch.optim:Adam"}, "Adam"),
    ],
)
def test_a_parameter_becomes_a_number_or_a_text(written: object, shown: object) -> None:
    assert cell(written) == shown
