"""Tests of the Compare page in a browser: its lines, its figures and what they share."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from sweeper.model.domains import choice, loguniform, uniform
from sweeper.store import questions
from sweeper.store.store import Store
from sweeper.sweep import Sweep
from tests.dashboard.cluster import run_on_cluster
from tests.dashboard.test_sweep_page import drag_axis, ready
from tests.sweeps.waiting import wait_for

pytestmark = pytest.mark.slow

Opener = Callable[..., Page]

SMALL = {
    "lr": loguniform(1e-5, 1e-1),
    "dropout": uniform(0.0, 0.6),
    "optimizer": choice(["adam", "sgd"]),
}


def opened(open_page: Opener, name: str, **how: object) -> Page:
    """Open the Compare page of a sweep, and wait until it is filled."""
    page = open_page(f"/sweep/{name}/compare", **how)
    ready(page, f"compare:{name}")
    return page


def seen(page: Page, kind: str) -> None:
    """Bring a figure into sight, and wait until it is drawn of the present choices."""
    card = page.locator(f'[data-card-of="{kind}"]')
    card.scroll_into_view_if_needed()
    expect(card).to_have_attribute("data-loaded", "true")
    expect(card).not_to_have_attribute("data-loading", "true")


def in_address(page: Page, name: str) -> object:
    """Read a JSON value of the page's address."""
    return json.loads(parse_qs(urlsplit(page.url).query)[name][0])


@pytest.fixture(scope="module")
def small(shared_store: Store) -> str:
    """A sweep that all tests here may read."""
    run_on_cluster(shared_store, "compared", 120, space=SMALL)
    return "compared"


def test_a_brush_on_the_lines_holds_in_every_figure(open_page: Opener, small: str) -> None:
    page = opened(open_page, small)
    seen(page, "scatter")
    dots = "() => document.querySelector('#fig-scatter .js-plotly-plot').calcdata[0].length"
    before = page.evaluate(dots)

    page.locator('[data-card-of="lines"]').scroll_into_view_if_needed()
    drag_axis(page, 1, 4, 0.55, 0.95)

    expect(page.locator("#matching")).to_have_text(re.compile(r"^\d+ of 120 match$"))
    page.wait_for_function(f"before => ({dots})() < before", arg=before)
    assert in_address(page, "brush")["p:dropout"]["to"] < 0.4


