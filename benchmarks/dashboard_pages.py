"""What the dashboard's pages cost: a poll of nothing new, first data, memory, the browser's wait.

The server's CPU and memory are measured in this process, through WSGI, on a SQLite store of
trials of 20 parameters; a browser opens the table of the same sweep and of one with ten trials,
each for the first time, and the times until rows are shown are compared.

Measured on two busy cores, 10,000 trials: a poll 0.5 ms and 208 bytes; the table's first data 104
to 112 ms and 29 kB, the lines' 117 to 166 ms and 780 kB; 309 MiB, the CSV and the report included.

Run: python benchmarks/dashboard_pages.py [TRIALS]
Without chromium at /usr/bin/chromium the browser's part is left out.
"""

from __future__ import annotations

import queue
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from dashboard_figures import SPACE, made_up, record_ours
from flask.testing import FlaskClient
from playwright.sync_api import Browser, CDPSession, sync_playwright
from sweeper_dashboard.figures.drawing import KINDS
from sweeper_dashboard.serve import build, serve, settle

from sweeper.model.access import Access
from sweeper.model.domains import uniform
from sweeper.search.importance import importance
from sweeper.store.store import Store

CHROMIUM = "/usr/bin/chromium"
RUNS = 5
POLLS = 300
SQUEEZED = {"Accept-Encoding": "gzip"}
SPACE.update({f"more{place}": uniform(0.0, 1.0) for place in range(20 - len(SPACE))})


def client_of(store: Store) -> FlaskClient:
    """Begin a server as serve does, and let a browser in."""
    made = build(store, "token", importance=importance).server.test_client()
    settle()
    made.get("/?token=token")
    return made


def first_data(store: Store) -> None:
    """Ask a fresh server for what the table needs, and for what the lines need."""
    table = ("columns", "header", "rows?start=0&end=100&sort=value")
    for page, paths in {"table": table, "lines": ("trials", "header")}.items():
        costs, size = [], 0
        for _ in range(RUNS):
            client = client_of(store)
            begun = time.process_time()
            answers = [client.get(f"/api/sweep/bench/{path}", headers=SQUEEZED) for path in paths]
            costs.append(time.process_time() - begun)
            size = sum(len(answer.data) for answer in answers)
        told = " ".join(f"{cost * 1e3:.0f}" for cost in sorted(costs))
        print(f"first data of the {page}: {told} ms of CPU, {size / 1e3:.0f} kB")


def polls(store: Store) -> None:
    """Ask again and again whether anything has changed."""
    client = client_of(store)
    cursor = client.get("/api/sweep/bench/header").json["cursor"]
    digest = client.get("/api/changes").json["digest"]
    rev = client.get("/api/sweep/bench/trial/0/changes").json["rev"]
    paths = {
        "a sweep": f"/api/sweep/bench/header?since={cursor}",
        "a trial": f"/api/sweep/bench/trial/0/changes?since={rev}&after=0",
        "the list": f"/api/changes?since={digest}",
    }
    for page, path in paths.items():
        begun = time.process_time()
        answers = [client.get(path) for _ in range(POLLS)]
        cost = (time.process_time() - begun) / POLLS
        head = f"HTTP/1.1 {answers[-1].status}\r\n{answers[-1].headers}"
        print(f"a poll of {page}: {cost * 1e3:.2f} ms of CPU, {len(head) + 80} bytes")


def memory(store: Store) -> None:
    """Open everything there is of a sweep, and tell what the server holds then."""
    client = client_of(store)
    asked = ["columns", "header", "trials", "rows?sort=value", "rows?sort=-p:x0&q=x1%20%3C%200.5"]
    asked += [f"chart/{kind}" for kind in KINDS]
    for path in [*asked, "trial/0/changes", "trial/0/chart", "csv", "report"]:
        with client.get(f"/api/sweep/bench/{path}", buffered=False) as answer:
            for _ in answer.response:
                pass
    held = psutil.Process().memory_info().rss
    print(f"memory after all pages were opened: {held / 2**20:.0f} MiB")


