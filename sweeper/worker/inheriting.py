"""The first checkpoint of a copied trial: the other trial's, taken over before anything runs."""

from __future__ import annotations

import shutil
from pathlib import Path

from sweeper.errors import SweeperError
from sweeper.model.assignment import Inherited
from sweeper.worker.checkpoints import brought_from, newest_checkpoint, publish_checkpoint
from sweeper.worker.context import RunningTrial
from sweeper.worker.manifest import FILE_NAME, problem_of


def inherit(trial: RunningTrial) -> None:
    """Make the checkpoint that a copied trial is to begin with its own, where it has none yet.

    Raises:
        SweeperError: it is not there as it was.
    """
    inherited = trial.assignment.inherited
    # Where nothing is kept, whoever plays the function keeps its state himself.
    if inherited is None or not inherited.folder or trial.rank:
        return
    if newest_checkpoint(trial) is not None:
        return
    place = _place(trial, inherited)
    with publish_checkpoint(trial, inherited.step) as folder:
        ours = shutil.ignore_patterns(FILE_NAME)
        shutil.copytree(place, folder, dirs_exist_ok=True, ignore=ours)


def newest_or_inherited(trial: RunningTrial) -> tuple[int, Path] | None:
    """Find the trial's newest checkpoint; beside rank 0 perhaps the one it is taking over."""
    found = newest_checkpoint(trial)
    inherited = trial.assignment.inherited
    if found is None and inherited is not None and trial.rank:
        return inherited.step, _place(trial, inherited)
    return found


def _place(trial: RunningTrial, inherited: Inherited) -> Path:
    place = brought_from(inherited.folder, inherited.step)
    identity = trial.assignment.identity
    problem = problem_of(place, sweep=identity, trial=inherited.trial)
    if problem is not None:
        raise SweeperError(
            f"trial {trial.number} was to go on from trial {inherited.trial}'s checkpoint of step "
            f"{inherited.step}, and {problem}",
            hint="Let nothing but sweeper remove checkpoints while the sweep may go on.",
        )
    return place
