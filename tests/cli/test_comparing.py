"""The verbs that compare trials and hold a sweep against conditions."""

from __future__ import annotations

import json

import pytest

from sweeper import Sweep
from tests.cli.conftest import Shell


def test_compare_shows_what_differs_and_counts_the_rest(shell: Shell, finished: Sweep) -> None:
    first, second = finished.trials[0], finished.trials[2]

    ran = shell("compare", "rates", "0", "2")

    head, *rows = ran.out.splitlines()
    shown = {row.split()[0]: row.split()[1:] for row in rows[:-1]}
    assert ran.code == 0
    assert head.split() == ["trial", "0", "trial", "2"]
    assert shown["lr"] == [f"{first.params['lr']:.4g}", f"{second.params['lr']:.4g}"]
    assert "function" not in shown
    assert "are the same in all of them; see them with --all" in rows[-1]


def test_compare_shows_everything_when_asked(shell: Shell, finished: Sweep) -> None:
    ran = shell("compare", "rates", "0", "2", "--all")

    assert "function" in ran.out
    assert "the same in all" not in ran.out


def test_compare_puts_the_best_of_a_sweep_beside_its_baseline(
    shell: Shell, finished: Sweep
) -> None:
    best = finished.best_trial
    assert best is not None

    told = json.loads(shell("compare", "rates:best", "rates:0", "--json").out)

    assert [side["trial"] for side in told["trials"]] == [best.number, 0]
    [line] = [line for line in told["parameters"] if line["name"] == "lr"]
    assert line["values"] == [best.params["lr"], finished.trials[0].params["lr"]]
    assert line["differs"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("rates",), 2, "1 trials are named"),
        (("rates", "1", "1"), 2, "1 trials are named"),
        (("3", "rates"), 2, "trial 3 of which sweep?"),
        (("rates", "0", "99"), 1, "has no trial 99"),
        (("rates:0", "nope"), 1, "there is no sweep 'nope'"),
    ],
)
def test_compare_says_which_trial_it_cannot_find(
    shell: Shell, finished: Sweep, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ran = shell("compare", *arguments)

    assert ran.code == code
    assert said in ran.err


def test_a_completed_sweep_passes_the_check_as_it_is(shell: Shell, finished: Sweep) -> None:
    ran = shell("check", "rates")

    assert ran.code == 0
    assert ran.out.splitlines()[0] == "holds: status == completed (status is completed)"


def test_a_condition_that_does_not_hold_has_a_code_of_its_own(
    shell: Shell, finished: Sweep
) -> None:
    ran = shell("check", "rates", "best <= 0.5", "failed == 0", "accuracy > 0.1")

    assert ran.code == 3
    assert [line.split(":")[0] for line in ran.out.splitlines()] == [
        "holds",
        "does not hold",
        "holds",
    ]


def test_check_tells_programs_what_it_found(shell: Shell, finished: Sweep) -> None:
    ran = shell("check", "rates", "loss<1", "status != 'failed'", "--json")

    best = finished.best_trial
    assert best is not None
    assert json.loads(ran.out) == [
        {"condition": "loss < 1", "found": best.value, "holds": True},
        {"condition": "status != failed", "found": "completed", "holds": True},
    ]


@pytest.mark.parametrize(
    ("condition", "code", "said"),
    [
        ("best", 2, "'best' is no condition"),
        ("status >= completed", 2, "words are only alike or not"),
        ("val_loss < 1", 1, "has no fact 'val_loss'"),
    ],
)
def test_check_says_what_is_wrong_with_a_condition(
    shell: Shell, finished: Sweep, condition: str, code: int, said: str
) -> None:
    ran = shell("check", "rates", condition)

    assert ran.code == code
    assert said in ran.err
