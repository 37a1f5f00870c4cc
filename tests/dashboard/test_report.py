"""Tests of a sweep as one HTML file: what stands in it, and that it needs nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sweeper_dashboard.report import write_report

from sweeper.cli.main import main
from sweeper.errors import SweepNotFound
from sweeper.model.domains import choice, uniform
from sweeper.search.importance import importance
from sweeper.store.store import Store
from tests.dashboard.cluster import run_on_cluster
from tests.dashboard.factory import add_trials, start_sweep
from tests.dashboard.test_sweep_page import drag_axis

EVIL = "</script><img src=x onerror=\"document.title='broken'\">%%data%%"


@pytest.mark.parametrize("count", [0, 1, 40])
def test_a_report_is_written_of_any_number_of_trials(store: Store, count: int) -> None:
    driven = start_sweep(store, "digits")
    add_trials(driven, range(count))

    page = write_report(store, "digits", importance=importance)

    assert page.startswith("<!DOCTYPE html>")
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page.partition("<script>")[0])


def test_what_a_sweep_is_called_cannot_leave_its_place(store: Store) -> None:
    driven = start_sweep(store, EVIL, space={EVIL: uniform(0, 1), "kind": choice([EVIL, "b"])})
    add_trials(driven, range(8))

    page = write_report(store, EVIL)

    assert "<img src=x" not in page
    data = page.partition('id="report-data">')[2].partition("</script>")[0]
    assert json.loads(data)["name"] == EVIL


def test_a_report_of_nothing_is_refused(store: Store) -> None:
    with pytest.raises(SweepNotFound):
        write_report(store, "nowhere")


@pytest.mark.slow
def test_a_report_opens_from_disk_and_asks_for_nothing(
    browser: Browser, store: Store, tmp_path: Path
) -> None:
    run_on_cluster(store, EVIL, 60, space={EVIL: uniform(0, 1), "dropout": uniform(0, 0.6)})
    file = tmp_path / "report.html"
    assert main(["report", EVIL, "--store", store.address(), "-o", str(file)]) == 0
    page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)

    page.goto(file.as_uri())

    expect(page.locator("body")).to_have_attribute("data-ready", "report")
    expect(page.locator("#matching")).to_have_text("60 trials")
    expect(page.locator('[data-figure="timeline"] .main-svg').first).to_be_visible()
    drag_axis(page, 1, 3, 0.4, 0.8)
    expect(page.locator("#matching")).to_have_text(re.compile(r"^\d+ of 60 match$"))
    page.get_by_role("button", name="Light or dark").click()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [file.as_uri()]
    assert errors == []
    assert page.title() != "broken"
    page.context.close()
