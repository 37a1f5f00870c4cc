"""Take the dashboard's pictures: those of its documentation, or every page in every size.

python -m scripts.take_screenshots
python -m scripts.take_screenshots --every FOLDER
"""

from __future__ import annotations

import argparse
import queue
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from sweeper_dashboard.serve import serve

from scripts.showcase import ROOT, build, drive
from sweeper.confirmation import describe_confirmation
from sweeper.model.access import Access
from sweeper.search.importance import importance
from sweeper.store.store import Store

CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
TOKEN = "a-token-for-pictures"
WIDTHS = {390: 844, 1440: 900, 2560: 1440}
PICTURES = ROOT / "docs" / "pictures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A picture: its name, the address of its page, and what is done there before."""

    name: str
    path: str
    clicks: Sequence[str] = ()
    keys: str = ""


SHOTS = (
    Shot(name="sweeps", path="/"),
    Shot(name="sweeps-grouped", path="/?group=project", clicks=('[aria-label="Choose digits"]',)),
    Shot(name="sweeps-none-match", path="/?search=zzz"),
    *(
        Shot(name=f"{tab or 'overview'}-{count}", path=f"/sweep/{name}/{tab}".rstrip("/"))
        for count, name in (
            ("0", "just-started"),
            ("1", "first-try"),
            ("200", "resnet-tuning"),
            ("10000", "resnet-wide"),
            ("demo", "digits"),
            ("live", "running-now"),
            ("failed", "all-failed"),
            ("goals", "size-against-latency"),
        )
        for tab in ("", "trials", "compare")
    ),
    Shot(
        name="trials-picked",
        path="/sweep/resnet-tuning/trials?pick=57,106,178,196"
        '&q=val_loss < 0.3 and optimizer == "adamw"',
    ),
    Shot(name="trials-columns", path="/sweep/resnet-tuning/trials", clicks=("text=Columns",)),
    Shot(name="trials-wrong-query", path="/sweep/resnet-tuning/trials?q=val_loss <"),
    Shot(name="trials-none-match", path="/sweep/resnet-tuning/trials?q=val_loss < -1"),
    Shot(name="compare-filtered", path='/sweep/resnet-wide/compare?q=optimizer == "sgd"'),
    Shot(name="views-open", path="/sweep/resnet-tuning", clicks=("text=Views",)),
    Shot(name="trial-best", path="/sweep/resnet-tuning/trial/57"),
    Shot(name="trial-failed", path="/sweep/all-failed/trial/0"),
    Shot(name="trial-only", path="/sweep/first-try/trial/0"),
    Shot(name="trial-files", path="/sweep/with-files/trial/1"),
    Shot(name="trial-demo", path="/sweep/digits/trial/3"),
    Shot(name="trial-running", path="/sweep/running-now/trial/2", clicks=("text=Queue a copy",)),
    Shot(name="diff-two", path="/diff?of=resnet-tuning:0,resnet-tuning:best"),
    Shot(
        name="diff-sweeps",
        path="/diff?of=resnet-tuning:best,resnet-wide:best,digits:best,resnet-tuning:5",
    ),
    Shot(name="diff-one", path="/diff?of=digits:1"),
    Shot(name="several", path="/several?of=resnet-tuning%0Aresnet-wide%0Adigits"),
    Shot(name="missing", path="/sweep/nowhere"),
    Shot(name="people", path="/people"),
)

# What the documentation shows, each in the width at which it reads well.
DOCUMENTED = {
    "sweeps": 1280,
    "overview-200": 1280,
    "trials-picked": 1280,
    "compare-10000": 1280,
    "trial-files": 1280,
    "diff-two": 1280,
}


HIGHEST, COLOURS = 800, 96
DARK = {"compare-10000"}


@contextmanager
def served(url: str) -> Iterator[str]:
    """Serve a store's dashboard, and give its address."""
    ready: queue.Queue[str] = queue.Queue()
    threading.Thread(
        target=serve,
        args=(url, Access(port=0, token=TOKEN)),
        kwargs={
            "on_ready": ready.put,
            "importance": importance,
            "confirmation": describe_confirmation,
        },
        daemon=True,
    ).start()
    yield ready.get(timeout=60).partition("/?token=")[0]


@contextmanager
def opened(browser: Browser, address: str, *, width: int, dark: bool) -> Iterator[Page]:
    """Open a window of a width and a scheme, and come in."""
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS.get(width, 900)},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.on("pageerror", lambda error: sys.stderr.write(f"{page.url}: {error}\n"))
    page.on("console", lambda said: _report(page, said))
    page.goto(f"{address}/?token={TOKEN}")
    yield page
    context.close()