def waits(folder: Path) -> None:
    """Open the table of many trials and of ten in a browser, in turns."""
    ready: queue.Queue[str] = queue.Queue()
    threading.Thread(
        target=serve,
        args=(f"sqlite:///{folder}/store.db", Access(port=0, token="token")),
        kwargs={"on_ready": ready.put},
        daemon=True,
    ).start()
    address = ready.get(timeout=60).partition("/?token=")[0]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        found: dict[str, list[float]] = {"ten": [], "bench": []}
        for _ in range(RUNS):
            for name, taken in found.items():
                taken.append(opened(browser, f"{address}/sweep/{name}/trials?token=token", name))
        brushed(browser, f"{address}/sweep/bench/compare?token=token")
        browser.close()
    ten, many = (statistics.median(found[name]) for name in ("ten", "bench"))
    print(f"rows are shown after {many:.2f} s; of ten trials after {ten:.2f} s: {many / ten:.2f} x")


# From the moment at which the page hears of the pointer to the one at which its lines are drawn.
WATCH = """() => {
  window.took = [];
  let heard = null;
  document.addEventListener("pointermove", () => { heard = heard ?? performance.now(); }, true);
  new MutationObserver(() => {
    if (heard !== null) window.took.push(performance.now() - heard);
    heard = null;
  }).observe(document.body, { attributes: true, attributeFilter: ["data-painted"] });
}"""


def brushed(browser: Browser, address: str) -> None:
    """Drag a brush along an axis of the parallel coordinates, and tell what each move took."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(address)
    page.locator('body[data-ready^="compare"]').wait_for(state="attached", timeout=120_000)
    box = page.locator(".lines-axes").bounding_box()
    if box is None:
        raise RuntimeError("the page has no parallel coordinates")
    page.evaluate(WATCH)
    tools = context.new_cdp_session(page)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})
    begun = spent(tools)
    page.mouse.move(box["x"] + 46, box["y"] + box["height"] * 0.25)
    page.mouse.down()
    for move in range(20):
        page.mouse.move(box["x"] + 46, box["y"] + box["height"] * (0.3 + 0.02 * move))
        page.wait_for_timeout(150)
    page.mouse.up()
    taken = sorted(page.evaluate("window.took"))
    each = 1e3 / max(len(taken), 1)
    scripts, all_of_it = ((after - before) * each for before, after in zip(begun, spent(tools)))
    context.close()
    if taken:
        middle = statistics.median(taken)
        print(
            f"a brush over the lines: drawn {middle:.0f} ms after a move, {taken[-1]:.0f} at most"
        )
        print(f"its CPU a move: {scripts:.0f} ms of scripts, {all_of_it:.0f} ms with the painting")


def spent(tools: CDPSession) -> tuple[float, float]:
    """Give the seconds of CPU that a page's thread has used: for its scripts, and for all."""
    metrics = {
        each["name"]: each["value"] for each in tools.send("Performance.getMetrics")["metrics"]
    }
    return metrics["ScriptDuration"], metrics["TaskDuration"]


def opened(browser: Browser, address: str, name: str) -> float:
    """Give the seconds until the table of a sweep is filled and a click is answered."""
    context = browser.new_context()
    page = context.new_page()
    begun = time.perf_counter()
    page.goto(address)
    page.locator(f'body[data-ready="trials:{name}"]').wait_for(state="attached", timeout=120_000)
    page.locator('#trials .ag-row[row-index="0"] .pick').first.click()
    page.locator(".row-picked").first.wait_for(timeout=120_000)
    taken = time.perf_counter() - begun
    context.close()
    return taken


def main() -> None:
    """Measure all and print them."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/store.db")
        record_ours(store, made_up(count))
        record_ours(store, made_up(10), "ten")
        measures: tuple[Callable[[Store], None], ...] = (polls, first_data, memory)
        print(f"{count:,} trials x {len(SPACE)} parameters")
        for measure in measures:
            measure(store)
        store.close()
        if Path(CHROMIUM).exists():
            waits(Path(folder))


if __name__ == "__main__":
    main()
