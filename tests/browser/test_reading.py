"""How pages read: times, commands, and what a narrow window does to them."""

from __future__ import annotations

import re

import pytest
from conftest import Installation
from looking import settle
from playwright.sync_api import Page, ViewportSize

NARROW: ViewportSize = {"width": 390, "height": 844}

CLOCK = """async ([when, seconds, now]) => {
  const { clock } = await import("/static/times.js");
  return clock(new Date(when), seconds, new Date(now));
}"""

CUT = """() => [...document.querySelectorAll(":not(pre) > code")].filter(code => {
  const texts = [...code.childNodes].filter(node => node.data);
  return texts.some(text => [...text.data.matchAll(/[A-Za-z_]+/g)].some(word => {
    const range = document.createRange();
    range.setStart(text, word.index);
    range.setEnd(text, word.index + word[0].length);
    return range.getClientRects().length > 1;
  }));
}).map(code => code.textContent)"""
"""Commands of the page that are broken inside a word."""


def top_of(page: Page, selector: str) -> float:
    """Where an element begins, in px from the top of the window."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["y"]


@pytest.mark.parametrize(
    ("seconds", "now", "words"),
    [
        (False, "2026-11-22T23:00:00", "09:06"),
        (True, "2026-11-22T23:00:00", "09:06:31"),
        (False, "2026-11-23T09:00:00", "2026-11-22 09:06"),
        (True, "2026-11-23T09:00:00", "2026-11-22 09:06:31"),
    ],
)
def test_a_time_reads_the_same_whatever_the_language(
    page: Page, empty: Installation, seconds: bool, now: str, words: str
) -> None:
    page.goto(empty.address)
    assert page.evaluate(CLOCK, ["2026-11-22T09:06:31", seconds, now]) == words


def test_the_lines_of_a_record_are_told_apart_by_their_seconds(page: Page, full: Installation) -> None:
    page.goto(f"{full.address}/scans/{full.seeded.scans['two-findings']}")
    times = page.locator(".history time").all_inner_texts()
    assert times
    assert all(re.search(r"\b\d\d:\d\d:\d\d$", time) for time in times)


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
@pytest.mark.parametrize("path", ["/", "/alerts", "/system"])
def test_a_command_is_not_broken_inside_a_word(page: Page, empty: Installation, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(empty.address + path)
    settle(page)
    assert page.evaluate(CUT) == []


def test_where_nobody_is_logged_in_the_head_of_a_page_is_one_line(page: Page, locked: Installation) -> None:
    page.set_viewport_size(NARROW)
    page.goto(f"{locked.address}/login")
    box = page.locator("#theme").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] > NARROW["width"] - 24
    assert abs(top_of(page, "#theme") - top_of(page, ".research")) < 12
    assert abs(top_of(page, ".brand") - top_of(page, ".research")) < 12


def test_previous_and_next_stay_beside_each_other(page: Page, full: Installation) -> None:
    page.set_viewport_size(NARROW)
    for scan_id in full.seeded.scans.values():
        page.goto(f"{full.address}/scans/{scan_id}")
        tops = page.locator(".scan-steps .button").evaluate_all("all => all.map(one => one.offsetTop)")
        assert len(tops) == 2
        assert tops[0] == tops[1]


def test_workers_are_stacked_where_their_table_would_not_fit(page: Page, full: Installation) -> None:
    page.set_viewport_size(NARROW)
    page.goto(f"{full.address}/system")
    table = page.locator(".workers")
    assert table.evaluate("table => table.parentElement.scrollWidth <= table.parentElement.clientWidth")
    assert table.locator("td", has_text="litert").first.evaluate("cell => cell.getClientRects()[0].right") < 390


def test_a_long_name_of_a_batch_takes_two_lines_of_a_list_of_alerts(page: Page, failing: Installation) -> None:
    page.set_viewport_size(NARROW)
    page.goto(f"{failing.address}/alerts?show=all")
    heights = page.locator(".batch-name").evaluate_all("names => names.map(name => name.offsetHeight)")
    assert heights
    assert max(heights) <= 2 * 12 * 1.45 + 2