def _report(page: Page, said: ConsoleMessage) -> None:
    if said.type == "error":
        sys.stderr.write(f"{page.url}: {said.text}\n")


def take(page: Page, address: str, shot: Shot, into: Path) -> None:
    """Take one picture of a whole page."""
    page.goto(f"{address}{shot.path}")
    _settle(page)
    for click in shot.clicks:
        page.locator(click).first.click()
    page.wait_for_timeout(300)
    page.screenshot(path=into, full_page=True)


def _settle(page: Page) -> None:
    """Wait until the page is filled, also where it fills what comes into sight."""
    page.wait_for_selector("body[data-ready]", timeout=60_000)
    high = page.evaluate("document.documentElement.scrollHeight")
    for _ in range(0, high, 500):
        page.mouse.wheel(0, 500)
        page.wait_for_timeout(40)
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_selector('[data-loading="true"]', state="detached", timeout=60_000)
    page.wait_for_timeout(900)


def entries(browser: Browser, address: str, into: Path) -> None:
    """Take the pages of those who are not let in yet."""
    for width, height in WIDTHS.items():
        for scheme in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            page = context.new_page()
            page.goto(f"{address}/sweep/digits")
            page.screenshot(path=into / f"login-{width}-{scheme}.png")
            page.get_by_label("Name").fill("ada")
            page.get_by_label("Password").fill("no, that is not it")
            page.get_by_role("button", name="Log in").click()
            page.wait_for_selector('[role="alert"]')
            page.wait_for_load_state("networkidle")
            page.screenshot(path=into / f"login-refused-{width}-{scheme}.png")
            context.close()


def empty_store(folder: Path) -> str:
    """Make a store without a sweep."""
    url = f"sqlite:///{folder / 'empty.db'}"
    Store(url).close()
    return url


def chosen(only: str) -> list[Shot]:
    """Give the shots whose name begins with one of some words."""
    return [shot for shot in SHOTS if not only or shot.name.startswith(tuple(only.split(",")))]


def every(browser: Browser, url: str, into: Path, given: argparse.Namespace) -> None:
    """Take every page in every size and in both schemes."""
    widths = [int(width) for width in given.widths.split(",")]
    with served(url) as address:
        for width, scheme in product(widths, given.schemes.split(",")):
            with opened(browser, address, width=width, dark=scheme == "dark") as page:
                for shot in chosen(given.only):
                    take(page, address, shot, into / f"{shot.name}-{width}-{scheme}.png")
        if not given.only or "login" in given.only:
            entries(browser, address, into)
    if not given.only or "empty" in given.only:
        with served(empty_store(into)) as address:
            for width in widths:
                with opened(browser, address, width=width, dark=False) as page:
                    shot = Shot(name="empty", path="/")
                    take(page, address, shot, into / f"empty-{width}-light.png")


def documented(browser: Browser, url: str, only: str) -> None:
    """Take the pictures of the documentation."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    named = {shot.name: shot for shot in SHOTS}
    wanted = [shot.name for shot in chosen(only) if shot.name in DOCUMENTED]
    with served(url) as address:
        for name in wanted:
            width = DOCUMENTED[name]
            with opened(browser, address, width=width, dark=name in DARK) as page:
                picture = PICTURES / f"{name}.png"
                take(page, address, named[name], picture)
                shrink(picture)


def shrink(path: Path) -> None:
    """Keep the upper part of a picture, in few colours."""
    with Image.open(path) as whole:
        part = whole.convert("RGB").crop((0, 0, whole.width, min(whole.height, HIGHEST)))
    few = part.quantize(COLOURS, kmeans=2, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def main() -> None:
    """Take what was asked for."""
    parser = argparse.ArgumentParser(description="Take the dashboard's pictures.")
    parser.add_argument("--every", type=Path, metavar="FOLDER", help="every page in every size")
    parser.add_argument("--store", type=Path, help="a folder whose store is built once and kept")
    parser.add_argument("--only", default="", help="the first words of names, by commas")
    parser.add_argument("--widths", default=",".join(map(str, WIDTHS)))
    parser.add_argument("--schemes", default="light,dark")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        folder = (given.store or Path(scratch)).resolve()
        known = folder / "store.db"
        url = f"sqlite:///{known}" if known.exists() else build(folder)
        drive(url)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        if given.every:
            given.every.mkdir(parents=True, exist_ok=True)
            every(browser, url, given.every.resolve(), given)
        else:
            documented(browser, url, given.only)
        browser.close()


if __name__ == "__main__":
    main()
