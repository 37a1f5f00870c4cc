"""Tests of what people may wish of a sweep that really runs, each from its page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from sweeper.model.lifecycle import SweepStatus, TrialStatus
from sweeper.store import questions
from sweeper.store.store import Store
from sweeper.sweep import Sweep
from tests.dashboard.test_sweep_page import ready
from tests.sweeps.waiting import wait_for

pytestmark = pytest.mark.slow

Opener = Callable[..., Page]


def trial_status(store: Store, sweep: Sweep, number: int) -> TrialStatus | None:
    """Say where a trial stands."""
    found = questions.find_trial(store, sweep.id, number)
    return None if found is None else found.status


def test_each_control_changes_the_running_sweep(
    open_page: Opener, shared_store: Store, running: Sweep
) -> None:
    wait_for(
        lambda: trial_status(shared_store, running, 1) is TrialStatus.RUNNING, "trial 1 running"
    )
    name = running.name
    page = open_page(f"/sweep/{name}")
    ready(page, f"overview:{name}")
    page.on("dialog", lambda dialog: dialog.accept())
    wishes = page.locator(".wish-list li")

    page.get_by_label("Workers").fill("1")
    page.get_by_label("Trials in all").fill("9")
    page.get_by_label("Time in all").fill("2h")
    page.get_by_role("button", name="Change").click()
    expect(wishes.first).to_contain_text("change trials to 9 and workers to 1 and time to 2 h")
    expect(wishes.first).to_contain_text("done")
    asked = questions.find_sweep(shared_store, name).asked()
    assert (asked.trials, asked.workers, asked.time) == (9, 1, 7200)

    page.get_by_text("Queue a configuration").click()
    page.locator('#control input[name="x"]').fill("7")
    page.get_by_role("button", name="Queue", exact=True).click()
    expect(wishes.first).to_contain_text("lies outside")
    page.locator('#control input[name="x"]').fill("0.25")
    page.get_by_role("button", name="Queue", exact=True).click()
    expect(wishes.first).to_contain_text(re.compile(r"try x=0\.2500.*done, as trial 2"))

    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#sweep-status")).to_have_text("paused")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("#sweep-status")).to_have_text("running")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#sweep-status")).to_have_text("stopped")
    expect(page.locator("#control")).to_contain_text(f"sweeper resume {name}")
    assert questions.find_sweep(shared_store, name).status is SweepStatus.STOPPED


def test_one_trial_is_stopped_and_a_copy_of_it_tried(
    open_page: Opener, shared_store: Store, running: Sweep
) -> None:
    wait_for(
        lambda: trial_status(shared_store, running, 1) is TrialStatus.RUNNING, "trial 1 running"
    )
    page = open_page(f"/sweep/{running.name}/trial/0")
    ready(page, "trial:0")
    page.on("dialog", lambda dialog: dialog.accept())

    page.locator("summary", has_text="Queue a copy").click()
    expect(page.locator('.copy-body input[name="x"]')).to_have_value("0.5")
    page.locator('.copy-body input[name="x"]').fill("0.75")
    page.get_by_role("button", name="Queue", exact=True).click()
    wait_for(lambda: trial_status(shared_store, running, 2) is not None, "trial 2")
    copy = questions.find_trial(shared_store, running.id, 2)
    assert copy is not None
    assert (copy.params, copy.origin) == ({"x": 0.75}, "queued")

    page.keyboard.press("Escape")
    page.get_by_role("button", name="Stop this trial").click()
    expect(page.locator(".card-status")).to_contain_text("cancelled")
    expect(page.locator(".attempt").first).to_contain_text("stopped by user")
    wait_for(
        lambda: trial_status(shared_store, running, 2) is TrialStatus.RUNNING, "the copy running"
    )
