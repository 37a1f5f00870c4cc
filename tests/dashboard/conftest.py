"""A dashboard asked in this process, and a server and a browser that all browser tests share."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright
from sweeper_dashboard.serve import build, serve

from sweeper.confirmation import describe_confirmation
from sweeper.model.access import Access
from sweeper.search.importance import importance
from sweeper.store.store import Store
from sweeper.sweep import Sweep
from tests.dashboard.cluster import run_on_cluster
from tests.dashboard.training import slow

CHROMIUM = Path("/usr/bin/chromium")
TOKEN = "a-token-for-tests"

# A page is waited for as long as a loaded machine may need.
expect.set_options(timeout=30_000)

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A fresh store."""
    made = Store(f"sqlite:///{tmp_path / 'store.db'}")
    yield made
    made.close()


@pytest.fixture
def client(store: Store) -> FlaskClient:
    """A browser that was let in."""
    made = build(store, "secret").server.test_client()
    made.get("/?token=secret")
    return made


@pytest.fixture(scope="session")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The store behind the shared server; each test uses sweeps of its own name."""
    made = Store(f"sqlite:///{tmp_path_factory.mktemp('dashboard') / 'store.db'}")
    yield made
    made.close()


@pytest.fixture(scope="session")
def ten_thousand(shared_store: Store) -> str:
    """The name of a sweep of ten thousand trials that no test changes."""
    run_on_cluster(shared_store, "thousands", 10_000)
    return "thousands"


@pytest.fixture(scope="session")
def address(shared_store: Store) -> str:
    """The address of the shared server, without its token."""
    ready: queue.Queue[str] = queue.Queue()
    threading.Thread(
        target=serve,
        args=(shared_store.address(), Access(port=0, token=TOKEN)),
        kwargs={
            "on_ready": ready.put,
            "importance": importance,
            "confirmation": describe_confirmation,
        },
        daemon=True,
    ).start()
    return ready.get(timeout=60).partition("/?token=")[0]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the whole run."""
    if not CHROMIUM.exists():
        pytest.fail(
            f"there is no browser at {CHROMIUM}; install it "
            "(on Debian or Ubuntu: apt-get install chromium)",
            pytrace=False,
        )
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(_FLAGS))
        yield made
        made.close()


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Opens pages that are let in, and holds at the end that none erred or phoned out."""
    errors: list[str] = []
    outside: list[str] = []
    contexts = []

    def note(request: Request) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            outside.append(request.url)

    def heard(said: ConsoleMessage) -> None:
        # A sandbox says so when it does its work.
        if said.type == "error" and not said.text.startswith("Blocked script execution in"):
            errors.append(said.text)

    def opened(path: str, *, dark: bool = False, width: int = 1400) -> Page:
        scheme = "dark" if dark else "light"
        size = {"width": width, "height": 1000}
        context = browser.new_context(viewport=size, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", heard)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", note)
        page.goto(f"{address}{path}{'&' if '?' in path else '?'}token={TOKEN}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []
    assert outside == []


@pytest.fixture
def running(request: pytest.FixtureRequest, shared_store: Store) -> Iterator[Sweep]:
    """A sweep that runs until it is stopped."""
    sweep = slow.sweep(
        name=request.node.name,
        trials=6,
        workers=2,
        search="random",
        grace=2,
        backend="local",
        store=shared_store.address(),
        resume="never",
        progress=False,
        wait=False,
    )
    yield sweep
    if sweep.status in ("running", "paused"):
        sweep.stop()
    sweep.wait(60)
