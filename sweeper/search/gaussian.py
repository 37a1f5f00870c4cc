"""A Gaussian process over configuration and resource: kernel, fit and prediction.

The kernel is a Matérn 5/2 with a length scale a parameter, times exp(-|Δ log resource| / length),
plus noise. Everything is a pure function of its arguments.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize

_JITTER = 1e-8
_ROOT5 = math.sqrt(5.0)
_LOWEST, _HIGHEST = -6.0, 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Where values are known or wanted: features, each feature's parameter, log resources."""

    features: Any
    owners: Any
    resources: Any

    def take(self, places: Any) -> Points:
        """Give some of the points."""
        return Points(
            features=self.features[places], owners=self.owners, resources=self.resources[places]
        )

    def __len__(self) -> int:
        return len(self.features)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The logarithms of the kernel's hyperparameters."""

    lengths: Any
    resource: float
    amplitude: float
    noise: float

    @staticmethod
    def start(parameters: int) -> Shape:
        """Give the shape that is assumed before anything is fitted."""
        return Shape(
            lengths=np.full(parameters, math.log(0.6)),
            resource=math.log(2.0),
            amplitude=0.0,
            noise=math.log(0.05),
        )

    @staticmethod
    def unpack(numbers: Any) -> Shape:
        """Read a shape back from its numbers."""
        return Shape(
            lengths=np.array(numbers[:-3], dtype=float),
            resource=float(numbers[-3]),
            amplitude=float(numbers[-2]),
            noise=float(numbers[-1]),
        )

    def pack(self) -> Any:
        """Write the shape as one array of numbers."""
        return np.concatenate([self.lengths, [self.resource, self.amplitude, self.noise]])


def covariance(shape: Shape, a: Points, b: Points) -> Any:
    """Give the covariances between two sets of points, without noise."""
    scale = np.exp(-shape.lengths)[a.owners]
    left, right = a.features * scale, b.features * scale
    # Most of a suggestion's time goes by here: in place, each number is moved half as often.
    far = left @ (-2.0 * right.T)
    far += (left**2).sum(1)[:, None]
    far += (right**2).sum(1)[None, :]
    np.maximum(far, 0.0, out=far)
    np.sqrt(far, out=far)
    far *= _ROOT5
    decay = np.subtract.outer(a.resources, b.resources)
    np.abs(decay, out=decay)
    decay *= -math.exp(-shape.resource)
    decay -= far
    np.exp(decay, out=decay)
    decay *= math.exp(shape.amplitude)
    bend = far * far
    bend /= 3.0
    bend += far
    bend += 1.0
    bend *= decay
    return bend


def fit(points: Points, values: Any, start: Shape, iterations: int) -> Shape:
    """Fit the shape to values by a few iterations of L-BFGS, under weak priors."""
    parameters = len(start.lengths)
    squares = np.zeros((parameters, len(points), len(points)))
    for column, owner in zip(points.features.T, points.owners):
        squares[owner] += (column[:, None] - column[None, :]) ** 2
    gap = np.abs(points.resources[:, None] - points.resources[None, :])
    flat = squares.reshape(parameters, -1)

    def loss(numbers: Any) -> tuple[float, Any]:
        return _negative_log_posterior(Shape.unpack(numbers), flat, gap, values)

    found = minimize(
        loss,
        start.pack(),
        jac=True,
        method="L-BFGS-B",
        bounds=[(_LOWEST, _HIGHEST)] * (parameters + 3),
        options={"maxiter": iterations},
    )
    return Shape.unpack(found.x) if np.isfinite(found.fun) else start


def _negative_log_posterior(shape: Shape, flat: Any, gap: Any, values: Any) -> tuple[float, Any]:
    weights = np.exp(-2.0 * shape.lengths)
    count = len(values)
    far = _ROOT5 * np.sqrt(np.maximum((weights @ flat).reshape(count, count), 0.0))
    decay = np.exp(-far - gap * math.exp(-shape.resource)) * math.exp(shape.amplitude)
    kernel = decay * (1.0 + far + far**2 / 3.0)
    noise = math.exp(shape.noise)
    try:
        root = cholesky(kernel + (noise + _JITTER) * np.eye(count), lower=True)
    except np.linalg.LinAlgError:
        return 1e25, np.zeros(len(shape.lengths) + 3)
    inverse = cho_solve((root, True), np.eye(count))
    alpha = inverse @ values
    value = 0.5 * values @ alpha + np.log(np.diag(root)).sum()
    outer = inverse - np.outer(alpha, alpha)
    pull = outer * decay * (1.0 + far) * (5.0 / 3.0)
    gradient = np.concatenate(
        [
            0.5 * (flat @ pull.ravel()) * weights,
            [
                0.5 * (outer * kernel * gap).sum() * math.exp(-shape.resource),
                0.5 * (outer * kernel).sum(),
                0.5 * noise * np.trace(outer),
            ],
        ]
    )
    prior, slope = _prior(shape)
    return float(value + prior), gradient + slope


def _prior(shape: Shape) -> tuple[float, Any]:
    """Give the negative logarithm of the weak priors and its gradient: all are log-normal."""
    parameters = len(shape.lengths)
    means = np.array([math.log(0.6)] * parameters + [math.log(2.0), 0.0, math.log(0.05)])
    spreads = np.array([1.0] * parameters + [1.0, 1.0, 1.5])
    pulls = (shape.pack() - means) / spreads
    return float(0.5 * (pulls**2).sum()), pulls / spreads


class Posterior:
    """What values at other points are likely, given those that are known."""

    def __init__(self, shape: Shape, points: Points, values: Any) -> None:
        self._shape, self._points = shape, points
        kernel = covariance(shape, points, points)
        kernel[np.diag_indices_from(kernel)] += math.exp(shape.noise) + _JITTER
        self._root = cholesky(kernel, lower=True)
        self._alpha = cho_solve((self._root, True), values)
        self._pending: tuple[Points, Any, Any] | None = None

    def believe(self, pending: Points) -> None:
        """Take values that are still to come as known: the mean stays, what is sure grows."""
        across = covariance(self._shape, self._points, pending)
        reduced = solve_triangular(self._root, across, lower=True)
        kernel = covariance(self._shape, pending, pending) - reduced.T @ reduced
        kernel[np.diag_indices_from(kernel)] += math.exp(self._shape.noise) + 1e-6
        self._pending = pending, reduced, cholesky(kernel, lower=True)

    def mean(self, points: Points) -> Any:
        """Give the expected values at some points."""
        return covariance(self._shape, points, self._points) @ self._alpha

    def predict(self, points: Points) -> tuple[Any, Any]:
        """Give the means and standard deviations, noise left out, at some points."""
        across = covariance(self._shape, self._points, points)
        reduced = solve_triangular(self._root, across, lower=True)
        variance = math.exp(self._shape.amplitude) - (reduced**2).sum(axis=0)
        if self._pending is not None:
            pending, known, root = self._pending
            left = covariance(self._shape, pending, points) - known.T @ reduced
            variance -= (solve_triangular(root, left, lower=True) ** 2).sum(axis=0)
        return across.T @ self._alpha, np.sqrt(np.maximum(variance, 1e-12))
