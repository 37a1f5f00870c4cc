"""Tests of the list of sweeps in a browser: filtered, grouped, and some of them compared."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from sweeper.store.store import Store
from tests.dashboard.factory import finish, populate
from tests.dashboard.test_sweep_page import ready

pytestmark = pytest.mark.slow

Opener = Callable[..., Page]


def test_sweeps_are_filtered_and_grouped_and_the_address_says_so(
    open_page: Opener, shared_store: Store
) -> None:
    finish(populate(shared_store, "grouped-done", 30))
    populate(shared_store, "grouped-live", 3)
    page = open_page("/?search=grouped")
    ready(page, "sweeps")
    expect(page.locator(".sweep-row:visible")).to_have_count(2)
    expect(page.locator('[data-name="grouped-done"] .spark')).to_be_visible()

    page.locator("#sweeps-status").click()
    page.get_by_role("option", name="completed").click()
    expect(page.locator(".sweep-row:visible")).to_have_count(1)
    page.get_by_text("By project").click()
    expect(page.locator(".group-title:visible")).to_have_text("vision")

    page.reload()
    ready(page, "sweeps")
    expect(page.locator(".sweep-row:visible")).to_have_count(1)
    expect(page.locator(".group-title:visible")).to_have_text("vision")


def test_chosen_sweeps_stand_side_by_side(open_page: Opener, shared_store: Store) -> None:
    for name in ("side ~ one", "side & two"):
        finish(populate(shared_store, name, 20))
    page = open_page("/?search=side")
    ready(page, "sweeps")

    page.get_by_label("Choose side ~ one").click()
    page.get_by_label("Choose side & two").click()
    expect(page.get_by_label("Choose side & two")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="Compare").click()

    ready(page, "several")
    expect(page.locator("#several .scatterlayer .trace")).to_have_count(2)
    expect(page.locator("thead th")).to_have_text(["", "side ~ one", "side & two"])
    expect(page.locator("tr", has_text="best: lr")).to_be_visible()
