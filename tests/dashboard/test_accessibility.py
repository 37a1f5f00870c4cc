"""Every page held to axe's rules in light and dark, and walked by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from sweeper.model.people import Role
from sweeper.store import people
from sweeper.store.store import Store
from tests.dashboard.factory import Driven, add_checkpoint, add_log, populate
from tests.dashboard.test_sweep_page import ready

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


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_grave_on_any_page(
    open_page: Opener, sighted: Driven, dark: bool
) -> None:
    page = open_page("/", dark=dark)
    base = page.url.partition("/?")[0].rstrip("/")
    found = {}
    for address, filled in PAGES.items():
        page.goto(f"{base}{address}")
        ready(page, filled)
        found[address] = grave_findings(page)

    assert {address: some for address, some in found.items() if some} == {}


def test_axe_finds_nothing_grave_where_people_come_in(browser: Browser, address: str) -> None:
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.goto(f"{address}/sweep/sighted")
        assert grave_findings(page) == []
        context.close()
