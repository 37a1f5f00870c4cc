"""Tests of the pages in a browser: opened, followed live, brushed, sorted."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from sweeper.model.domains import choice, loguniform, uniform
from sweeper.model.lifecycle import SweepStatus
from sweeper.store import commands
from sweeper.store.store import Store
from tests.dashboard.factory import (
    add_artifact,
    add_checkpoint,
    add_failures,
    add_log,
    add_trials,
    complete,
    finish,
    populate,
    start_sweep,
)

pytestmark = pytest.mark.slow

Opener = Callable[..., Page]


def ready(page: Page, name: str) -> None:
    """Wait until the page's script has filled the page."""
    expect(page.locator("body")).to_have_attribute("data-ready", name)


def first_row(page: Page, column: str) -> Locator:
    """Find a cell of the table's first row."""
    return page.locator(f'#trials .ag-row[row-index="0"] [col-id="{column}"]').last


def cells(page: Page, column: str) -> list[str]:
    """Read a column of the table from top to bottom, once all of it is written."""
    found = page.locator(f'#trials .ag-row .ag-cell[col-id="{column}"]')
    expect(found.filter(has_not_text=re.compile(r"\S"))).to_have_count(0)
    rows = found.evaluate_all(
        "cells => cells.map(cell =>"
        " [Number(cell.closest('.ag-row').getAttribute('row-index')), cell.innerText])"
    )
    return [text for _, text in sorted(rows)]


def drag_axis(page: Page, index: int, count: int, top: float, bottom: float) -> None:
    """Drag a brush along an axis of the parallel coordinates, as shares of its height."""
    layer = page.locator(".lines-axes")
    layer.scroll_into_view_if_needed()
    box = layer.bounding_box()
    assert box is not None
    x = box["x"] + 46 + index * (box["width"] - 92) / (count - 1)
    page.mouse.move(x, box["y"] + box["height"] * top)
    page.mouse.down()
    page.mouse.move(x, box["y"] + box["height"] * bottom, steps=4)
    page.mouse.up()


@pytest.mark.parametrize("dark", [False, True])
def test_the_list_shows_every_sweep_and_leads_to_it(
    open_page: Opener, shared_store: Store, dark: bool
) -> None:
    name = f"listed-{dark}"
    populate(shared_store, name, 3)

    page = open_page("/", dark=dark)
    ready(page, "sweeps")
    expect(page.locator("h1")).to_have_text("Sweeps")
    page.get_by_label("Search sweeps").fill(name)
    expect(page.locator(".sweep-row:visible")).to_have_count(1)
    page.locator(".sweep-row:visible").click()

    ready(page, f"overview:{name}")
    expect(page.locator("h1")).to_have_text(name)
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_what_the_store_records_arrives_by_itself(open_page: Opener, shared_store: Store) -> None:
    driven = populate(shared_store, "live", 3)
    page = open_page("/sweep/live/trials")
    ready(page, "trials:live")
    expect(page.locator("#live")).to_have_text("live")

    [added] = add_trials(driven, [3])
    complete(driven, added, 0.00123)

    expect(page.locator("#matching")).to_have_text("4 trials")
    expect(first_row(page, "number")).to_have_text("3")
    page.get_by_role("link", name="Overview", exact=True).click()
    ready(page, "overview:live")
    expect(page.locator('[data-card="best"]')).to_have_text("0.001230")

    finish(driven, SweepStatus.STOPPED)
    expect(page.locator("#sweep-status")).to_have_text("stopped")
    expect(page.locator("#live")).to_be_hidden()


def test_a_brush_filters_the_table_and_survives_an_update(
    open_page: Opener, shared_store: Store
) -> None:
    driven = start_sweep(shared_store, "brushed", space={"dropout": uniform(0, 1)})
    add_trials(driven, range(60))
    page = open_page("/sweep/brushed/compare")
    ready(page, "compare:brushed")

    drag_axis(page, 0, 2, 0.16, 0.5)
    expect(page.locator("#matching")).to_have_text(re.compile(r"^\d+ of 60 match$"))
    page.get_by_role("link", name="Trials", exact=True).click()
    ready(page, "trials:brushed")
    shown = [float(text) for text in cells(page, "p:dropout")]
    assert shown
    assert min(shown) > 0.4
    add_trials(driven, [60])
    expect(page.locator("#matching")).to_have_text(re.compile(r"of 61 match$"))

    page.get_by_role("link", name="Compare", exact=True).click()
    ready(page, "compare:brushed")
    page.get_by_role("button", name="Remove the filter on dropout").click()
    expect(page.locator("#matching")).to_have_text("61 trials")


