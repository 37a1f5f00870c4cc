"""People in a browser: they log in, see what their role allows, and log out."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sweeper_dashboard.passwords import hash_password
from sweeper_dashboard.serve import serve

from sweeper.clock import SYSTEM_CLOCK, SettableClock
from sweeper.model.access import Access
from sweeper.model.people import Role
from sweeper.store import people
from sweeper.store.store import Store
from tests.dashboard.factory import add_trials, start_sweep

pytestmark = pytest.mark.slow

READY = 'body[data-ready="trials:digits"]'
SECRET = "correct horse battery"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard with a running sweep and a user of every role."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('people') / 'store.db'}")
    # Its lease is to outlast the test.
    later = SettableClock(SYSTEM_CLOCK.now() + 3600)
    add_trials(start_sweep(store, "digits", clock=later), range(20))
    for role in Role:
        people.add_user(store, f"a-{role}", role, password=hash_password(SECRET))
    ready: queue.Queue[str] = queue.Queue()
    threading.Thread(
        target=serve,
        args=(store.address(), Access(port=0)),
        kwargs={"on_ready": ready.put},
        daemon=True,
    ).start()
    yield ready.get(timeout=60).partition("/?token=")[0]
    store.close()


def log_in(browser: Browser, address: str, role: Role) -> tuple[Page, list[str]]:
    """Open the sweep's page, log in there, and give the page and its errors."""
    page, errors = browser.new_context().new_page(), list[str]()
    page.set_default_timeout(30_000)
    page.goto(f"{address}/sweep/digits/trials")
    page.get_by_label("Name").fill(f"a-{role}")
    page.get_by_label("Password").fill(SECRET)
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.get_by_role("button", name="Log in").click()
    page.wait_for_selector(READY)
    return page, errors


def test_a_viewer_is_shown_no_control_and_gets_none(browser: Browser, shared: str) -> None:
    page, errors = log_in(browser, shared, Role.VIEWER)

    assert page.url.endswith("/sweep/digits/trials")
    expect(page.locator("#whoami")).to_contain_text("a-viewer")
    expect(page.locator("#wishes")).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_role("button", name="Unpick")).to_be_visible()
    expect(page.get_by_role("button", name="Tag", exact=True)).to_be_hidden()
    status = page.evaluate(
        "fetch('/api/sweeps/digits/wishes', {method: 'POST', body: '{\"kind\": \"stop\"}',"
        "headers: {'Content-Type': 'application/json'}}).then((answer) => answer.status)"
    )
    assert status == 403
    assert [error for error in errors if "403" not in error] == []


def test_an_operator_controls_and_logs_out(browser: Browser, shared: str) -> None:
    page, errors = log_in(browser, shared, Role.OPERATOR)

    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#said")).to_contain_text("Asked the controller to pause")
    assert errors == []
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    page.goto(f"{shared}/sweep/digits")
    expect(page.get_by_label("Password")).to_be_visible()


def test_a_link_on_a_foreign_page_leads_those_who_are_logged_in_to_the_sweep(
    browser: Browser, shared: str
) -> None:
    page, _ = log_in(browser, shared, Role.VIEWER)

    # To a browser, localhost is another site than 127.0.0.1.
    page.goto(shared.replace("127.0.0.1", "localhost") + "/login")
    page.evaluate(f"location.href = '{shared}/sweep/digits/trials'")
    page.wait_for_selector(READY)
    assert page.url.partition("?")[0] == f"{shared}/sweep/digits/trials"


def test_an_administrator_adds_a_user_with_a_token_and_takes_both_back(
    browser: Browser, shared: str
) -> None:
    page, errors = log_in(browser, shared, Role.ADMIN)
    page.get_by_role("link", name="People").click()
    page.wait_for_selector('body[data-ready="people"]')

    page.get_by_role("button", name="Add a user").click()
    page.get_by_label("Name").fill("grace")
    page.locator('dialog select[name="role"]').select_option("operator")
    page.get_by_role("button", name="OK", exact=True).click()
    row = page.locator(".people tr", has=page.get_by_role("rowheader", name="grace"))
    expect(row).to_contain_text("operator")

    row.get_by_role("button", name="New token").click()
    page.get_by_label("What it is for").fill("nightly")
    page.get_by_role("button", name="OK", exact=True).click()
    expect(page.locator("#new-token")).to_contain_text("swp_")
    page.keyboard.press("Enter")
    row.get_by_role("button", name="Revoke nightly of grace").click()
    page.get_by_role("button", name="OK", exact=True).click()
    expect(row).not_to_contain_text("nightly")

    row.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="OK", exact=True).click()
    expect(row).to_have_count(0)
    told = page.locator(".audit tbody tr")
    expect(told.nth(0)).to_contain_text("remove user")
    expect(told.nth(3)).to_contain_text("add user")
    assert errors == []


def test_an_operator_is_not_shown_the_people(browser: Browser, shared: str) -> None:
    page, errors = log_in(browser, shared, Role.OPERATOR)
    expect(page.get_by_role("link", name="People")).to_have_count(0)

    page.goto(f"{shared}/people")
    expect(page.get_by_text("This page is for administrators")).to_be_visible()
    expect(page.locator(".audit")).to_have_count(0)
    assert errors == []