def test_a_box_over_dots_brushes_both_of_their_columns(open_page: Opener, small: str) -> None:
    page = opened(open_page, small)
    seen(page, "scatter")
    page.locator('[data-card-of="scatter"] [data-control="x"]').select_option("p:dropout")
    seen(page, "scatter")
    box = page.locator("#fig-scatter .nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.8, steps=6)
    page.mouse.up()

    expect(page.locator("#matching")).to_have_text(re.compile(r"^\d+ of 120 match$"))
    brush = in_address(page, "brush")
    assert set(brush) == {"p:dropout", "value"}
    assert 0.0 < brush["p:dropout"]["from"] < brush["p:dropout"]["to"] < 0.6
    told = page.locator("#matching").inner_text()

    page.reload()
    ready(page, "compare:compared")
    expect(page.locator("#matching")).to_have_text(told)
    expect(page.locator(".chip")).to_have_count(2)


def test_axes_are_moved_turned_and_hidden_and_the_address_keeps_it(
    open_page: Opener, small: str
) -> None:
    page = opened(open_page, small)
    names = page.locator(".axis-name")
    expect(names).to_have_text(["lr", "dropout", "optimizer", "val_loss"])

    names.nth(0).focus()
    page.keyboard.press("ArrowRight")
    expect(names).to_have_text(["dropout", "lr", "optimizer", "val_loss"])
    names.nth(1).click()
    page.get_by_role("menuitem", name="Linear scale").click()
    names.nth(1).click()
    page.get_by_role("menuitem", name="Turn upside down").click()
    names.nth(2).click()
    page.get_by_role("menuitem", name="Hide").click()
    expect(names).to_have_text(["dropout", "lr ↓", "val_loss"])

    page.reload()
    ready(page, "compare:compared")
    expect(names).to_have_text(["dropout", "lr ↓", "val_loss"])
    page.get_by_role("button", name="Axes", exact=True).click()
    page.get_by_role("menuitem", name="As at first").click()
    expect(names).to_have_text(["lr", "dropout", "optimizer", "val_loss"])


def test_a_name_can_be_dragged_to_another_place(open_page: Opener, small: str) -> None:
    page = opened(open_page, small)
    names = page.locator(".axis-name")
    start, end = names.nth(0).bounding_box(), names.nth(2).bounding_box()
    assert start is not None
    assert end is not None

    page.mouse.move(start["x"] + 8, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 8, steps=5)
    page.mouse.up()

    expect(names).to_have_text(["dropout", "optimizer", "lr", "val_loss"])


def test_choices_of_a_figure_are_kept_in_the_address(open_page: Opener, small: str) -> None:
    page = opened(open_page, small)
    seen(page, "curves")
    curves = page.locator('[data-card-of="curves"]')

    curves.locator('[data-control="group"]').select_option("p:optimizer")
    curves.locator('[data-control="log_y"]').click()
    expect(page.locator("#fig-curves .legendtext")).to_have_text(
        [re.compile("adam"), re.compile("sgd")]
    )
    page.reload()
    ready(page, "compare:compared")

    expect(curves.locator('[data-control="group"]')).to_have_value("p:optimizer")
    expect(curves.locator('[data-control="log_y"]')).to_have_attribute("aria-pressed", "true")
    seen(page, "curves")
    expect(page.locator("#fig-curves .legendtext")).to_have_count(2)


OPENINGS = {"PNG": b"\x89PNG", "SVG": b"<svg", "CSV": b""}


def saved(page: Page, place: str, ending: str) -> tuple[str, bytes]:
    """Save what stands in a panel: the name of the file, and what is in it."""
    page.locator(f"{place} .control-save").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=ending).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_what_is_seen_can_be_saved(open_page: Opener, small: str) -> None:
    page = opened(open_page, small)
    seen(page, "scatter")

    for kind in ("lines", "scatter"):
        for ending, opening in OPENINGS.items():
            name, made = saved(page, f'[data-card-of="{kind}"]', ending)
            assert name == f"compared-{kind}.{ending.lower()}"
            assert made.startswith(opening)
            if ending == "CSV":
                assert len(made.splitlines()) > 100


def test_figures_of_other_pages_can_be_saved_too(open_page: Opener, small: str) -> None:
    page = open_page(f"/sweep/{small}")
    ready(page, f"overview:{small}")
    name, made = saved(page, ".panel-history", "PNG")
    assert (name, made[:4]) == ("compared-history.png", b"\x89PNG")

    base = page.url.partition("/sweep")[0]
    page.goto(f"{base}/sweep/{small}/trial/0")
    ready(page, "trial:0")
    name, made = saved(page, '.panel:has([data-graph="metrics"])', "CSV")
    assert name == "compared-0-metrics.csv"
    assert made.startswith(b"series,trial,x,y,value\nval_accuracy,")
    page.goto(f"{base}/diff?of={small}:0,{small}:1")
    ready(page, "diff")
    name, made = saved(page, '.panel:has([data-graph="beside"])', "SVG")
    assert (name, made[:4]) == ("diff-curves.svg", b"<svg")


def test_curves_are_read_in_step(open_page: Opener, small: str) -> None:
    page = opened(open_page, small)
    seen(page, "curves")
    place = page.evaluate(
        """() => {
            const plot = document.querySelector('#fig-curves .js-plotly-plot');
            const best = plot.data.findIndex((trace) => trace.meta.role === 'best');
            const { x, y } = plot.calcdata[best][8];
            const { xaxis, yaxis } = plot._fullLayout;
            const box = plot.getBoundingClientRect();
            return [box.x + xaxis._offset + xaxis.c2p(x), box.y + yaxis._offset + yaxis.c2p(y), x];
        }"""
    )

    page.mouse.move(place[0] - 3, place[1])
    page.mouse.move(place[0], place[1])

    told = page.locator("#fig-curves .hoverlayer .hovertext")
    # The four best, and the one that is pointed at where it is none of them.
    expect(told.nth(3)).to_be_visible()
    assert all(f"step {place[2]}:" in text for text in told.all_text_contents())


