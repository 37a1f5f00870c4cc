"""The replicates of a trial on its page: each seed's run, their mean, and how far apart."""

from __future__ import annotations

import json

from plotly.utils import PlotlyJSONEncoder
from sweeper_dashboard.components.replicates import replicates_table

from sweeper.model.replicate import Replicate


def ran(seed: int, loss: float) -> Replicate:
    return Replicate(seed=seed, step=10 * seed, time=0.0, metrics={"loss": loss})


def test_each_run_stands_in_a_row_above_the_mean_and_the_spread() -> None:
    shown = json.dumps(
        replicates_table([ran(1, 0.25), ran(2, 0.75)], ["loss"]), cls=PlotlyJSONEncoder
    )

    for part in (
        '"0.25000"',
        '"0.75000"',
        '"Mean"',
        '"0.50000"',
        '"Standard deviation"',
        '"0.35355"',
    ):
        assert part in shown


def test_one_run_has_no_spread() -> None:
    shown = json.dumps(replicates_table([ran(1, 0.25)], ["loss"]), cls=PlotlyJSONEncoder)

    assert "Standard deviation" not in shown
