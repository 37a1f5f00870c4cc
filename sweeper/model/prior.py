"""A trial of an earlier sweep, in the terms of the sweep that learns from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sweeper.model.encoding import Json
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.trial import TrialRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What an earlier trial showed: a configuration of the present space, and how it went.

    number counts those that are learnt from, from 0. told holds the last value of each metric,
    curve the reports of the first objective as (step, value).
    """

    number: int
    params: Mapping[str, Json]
    status: TrialStatus
    value: float | None
    values: tuple[float, ...] | None
    told: Mapping[str, float]
    last_step: int
    curve: tuple[tuple[int, float], ...] = ()

    def as_trial(self) -> TrialRecord:
        """Give it as a trial that has ended.

        Example:
            >>> Prior(
            ...     number=0, params={}, status=TrialStatus.PRUNED, value=0.5, values=None,
            ...     told={"loss": 0.5}, last_step=1,
            ... ).as_trial().result
            {'loss': 0.5}
        """
        return TrialRecord(
            number=self.number,
            status=self.status,
            params=self.params,
            seed=0,
            origin="prior",
            value=self.value,
            values=self.values,
            result=dict(self.told),
            last_step=self.last_step,
        )
