"""The examples, run for real, and what a stranger sees afterwards."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from sweeper.sweep import Sweep, load
from tests.docs.pages import ROOT, run_script

pytestmark = pytest.mark.slow

PROMISED = (
    "The best configuration, of trial",
    "with the function's own defaults",
    "Test accuracy:",
    "Pruning saved",
    "Compare the trials in the dashboard:",
)


def example(name: str, folder: Path, *arguments: str) -> str:
    """Run an example in a folder and give what it printed."""
    return run_script(ROOT / "examples" / name, folder, *arguments)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder in which a stranger works."""
    return tmp_path_factory.mktemp("stranger")


@pytest.fixture(scope="module")
def printed(folder: Path) -> str:
    """Run the quickstart once for all tests."""
    return example("quickstart.py", folder, "4")


def swept(folder: Path) -> Sweep:
    """Open the quickstart's sweep."""
    return load("digits", f"sqlite:///{folder / '.sweeper' / 'store.db'}")


@contextmanager
def dashboard(command: list[str], folder: Path) -> Iterator[str]:
    """Serve the dashboard as a stranger would, and give the address that it prints."""
    serving = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        assert serving.stdout is not None
        address = re.search(r"http://\S+", serving.stdout.readline())
        assert address is not None
        yield address[0]
    finally:
        serving.terminate()
        serving.wait(timeout=30)
        serving.communicate()


def test_the_quickstart_says_what_the_sweep_has_brought(folder: Path, printed: str) -> None:
    for words in PROMISED:
        assert words in printed
    sweep = swept(folder)
    best, baseline = sweep.best_trial, sweep.trials[0]
    assert baseline.origin == "baseline"
    assert best is not None
    assert (best.value or 0.0) >= (baseline.value or 0.0) > 0.5


def trials_on_the_page(address: str, sweep: str) -> set[str]:
    """Open the dashboard, click on a sweep, and list the numbers of the trials in its table."""
    from playwright.sync_api import expect, sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page.goto(address)
        page.get_by_text(sweep, exact=True).first.click()
        body = page.locator("body")
        expect(body).to_have_attribute("data-ready", f"overview:{sweep}", timeout=60_000)
        page.get_by_role("link", name="Trials", exact=True).click()
        expect(body).to_have_attribute("data-ready", f"trials:{sweep}", timeout=60_000)
        rows = page.locator('#trials [role="row"][row-id]')
        expect(rows.first).to_be_visible()
        numbers = rows.evaluate_all("rows => rows.map(row => row.getAttribute('row-id'))")
        browser.close()
    return set(numbers)


def test_the_dashboard_shows_the_trials_of_the_quickstart(folder: Path, printed: str) -> None:
    command = [*printed.splitlines()[-1].split(), "--port", "0"]
    # A thread of its own, because a browser of other tests may be open on this one.
    with dashboard(command, folder) as address, ThreadPoolExecutor(1) as thread:
        assert thread.submit(trials_on_the_page, address, "digits").result() == set("0123")


def test_the_quickstart_runs_nothing_twice_and_goes_on(folder: Path, printed: str) -> None:
    assert example("quickstart.py", folder, "4") == printed
    example("quickstart.py", folder, "6")
    assert [trial.number for trial in swept(folder).trials] == list(range(6))


def test_a_shared_data_set_is_swept_over(tmp_path: Path) -> None:
    assert "The best of 20 trials" in example("shared_dataset.py", tmp_path, "local")
