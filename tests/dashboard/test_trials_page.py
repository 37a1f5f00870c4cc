"""Tests of the table of trials in a browser: asked, sorted, picked, marked, kept in the address."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from sweeper.store import commands, marks
from sweeper.store.store import Store
from tests.dashboard.factory import add_failures, finish, populate
from tests.dashboard.test_sweep_page import cells, first_row, ready

pytestmark = pytest.mark.slow

Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def read_only(shared_store: Store) -> str:
    """A finished sweep of two hundred trials that no test changes."""
    finish(populate(shared_store, "tabled", 200, curves=False))
    return "tabled"


def ask(page: Page, query: str) -> None:
    """Type a query and let it hold."""
    page.locator("#query").fill(query)
    page.locator("#query").press("Enter")


def row(page: Page, index: int) -> Locator:
    """Find a cell of a row."""
    return page.locator(f'#trials .ag-row[row-index="{index}"] [col-id="number"]')


def test_a_query_narrows_the_table_and_stands_in_the_address(
    open_page: Opener, read_only: str
) -> None:
    page = open_page(f"/sweep/{read_only}/trials")
    ready(page, f"trials:{read_only}")

    ask(page, 'optimizer == "sgd" and status == "completed"')

    expect(page.locator("#matching")).to_have_text(re.compile(r"^\d+ of 200 match$"))
    expect(page.locator("body")).to_have_attribute("data-matched", re.compile(r"^\d\d?$"))
    assert set(cells(page, "p:optimizer")) == {"sgd"}
    page.reload()
    ready(page, f"trials:{read_only}")
    expect(page.locator("#query")).to_have_value('optimizer == "sgd" and status == "completed"')
    expect(page.locator("#matching")).to_have_text(re.compile(r"of 200 match$"))
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("#matching")).to_have_text("200 trials")


def test_a_query_that_is_none_says_so_in_one_line(open_page: Opener, read_only: str) -> None:
    page = open_page(f"/sweep/{read_only}/trials")
    ready(page, f"trials:{read_only}")

    ask(page, "optimiser == 3")

    expect(page.locator("#query-error")).to_have_text(
        re.compile("there is no column 'optimiser'. Did you mean: optimizer")
    )
    ask(page, "lr <")
    expect(page.locator("#query-error")).to_contain_text("expected a name or a value")
    ask(page, "lr < 1e9")
    expect(page.locator("#query-error")).to_be_hidden()
    expect(row(page, 0)).to_be_visible()


def test_the_keyboard_moves_picks_opens_and_filters(open_page: Opener, read_only: str) -> None:
    page = open_page(f"/sweep/{read_only}/trials")
    ready(page, f"trials:{read_only}")
    second = row(page, 1).inner_text()

    for key in ("j", "j", "k", "j", "x"):
        page.keyboard.press(key)

    expect(page.locator("#bulk")).to_contain_text("1 picked")
    assert f"pick={second}" in page.url
    page.keyboard.press("/")
    expect(page.locator("#query")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    ready(page, f"trial:{second}")


def test_any_column_can_be_shown_hidden_and_pinned(open_page: Opener, read_only: str) -> None:
    page = open_page(f"/sweep/{read_only}/trials")
    ready(page, f"trials:{read_only}")
    head = page.locator("#trials .ag-header-cell")
    page.get_by_text("Columns", exact=True).click()

    page.get_by_label("Find a column").fill("epochs")
    page.get_by_label("epochs", exact=True).check()
    page.get_by_role("button", name="Pin epochs").click()

    expect(page.locator('#trials .ag-pinned-left-header [col-id="p:epochs"]')).to_be_visible()
    expect(page.locator('#trials .ag-row[row-index="0"] [col-id="p:epochs"]')).to_have_text("30")
    page.get_by_label("Hide what does not vary").check()
    expect(page.locator('#trials .ag-header [col-id="p:epochs"]')).to_have_count(0)
    page.reload()
    ready(page, f"trials:{read_only}")
    expect(page.locator('#trials .ag-header [col-id="p:epochs"]')).to_have_count(0)
    expect(head.first).to_be_visible()


def test_a_filter_in_a_head_holds_on_all_pages(open_page: Opener, read_only: str) -> None:
    model = '{"p:n_layers":{"filterType":"number","type":"lessThan","filter":4}}'
    page = open_page(f"/sweep/{read_only}/trials?f={model}")
    ready(page, f"trials:{read_only}")
    expect(page.locator("#matching")).to_have_text(re.compile(r"of 200 match$"))
    said = page.locator("#matching").inner_text()
    assert {int(text) for text in cells(page, "p:n_layers")} <= {2, 3}

    page.get_by_role("link", name="Compare", exact=True).click()
    ready(page, f"compare:{read_only}")

    expect(page.locator("#matching")).to_have_text(said)


def test_what_is_shown_comes_as_csv(open_page: Opener, read_only: str, tmp_path: Path) -> None:
    page = open_page(f"/sweep/{read_only}/trials?q=n_layers == 3")
    ready(page, f"trials:{read_only}")

    with page.expect_download() as coming:
        page.locator("#csv").click()
    coming.value.save_as(tmp_path / "shown.csv")

    lines = (tmp_path / "shown.csv").read_text().splitlines()
    assert lines[0].startswith("number,status,val_loss,lr,")
    assert len(lines) == 1 + int(page.locator("#matching").inner_text().split()[0])


def test_many_trials_are_tagged_and_noted_at_once(open_page: Opener, shared_store: Store) -> None:
    driven = populate(shared_store, "marked", 40, curves=False)
    page = open_page("/sweep/marked/trials?q=number < 5")
    ready(page, "trials:marked")
    expect(page.locator("#matching")).to_have_text("5 of 40 match")

    page.get_by_role("button", name="Tag", exact=True).click()
    page.locator("dialog input").fill("good old")
    page.get_by_role("button", name="OK").click()
    expect(page.locator("#said")).to_have_text("Written on 5 trials.")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_role("button", name="Note", exact=True).click()
    page.locator("dialog input").fill("<b>odd</b>")
    page.get_by_role("button", name="OK").click()
    expect(page.locator("#said")).to_have_text("Written on 1 trial.")

    ask(page, 'tags == "good"')
    expect(page.locator("#matching")).to_have_text("5 of 40 match")
    found = marks.marks_of(shared_store, driven.sweep.id)
    assert set(found.tags) == {0, 1, 2, 3, 4}
    assert list(found.notes.values()) == ["<b>odd</b>"]


def test_picked_trials_can_be_hidden_and_looked_at_alone(open_page: Opener, read_only: str) -> None:
    page = open_page(f"/sweep/{read_only}/trials?pick=3-5,9")
    ready(page, f"trials:{read_only}")

    page.get_by_role("button", name="Only these").click()
    expect(page.locator("#matching")).to_have_text("4 of 200 match")
    page.locator(".pick").first.click()
    page.get_by_role("button", name="Hide", exact=True).click()
    expect(page.locator("#matching")).to_have_text("3 of 200 match")


def test_failures_that_are_alike_lead_to_their_trials(
    open_page: Opener, shared_store: Store
) -> None:
    driven = populate(shared_store, "failing", 1)
    add_failures(driven, range(1, 38), "KeyError", "'lr'")
    page = open_page("/sweep/failing")
    ready(page, "overview:failing")

    page.get_by_text("37 trials failed with the same KeyError: 'lr'").click()

    ready(page, "trials:failing")
    expect(page.locator("#matching")).to_have_text("37 of 38 match")
    expect(first_row(page, "status")).to_have_text("failed")
    page.go_back()
    ready(page, "overview:failing")
    page.locator(".end-count", has_text="error").click()
    ready(page, "trials:failing")
    expect(page.locator("#query")).to_have_value('end == "error"')


def test_a_named_view_opens_exactly_what_was_seen(
    open_page: Opener, shared_store: Store, read_only: str
) -> None:
    page = open_page(f"/sweep/{read_only}/trials?q=lr < 0.001&sort=-p:dropout")
    ready(page, f"trials:{read_only}")
    expect(page.locator("#matching")).to_have_text(re.compile("of 200 match"))
    first = row(page, 0).inner_text()

    page.get_by_text("Views", exact=True).click()
    page.get_by_label("Name of this view").fill("small <i>lr</i>")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".view-open")).to_have_text("small <i>lr</i>")

    other = open_page(f"/sweep/{read_only}")
    ready(other, f"overview:{read_only}")
    other.get_by_text("Views", exact=True).click()
    other.locator(".view-open").click()
    ready(other, f"trials:{read_only}")
    expect(other.locator("#query")).to_have_value("lr < 0.001")
    expect(row(other, 0)).to_have_text(first)


def test_the_table_follows_a_running_sweep_without_losing_its_place(
    open_page: Opener, shared_store: Store
) -> None:
    driven = populate(shared_store, "followed", 120, curves=False)
    page = open_page("/sweep/followed/trials?sort=number&pick=7")
    ready(page, "trials:followed")
    page.locator("#trials .ag-body-viewport").evaluate("place => place.scrollTop = 1020")
    expect(row(page, 35)).to_have_text("35")
    top = page.locator("#trials .ag-body-viewport").evaluate("place => place.scrollTop")

    commands.change_tags(shared_store, driven.sweep.id, [35], add=["seen"])

    add_failures(driven, [120], "KeyError", "'lr'")
    expect(page.locator("#matching")).to_have_text("121 trials")
    expect(row(page, 35)).to_have_text("35")
    assert page.locator("#trials .ag-body-viewport").evaluate("place => place.scrollTop") == top
    expect(page.locator("#bulk")).to_contain_text("1 picked")
