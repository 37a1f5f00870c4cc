"""Every page of a sweep in a browser, with no trial, one, two hundred and ten thousand."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from sweeper.store.store import Store
from tests.dashboard.cluster import run_on_cluster
from tests.dashboard.factory import start_sweep
from tests.dashboard.test_compare_page import seen
from tests.dashboard.test_sweep_page import first_row, ready

pytestmark = pytest.mark.slow

Opener = Callable[..., Page]

FIGURES = (
    "curves", "scatter", "importance", "contour", "distribution", "slice", "rungs", "timeline",
)  # fmt: skip


def fits(page: Page) -> bool:
    """Tell whether nothing of a page has to be scrolled to sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def turn(page: Page, tab: str, filled: str) -> None:
    """Go to another page of the sweep, and wait until it is filled."""
    page.get_by_role("link", name=tab, exact=True).click()
    ready(page, filled)
    assert fits(page)


@pytest.fixture
def sized(request: pytest.FixtureRequest, shared_store: Store) -> tuple[str, int]:
    """A completed sweep of so many trials: its name, and how many."""
    count = int(request.param)
    if count == 10_000:
        return str(request.getfixturevalue("ten_thousand")), count
    run_on_cluster(shared_store, f"sized-{count}", count)
    return f"sized-{count}", count


@pytest.mark.parametrize(
    ("sized", "dark"), [(1, True), (200, False), (10_000, True)], indirect=["sized"]
)
def test_every_page_shows_any_number_of_trials(
    open_page: Opener, sized: tuple[str, int], dark: bool
) -> None:
    name, count = sized
    page = open_page(f"/sweep/{name}", dark=dark)
    ready(page, f"overview:{name}")
    expect(page.locator("#sweep-status")).to_have_text("completed")
    expect(page.locator('[data-card="trials"]')).to_have_text(f"{count:,}")
    expect(page.locator("#history .scatterlayer .trace").first).to_be_visible()
    assert fits(page)

    told = f"{count:,} {'trial' if count == 1 else 'trials'}"
    turn(page, "Trials", f"trials:{name}")
    expect(page.locator("#matching")).to_have_text(told)
    expect(first_row(page, "value")).to_have_text(re.compile(r"^0\.\d{4}$"))
    theme = "dark" if dark else "light"
    expect(page.locator("body")).to_have_attribute("data-ag-theme-mode", theme)

    turn(page, "Compare", f"compare:{name}")
    expect(page.locator("#matching")).to_have_text(told)
    for kind in FIGURES:
        seen(page, kind)
        expect(page.locator(f"#fig-{kind} .main-svg").first).to_be_visible()
    expect(page.locator("#fig-curves .scatterlayer .trace")).to_have_count(min(count, 5))
    expect(page.locator('[data-title*="hare"]')).to_have_count(0)
    if count > 100:
        note = '[data-card-of="{}"] .graph-note'
        expect(page.locator(note.format("rungs"))).to_contain_text("survive")
        expect(page.locator(note.format("importance"))).to_contain_text("PED-ANOVA")
    assert fits(page)

    page.goto(f"{page.url.partition('/compare')[0]}/trial/0")
    ready(page, "trial:0")
    expect(page.locator("#metrics .scatterlayer .trace")).to_have_count(2)
    assert fits(page)


def test_a_sweep_without_trials_says_on_every_page_what_it_waits_for(
    open_page: Opener, shared_store: Store
) -> None:
    start_sweep(shared_store, "empty")
    page = open_page("/sweep/empty")
    ready(page, "overview:empty")
    expect(page.locator("#history")).to_contain_text("The first value will show here.")
    expect(page.locator("#overview-body")).to_contain_text("No trial has completed")

    turn(page, "Trials", "trials:empty")
    expect(page.locator("#no-rows")).to_contain_text("No trials yet")

    turn(page, "Compare", "compare:empty")
    expect(page.locator(".figures-empty")).to_contain_text("No trials yet")
    expect(page.locator(".panel-lines")).to_be_hidden()
