"""Tests of a trial's page in a browser: its log, its files, and what it is compared with."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sweeper_dashboard import reading

from sweeper import sweepable, uniform
from sweeper.store import marks
from sweeper.store.store import Store
from tests.dashboard.factory import add_artifact, add_log, populate
from tests.dashboard.test_sweep_page import ready

pytestmark = pytest.mark.slow

Opener = Callable[..., Page]


def test_a_long_log_opens_at_its_end_and_is_searched(
    open_page: Opener, shared_store: Store
) -> None:
    driven = populate(shared_store, "logged", 2)
    add_log(driven, 0, [("stdout", f"line {number}") for number in range(3000)])
    page = open_page("/sweep/logged/trial/0")
    ready(page, "trial:0")
    log = page.locator("#log")
    expect(log).to_contain_text("line 2999")
    expect(log).not_to_contain_text("line 12\n")

    page.get_by_role("button", name="Load what came before").click()
    expect(log).to_contain_text("line 1800\n")
    page.get_by_label("Search the log").fill("LINE 12")
    expect(page.locator("#log-found")).to_have_text("111 lines")
    expect(log.locator("mark").first).to_have_text("line 12")
    page.get_by_label("Search the log").fill("")
    expect(log).to_contain_text("line 2999")
    add_log(driven, 0, [("stdout", "the last line")])
    expect(log).to_contain_text("the last line")


def test_what_was_published_is_shown_and_never_run(
    open_page: Opener, shared_store: Store, tmp_path: Path
) -> None:
    driven = populate(shared_store, "published", 2)
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "table.csv").write_text('name,"a, b"\n<b>x</b>,3\n')
    (folder / "evil.html").write_text("<h1>hello</h1><script>parent.document.title='run'</script>")
    (tmp_path / "dot.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
        '<rect width="9" height="9"/><script>document.title="run"</script></svg>'
    )
    add_artifact(driven, 0, folder)
    add_artifact(driven, 0, tmp_path / "dot.svg")
    page = open_page("/sweep/published/trial/0")
    ready(page, "trial:0")

    image = page.locator(".kept-image")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 9
    shown = page.locator(".kept-files > li")
    shown.filter(has_text="table.csv").get_by_text("Show").click()
    expect(page.locator(".kept-body td").first).to_have_text("<b>x</b>")
    expect(page.locator(".kept-body th").last).to_have_text("a, b")


def test_a_published_page_stays_in_its_sandbox(
    open_page: Opener, shared_store: Store, tmp_path: Path
) -> None:
    driven = populate(shared_store, "sandboxed", 2)
    evil = tmp_path / "evil.html"
    evil.write_text("<h1>hello</h1><script>parent.document.title='run'</script>")
    add_artifact(driven, 0, evil)
    page = open_page("/sweep/sandboxed/trial/0")
    ready(page, "trial:0")

    page.locator(".kept").get_by_text("Show").click()

    frame = page.frame_locator(".kept-page")
    expect(frame.locator("h1")).to_have_text("hello")
    assert page.title() != "run"
    assert page.locator(".kept-page").get_attribute("sandbox") == ""


def test_a_trial_is_set_beside_the_best_and_its_neighbours(
    open_page: Opener, shared_store: Store
) -> None:
    driven = populate(shared_store, "beside", 40)
    page = open_page("/sweep/beside/trial/0")
    ready(page, "trial:0")

    expect(page.locator(".facts th", has_text="Best (trial")).to_be_visible()
    expect(page.locator(".near tbody tr")).to_have_count(6)
    expect(page.locator(".origin")).to_contain_text("examples.vision:train")
    page.get_by_role("button", name="Tag", exact=True).click()
    page.locator("dialog input").fill("keep")
    page.get_by_role("button", name="OK").click()
    expect(page.locator(".marks .tag")).to_have_text("keep")
    assert marks.marks_of(shared_store, driven.sweep.id).tags == {0: ("keep",)}


def test_the_runs_of_a_configuration_stand_in_a_table_with_their_mean(
    open_page: Opener, shared_store: Store
) -> None:
    @sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
    def draws(x: float) -> float:
        return x + random.random()

    sweep = draws.sweep(
        name="replicated", trials=2, replicates=3, search="random", backend="inline", seed=4,
        store=shared_store.address(), progress=False,
    )  # fmt: skip
    page = open_page("/sweep/replicated/trial/0")
    ready(page, "trial:0")

    table = page.locator(".panel", has=page.get_by_role("heading", name="Replicates"))
    expect(table.locator("thead th")).to_have_text(["", "Seed", "Up to step", "loss"])
    rows = table.locator("tbody tr")
    expect(rows).to_have_count(5)
    for place, run in enumerate(sweep.trials[0].replicates):
        told = [str(run.seed), str(place + 1), reading.number(run.metrics["loss"], 5)]
        expect(rows.nth(place).locator("td")).to_have_text(told)
    spread = sweep.trials[0].summary["loss_sd"]["last"]
    expect(rows.nth(3)).to_contain_text(reading.number(sweep.trials[0].value, 5))
    expect(rows.nth(4)).to_contain_text(reading.number(spread, 5))
