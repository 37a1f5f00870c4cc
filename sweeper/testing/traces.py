"""The part of a backend's contract that is about what an attempt leaves."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from statistics import fmean

from sweeper.model.event import Ended, Logged, Published, Removed, Reported
from sweeper.model.lifecycle import AttemptStatus
from sweeper.testing import functions
from sweeper.testing.conversation import make_assignment
from sweeper.testing.opening import Opening


class TracesContract(Opening):
    """Output, seeds, checkpoints and artifacts."""

    def test_both_streams_are_captured_for_the_right_attempt(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            keys = [
                talk.start(
                    make_assignment(
                        functions.writes,
                        folder=tmp_path,
                        trial=trial,
                        params={"text": f"näher {trial}", "errors": f"oh {trial}"},
                    )
                )
                for trial in range(talk.backend.capacity())
            ]
            for trial, key in enumerate(keys):
                talk.end_of(key)
                assert talk.text_of(key, "stdout") == f"näher {trial}\n"
                assert talk.text_of(key, "stderr") == f"oh {trial}"

    def test_output_can_be_read_while_the_attempt_runs(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            made = make_assignment(
                functions.writes,
                folder=tmp_path,
                params={"text": "so far", "seconds": 0.1, "times": 6},
            )
            key = talk.start(made)
            talk.until(lambda: bool(talk.of(key, Logged)), "some output")
            assert not talk.of(key, Ended)
            talk.end_of(key)
            assert talk.text_of(key, "stdout") == 6 * "so far\n"

    def test_a_trial_draws_from_its_own_seed(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            made = make_assignment(functions.draws, folder=tmp_path, trial=5)
            ended = talk.end_of(talk.start(made))
        assert ended.values == (random.Random(made.seed).random(),)
        if ended.result is not None and "numpy" in ended.result:
            import numpy

            assert ended.result["numpy"] == float(numpy.random.RandomState(made.seed).random())

    def test_each_replicate_has_a_seed_of_its_own(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            made = make_assignment(functions.draws, folder=tmp_path, trial=5)
            ended = talk.end_of(talk.start(replace(made, replicates=3)))
        ran = [event.replicate for event in talk.of(made.key, Reported) if event.replicate]
        drawn = [random.Random(one.seed).random() for one in ran]
        assert len({made.seed, *(one.seed for one in ran)}) == len(ran) == 3
        assert [one.metrics["loss"] for one in ran] == drawn
        assert ended.values == (fmean(drawn),)

    def test_a_next_attempt_goes_on_from_the_checkpoint(self, tmp_path: Path) -> None:
        made = [
            make_assignment(functions.goes_on_from_a_checkpoint, folder=tmp_path, attempt=attempt)
            for attempt in (1, 2)
        ]
        with self.talk() as talk:
            first, second = (made[0].key, made[1].key)
            talk.start(made[0])
            assert talk.end_of(first).status is AttemptStatus.FAILED
            talk.start(made[1])
            ended = talk.end_of(second)
        assert ended.result is not None
        assert ended.result["begun"] == 2
        assert [report.step for report in talk.of(second, Reported)] == [3, 4]
        published = talk.of(first, Published)
        assert [(event.kind, event.step) for event in published] == [
            ("checkpoint", 1),
            ("checkpoint", 2),
        ]
        gone = {event.name for event in talk.of(second, Removed)}
        kept = [event for event in talk.of(second, Published) if event.name not in gone]
        assert kept
        assert all(Path(event.path).is_dir() for event in kept)

    def test_a_logged_artifact_is_kept_and_told(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            made = make_assignment(
                functions.keeps_a_file, folder=tmp_path, params={"text": "worth it"}
            )
            key = talk.start(made)
            talk.end_of(key)
        [kept] = talk.of(key, Published)
        assert (kept.kind, kept.name, kept.size) == ("artifact", "made.txt", 8)
        assert Path(kept.path).read_text() == "worth it"