def test_the_same_filter_can_be_typed(open_page: Opener, shared_store: Store) -> None:
    space = {"lr": loguniform(1e-5, 1e-1), "optimizer": choice(["adam", "sgd"])}
    finish(_with_trials(shared_store, "typed", space, 40))
    page = open_page("/sweep/typed/compare")
    ready(page, "compare:typed")

    page.get_by_text("Filter by typing").click()
    page.locator(".brush-form select").select_option(label="optimizer")
    page.locator('.brush-form input[name="from"]').fill("sgd")
    page.locator('.brush-form input[name="to"]').fill("sgd")
    page.locator(".brush-form button").click()

    expect(page.locator("#matching")).to_have_text(re.compile("of 40 match"))
    page.get_by_role("link", name="Trials", exact=True).click()
    ready(page, "trials:typed")
    assert set(cells(page, "p:optimizer")) == {"sgd"}


def _with_trials(store: Store, name: str, space: dict[str, object], count: int) -> object:
    driven = start_sweep(store, name, space=space)
    add_trials(driven, range(count))
    return driven


def test_trials_without_a_value_stay_last_in_both_directions(
    open_page: Opener, shared_store: Store
) -> None:
    finish(populate(shared_store, "sorted", 12))
    page = open_page("/sweep/sorted/trials")
    ready(page, "trials:sorted")
    heading = page.locator('#trials .ag-header-cell[col-id="value"]')
    expect(heading).to_have_attribute("aria-sort", "ascending")
    up = cells(page, "value")

    heading.locator(".ag-header-cell-label").click()
    expect(heading).to_have_attribute("aria-sort", "descending")
    expect(page.locator('#trials .ag-row[row-index="0"] [col-id="value"]')).not_to_have_text(up[0])
    down = cells(page, "value")

    empty = up.count("—")
    assert empty > 0
    assert up[-empty:] == down[-empty:] == ["—"] * empty
    assert down[:-empty] == up[:-empty][::-1]


def test_a_click_on_a_row_opens_its_trial(open_page: Opener, shared_store: Store) -> None:
    driven = populate(shared_store, "clicked", 3)
    add_log(driven, 0, [("stdout", "epoch 1"), ("stderr", "a warning")])
    add_checkpoint(driven, 0, 10)
    page = open_page("/sweep/clicked/trials")
    ready(page, "trials:clicked")

    page.locator('#trials .ag-row[row-index="0"] [col-id="number"]').click()

    ready(page, "trial:0")
    expect(page.locator("h1")).to_have_text("Trial 0")
    expect(page.locator(".log-stderr")).to_have_text("a warning\n")
    expect(page.locator("#call")).to_contain_text("train(lr=")
    expect(page.locator(".kept")).to_contain_text("step-10")
    expect(page.locator("#metrics .scatterlayer .trace")).to_have_count(2)

    add_log(driven, 0, [("stdout", "epoch 2")])
    expect(page.locator("#log")).to_contain_text("epoch 2")
    page.keyboard.press("j")
    ready(page, "trial:1")
    expect(page.locator(".error-line").first).to_contain_text("CUDA out of memory")


def test_what_is_not_there_says_so(open_page: Opener) -> None:
    page = open_page("/sweep/nowhere")

    expect(page.locator("h1")).to_have_text("Not found")
    expect(page.locator(".empty")).to_contain_text("there is no sweep 'nowhere'")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/sweep/narrow",
        "/sweep/narrow/trials",
        "/sweep/narrow/compare",
        "/sweep/narrow/trial/1",
    ],
)
@pytest.mark.usefixtures("narrow")
def test_a_phone_never_scrolls_sideways(open_page: Opener, path: str) -> None:
    page = open_page(path, width=390)
    expect(page.locator("body")).to_have_attribute("data-ready", re.compile("."))

    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.fixture(scope="module")
def narrow(shared_store: Store) -> None:
    """A sweep to be seen on a phone."""
    populate(shared_store, "narrow", 30)


