"""Every page held to axe's rules in light and dark, and walked by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from sweeper.model.people import Role
from sweeper.store import people
from sweeper.store.store import Store
from tests.dashboard.factory import Driven, add_checkpoint, add_log, populate
from tests.dashboard.test_sweep_page import first_row, ready

pytestmark = pytest.mark.slow

Opener = Callable[..., Page]

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
GRAVE = ("serious", "critical")
RULES = {"resultTypes": ["violations"]}

# Each page's address and what it says once it is filled.
PAGES = {
    "/?search=sighted": "sweeps",
    "/sweep/sighted": "overview:sighted",
    "/sweep/sighted/trials": "trials:sighted",
    "/sweep/sighted/trials?q=val_loss <": "trials:sighted",
    "/sweep/sighted/compare": "compare:sighted",
    "/sweep/sighted/trial/0": "trial:0",
    "/diff?of=sighted:0,sighted:best": "diff",
    "/several?of=sighted": "several",
    "/people": "people",
    "/sweep/nowhere": "missing",
}


@pytest.fixture(scope="module")
def sighted(shared_store: Store) -> Driven:
    """A running sweep with a log and files, and a user with a token."""
    driven = populate(shared_store, "sighted", 40)
    add_log(driven, 0, [("stdout", "begun"), ("stderr", "a warning")])
    add_checkpoint(driven, 0, 3)
    people.add_user(shared_store, "sighted-user", Role.VIEWER)
    people.issue_token(shared_store, "sighted-user", people.Grant(label="script"))
    return driven


def grave_findings(page: Page) -> list[str]:
    """Name what axe finds serious or critical on a page, each with its first place."""
    page.evaluate(AXE)
    found: Sequence[dict[str, Any]] = page.evaluate(
        "rules => axe.run(document, rules).then(result => result.violations)", RULES
    )
    return [
        f"{one['id']}: {one['nodes'][0]['target']} {one['nodes'][0]['html'][:120]} "
        f"{one['nodes'][0]['failureSummary'][:200]}"
        for one in found
        if one["impact"] in GRAVE
    ]


def test_axe_finds_nothing_grave_on_any_page_light_or_dark(
    open_page: Opener, sighted: Driven
) -> None:
    page = open_page("/")
    base = page.url.partition("/?")[0].rstrip("/")
    found = {}
    for address, filled in PAGES.items():
        page.emulate_media(color_scheme="light")
        page.goto(f"{base}{address}")
        ready(page, filled)
        found[address, "light"] = grave_findings(page)
        page.emulate_media(color_scheme="dark")
        expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
        found[address, "dark"] = grave_findings(page)

    assert {place: some for place, some in found.items() if some} == {}


def test_axe_finds_nothing_grave_where_people_come_in(browser: Browser, address: str) -> None:
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.goto(f"{address}/sweep/sighted")
        assert grave_findings(page) == []
        context.close()


def test_a_sweep_is_found_sorted_and_opened_by_keyboard_alone(
    open_page: Opener, sighted: Driven
) -> None:
    page = open_page("/?search=sighted")
    ready(page, "sweeps")
    reach(page, ".skip-link")
    reach(page, "#sweeps-search")
    reach(page, '[data-name="sighted"] .sweep-link')
    page.keyboard.press("Enter")
    ready(page, "overview:sighted")

    reach(page, '.page-tab[data-keeps$="/trials"]')
    page.keyboard.press("Enter")
    ready(page, "trials:sighted")
    page.keyboard.press("/")
    expect(page.locator("#query")).to_be_focused()
    page.keyboard.type("number == 7")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(first_row(page, "number")).to_have_text("7")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    ready(page, "trial:7")


def test_brushes_menus_and_figures_are_reached_by_keyboard(
    open_page: Opener, sighted: Driven
) -> None:
    page = open_page("/sweep/sighted/compare")
    ready(page, "compare:sighted")
    reach(page, ".brush-form summary")
    page.keyboard.press("Enter")
    expect(page.locator(".brush-inputs")).to_be_visible()
    reach(page, '.brush-inputs [type="submit"], .brush-inputs button')
    reach(page, '[data-card-of="curves"] select')
    reach(page, '[data-card-of="curves"] .control-save')
    page.keyboard.press("Enter")
    expect(page.locator(".menu-open")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".menu-open")).to_have_count(0)


def reach(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus, and see that it shows that it has."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            break
    else:
        pytest.fail(f"Tab never comes to {selector}")
    seen = page.evaluate(
        "() => { const s = getComputedStyle(document.activeElement);"
        " return s.outlineStyle !== 'none' || s.boxShadow !== 'none' || s.borderColor }"
    )
    assert seen
