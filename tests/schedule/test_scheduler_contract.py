"""Every scheduler of ours, and every pruner of Optuna's, keeps the contract of schedulers."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from optuna import exceptions, pruners

from sweeper.schedule import ASHA, PASHA, PBT, Hyperband, Median, Scheduler, StopIf
from sweeper.search.named import describe_pruning, make_pruning
from sweeper.testing.fakes import LOSS
from sweeper.testing.scheduler import (
    PausingContract,
    PausingScheduler,
    PruningContract,
    SchedulerContract,
)

warnings.filterwarnings("ignore", category=exceptions.ExperimentalWarning)


class TestASHA(PruningContract):
    def make(self) -> Scheduler:
        return ASHA(max_steps=27, type="stopping")


class TestASHAWithoutEnd(PruningContract):
    def make(self) -> Scheduler:
        return ASHA(min_steps=2, reduction_factor=4, type="stopping")


class TestPromotion(PausingContract):
    def make(self) -> PausingScheduler:
        return ASHA(max_steps=27, type="promotion")


class TestPromotionWhereThereIsACheckpoint(PausingContract):
    def make(self) -> PausingScheduler:
        return ASHA(reduction_factor=2)


class TestDelayedPromotion(PausingContract):
    def make(self) -> PausingScheduler:
        return ASHA(max_steps=27, reduction_factor=2, type="promotion", delayed=True)


class TestHyperband(PausingContract):
    def make(self) -> PausingScheduler:
        return Hyperband(max_steps=27)


class TestHyperbandByStopping(SchedulerContract):
    def make(self) -> Scheduler:
        return Hyperband(type="stopping", brackets=2)


class TestPASHA(PausingContract):
    def make(self) -> PausingScheduler:
        return PASHA(max_steps=27)


class TestPBT(SchedulerContract):
    def make(self) -> Scheduler:
        return PBT(population=4, interval=14)


class TestStopIf(SchedulerContract):
    def make(self) -> Scheduler:
        return StopIf(plateau=6, min_change=0.01, outside=(None, 50.0))


class TestStopIfThenMedian(PruningContract):
    def make(self) -> Scheduler:
        return StopIf(outside=(None, 50.0), then=Median())


class TestStopIfThenPromotion(PausingContract):
    def make(self) -> PausingScheduler:
        return StopIf(outside=(None, 50.0), then=ASHA(max_steps=27, type="promotion"))


class TestMedian(PruningContract):
    def make(self) -> Scheduler:
        return Median()


@pytest.mark.filterwarnings("ignore:All-NaN slice")
class _Optuna(SchedulerContract):
    given: Any

    def make(self) -> Scheduler:
        made = make_pruning(describe_pruning(self.given), LOSS.first, self.given)
        assert made is not None
        return made


class TestMedianPruner(_Optuna, PruningContract):
    given = pruners.MedianPruner()


class TestPercentilePruner(_Optuna, PruningContract):
    given = pruners.PercentilePruner(25.0)


class TestSuccessiveHalvingPruner(_Optuna, PruningContract):
    given = pruners.SuccessiveHalvingPruner()


class TestHyperbandPruner(_Optuna):
    given = pruners.HyperbandPruner(max_resource=27)


class TestThresholdPruner(_Optuna, PruningContract):
    given = pruners.ThresholdPruner(upper=5.0)


class TestPatientPruner(_Optuna):
    given = pruners.PatientPruner(pruners.MedianPruner(), patience=2)


class TestNopPruner(_Optuna):
    given = pruners.NopPruner()