def test_names_that_look_like_markup_stay_text(
    open_page: Opener, shared_store: Store, tmp_path: Path
) -> None:
    evil = '<img src=x onerror="document.title=`broken`">'
    script = "<script>document.title='broken'</script>"
    space = {evil: uniform(0, 1), "kind": choice([script, "plain"])}
    driven = start_sweep(shared_store, evil, space=space, metric=script)
    add_trials(driven, range(30))
    add_log(driven, 0, [("stdout", evil)])
    commands.write_note(shared_store, driven.sweep.id, [0], evil, by=script)
    commands.change_tags(shared_store, driven.sweep.id, [0], add=[script], remove=[])
    commands.save_view(shared_store, driven.sweep.id, evil, "trials", by=script)
    (tmp_path / evil[:-1].replace("/", "")).write_text(script)
    add_artifact(driven, 0, tmp_path / evil[:-1].replace("/", ""))
    add_failures(driven, [30, 31], evil, script)

    page = open_page("/")
    ready(page, "sweeps")
    page.get_by_text(evil, exact=True).first.click()
    ready(page, f"overview:{evil}")
    expect(page.locator("h1")).to_have_text(evil)
    page.get_by_role("link", name="Compare", exact=True).click()
    ready(page, f"compare:{evil}")
    page.get_by_role("button", name="Slices", exact=True).click()
    expect(page.locator("#fig-slice .scatterlayer .trace").first).to_be_visible()
    page.get_by_role("link", name="Trials", exact=True).click()
    ready(page, f"trials:{evil}")
    page.locator('#trials .ag-row[row-index="0"] [col-id="number"]').click()
    expect(page.locator("h1")).to_contain_text("Trial")
    page.goto(f"{page.url.rpartition('/')[0]}/0")
    ready(page, "trial:0")
    expect(page.locator("#trial-note")).to_have_text(evil)
    expect(page.locator(".marks .tag")).to_have_text(script)
    expect(page.locator(".kept")).to_contain_text("<img src=x")
    expect(page.locator("#log")).to_contain_text(evil)
    page.locator("summary", has_text="Queue a copy").click()
    name = quote(quote(evil, safe=""), safe="")
    page.goto(f"{page.url.partition('/sweep')[0]}/diff?of={name}:0,{name}:2")
    ready(page, "diff")
    expect(page.locator("#beside .scatterlayer .trace").first).to_be_visible()
    expect(page.locator(".diff")).to_contain_text(evil)
    page.goto(f"{page.url.partition('/diff')[0]}/several?of={quote(evil, safe='')}")
    ready(page, "several")
    expect(page.locator("thead")).to_contain_text(evil)

    assert page.title() != "broken"
    assert page.locator("img[onerror]").count() == 0
    assert page.locator("#react-entry-point script").count() == 0


def test_a_lost_server_is_told_and_found_again(open_page: Opener, shared_store: Store) -> None:
    driven = populate(shared_store, "lost", 3)
    page = open_page("/sweep/lost/trials")
    ready(page, "trials:lost")

    lose = "window.fetch = () => Promise.reject(new TypeError('Failed to fetch'))"
    page.evaluate(f"() => {{ window.kept = fetch; {lose} }}")
    expect(page.locator("#connection")).to_contain_text("Reconnecting")
    add_trials(driven, [3])
    page.evaluate("() => { window.fetch = window.kept }")

    expect(page.locator("#connection")).to_be_hidden()
    expect(page.locator("#matching")).to_have_text("4 trials")


def test_a_zoom_survives_an_update(open_page: Opener, shared_store: Store) -> None:
    driven = populate(shared_store, "zoomed", 40)
    page = open_page("/sweep/zoomed")
    ready(page, "overview:zoomed")
    plot = page.locator("#history .nsewdrag").first
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] - 20, steps=5)
    page.mouse.up()
    ranged = "() => document.querySelector('#history .js-plotly-plot').layout.xaxis.range.join()"
    dots = "() => document.querySelector('#history .js-plotly-plot').data[0].x.length"
    kept, count = page.evaluate(ranged), page.evaluate(dots)

    [added] = add_trials(driven, [40])
    complete(driven, added, 0.5)
    page.wait_for_function(f"count => ({dots})() > count", arg=count)

    assert page.evaluate(ranged) == kept


def test_the_chosen_scheme_is_remembered(open_page: Opener, shared_store: Store) -> None:
    populate(shared_store, "painted", 3)
    page = open_page("/sweep/painted")
    ready(page, "overview:painted")
    html = page.locator("html")
    expect(html).to_have_attribute("data-mantine-color-scheme", "light")

    page.get_by_label("Switch between light and dark").click()
    expect(html).to_have_attribute("data-mantine-color-scheme", "dark")
    expect(page.locator("body")).to_have_attribute("data-ag-theme-mode", "dark")
    page.reload()

    ready(page, "overview:painted")
    expect(html).to_have_attribute("data-mantine-color-scheme", "dark")


def test_every_control_can_be_reached_by_name(open_page: Opener, shared_store: Store) -> None:
    populate(shared_store, "named", 3)
    page = open_page("/sweep/named")
    ready(page, "overview:named")

    nameless = page.evaluate(
        "() => [...document.querySelectorAll('button, main input, main select')]"
        ".filter(c => c.offsetParent && !c.closest('.ag-root'))"
        ".filter(c => !(c.textContent || c.ariaLabel || c.labels?.length || c.placeholder))"
        ".map(c => c.outerHTML)"
    )

    assert nameless == []
    assert page.locator("h1").count() == 1
