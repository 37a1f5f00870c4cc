"""Tests of the Gaussian process: its gradient, its predictions, and what it believes."""

from __future__ import annotations

import numpy
import pytest

from sweeper.search import gaussian
from sweeper.search.gaussian import Points, Posterior, Shape, fit
from sweeper.search.gp_model import log_expected_improvement


def points(count: int, seed: int = 0) -> Points:
    rng = numpy.random.default_rng(seed)
    resources = numpy.log(rng.choice([1.0, 3.0, 9.0], size=count))
    owners = numpy.array([0, 1, 2, 2])
    return Points(features=rng.random((count, 4)), owners=owners, resources=resources)


def test_the_fits_gradient_is_the_slope_of_its_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    def keep(loss: object, start: object, **_options: object) -> object:
        seen.update(loss=loss, start=start)
        raise InterruptedError

    monkeypatch.setattr(gaussian, "minimize", keep)
    values = numpy.random.default_rng(1).standard_normal(20)
    with pytest.raises(InterruptedError):
        fit(points(20), values, Shape.start(3), 5)
    loss, start = seen["loss"], seen["start"] + 0.3 * numpy.arange(6) / 6
    _, gradient = loss(start)
    for place in range(6):
        step = numpy.zeros(6)
        step[place] = 1e-5
        slope = (loss(start + step)[0] - loss(start - step)[0]) / 2e-5
        assert gradient[place] == pytest.approx(slope, rel=1e-4, abs=1e-6)


def test_a_fit_finds_which_parameter_matters() -> None:
    known = points(80)
    values = numpy.sin(6 * known.features[:, 0])
    shape = fit(known, values, Shape.start(3), 40)
    assert shape.lengths[0] < min(shape.lengths[1:]) - 1.0


def test_known_values_are_predicted_and_far_ones_left_open() -> None:
    known = points(30)
    values = known.features[:, 0] + known.features[:, 1]
    shape = fit(known, values, Shape.start(3), 40)
    posterior = Posterior(shape, known, values)
    means, spreads = posterior.predict(known)
    assert means == pytest.approx(values, abs=0.1)
    far = Points(features=known.features + 9.0, owners=known.owners, resources=known.resources)
    assert (posterior.predict(far)[1] > 3 * spreads).all()


def test_what_is_believed_leaves_the_mean_and_takes_the_doubt() -> None:
    known, pending = points(10), points(5, seed=3)
    values = known.features[:, 0]
    posterior = Posterior(Shape.start(3), known, values)
    means, spreads = posterior.predict(pending)
    posterior.believe(pending)
    after, sure = posterior.predict(pending)
    assert after == pytest.approx(means)
    assert (sure < 0.7 * spreads).all()


def test_the_improvement_expected_is_sound_far_below_the_best() -> None:
    means = numpy.array([0.0, -3.0, -5.9, -6.1, -30.0, -300.0])
    found = log_expected_improvement(means, numpy.ones(6), 0.0)
    assert found[0] == pytest.approx(numpy.log(1 / numpy.sqrt(2 * numpy.pi)))
    assert (numpy.diff(found) < 0).all()
    assert numpy.isfinite(found).all()