def test_several_objectives_have_a_front_and_none_of_them_ranks_alone(
    open_page: Opener, shared_store: Store
) -> None:
    run_on_cluster(shared_store, "two", 60, space=SMALL, metrics=("val_loss", "latency"))
    page = opened(open_page, "two")

    seen(page, "pareto")
    expect(page.locator('[data-card-of="pareto"] .graph-note')).to_contain_text("beaten by none")
    expect(page.locator(".axis-name")).to_have_text(
        ["lr", "dropout", "optimizer", "latency", "val_loss"]
    )


def test_brushing_ten_thousand_lines_stays_within_a_tenth_of_a_second(
    open_page: Opener, ten_thousand: str
) -> None:
    page = opened(open_page, ten_thousand)
    expect(page.locator("body")).to_have_attribute("data-lines", "200")
    page.locator('[data-control="front"]').select_option("all")
    expect(page.locator("body")).to_have_attribute("data-lines", re.compile(r"^9\d{3}$"))

    drag_axis(page, 0, 12, 0.3, 0.6)
    expect(page.locator("#matching")).to_have_text(re.compile(r"of 10,000 match$"))

    # The page's own reading of one repaint, on whatever machine this is; printed for the record.
    print(
        "a brush over 10,000 lines took", page.locator("body").get_attribute("data-painted"), "ms"
    )
    expect(page.locator("body")).to_have_attribute("data-lines", re.compile(r"^\d+$"))


def test_picked_trials_stand_side_by_side(open_page: Opener, small: str) -> None:
    page = open_page(f"/sweep/{small}/compare?pick=1,4,7&from=tests")
    ready(page, "compare:compared")

    page.get_by_role("button", name="Diff 3 picked").click()

    ready(page, "diff")
    expect(page.locator(".diff thead th")).to_have_count(4)
    expect(page.locator(".diff thead a")).to_have_text(["trial 1", "trial 4", "trial 7"])
    expect(page.locator("#beside .scatterlayer .trace")).not_to_have_count(0)
    page.get_by_role("link", name="trial 4").click()
    expect(page.locator("h1")).to_contain_text("Trial 4")


def test_a_report_is_saved_from_the_page(open_page: Opener, small: str) -> None:
    page = opened(open_page, small)

    with page.expect_download() as download:
        page.get_by_role("button", name="Report").click()

    saved = Path(download.value.path()).read_text()
    assert download.value.suggested_filename == "compared.html"
    assert saved.startswith("<!DOCTYPE html>")


def test_curves_grow_while_the_sweep_runs_and_what_the_reader_did_stays(
    open_page: Opener, shared_store: Store, running: Sweep
) -> None:
    wait_for(lambda: len(questions.curves(shared_store, running.id, "loss")) > 1, "two curves")
    page = open_page(f"/sweep/{running.name}/compare?pick=0,1")
    ready(page, f"compare:{running.name}")
    seen(page, "curves")
    longest = "() => Math.max(...%s.calcdata.flat().map(point => point.x))"
    longest %= "document.querySelector('#fig-curves .js-plotly-plot')"
    box = page.locator("#fig-curves .nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.8, steps=6)
    page.mouse.up()
    ranges = (
        "() => ['xaxis', 'yaxis'].map(axis => Array.from("
        "document.querySelector('#fig-curves .js-plotly-plot').layout[axis].range))"
    )
    zoomed, before = page.evaluate(ranges), page.evaluate(longest)
    scrolled = page.evaluate("window.scrollY")

    page.wait_for_function(f"before => ({longest})() >= before + 50", arg=before)

    assert page.evaluate(ranges) == zoomed
    assert page.evaluate("window.scrollY") == scrolled
    expect(page.locator("#live")).to_have_text("live")
    expect(page.get_by_role("button", name="Diff 2 picked")).to_be_visible()
    expect(page.locator("#matching")).to_have_text("2 trials")
