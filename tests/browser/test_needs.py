"""Pages for those who set their system or their browser otherwise: high contrast, no single keys, narrow windows."""

from __future__ import annotations

from conftest import Installation
from looking import settle
from playwright.sync_api import Locator, Page, ViewportSize, expect

NARROW: ViewportSize = {"width": 390, "height": 844}

ALPHA = "node => getComputedStyle(node).backgroundColor"
DOT = "node => [getComputedStyle(node, '::before').borderTopWidth, getComputedStyle(node, '::before').borderTopStyle]"


def ground(target: Locator) -> str:
    found: str = target.evaluate(ALPHA)
    return found


def test_in_high_contrast_what_is_on_differs_from_what_is_off(full: Installation, page: Page) -> None:
    page.emulate_media(forced_colors="active")
    page.goto(f"{full.address}/scans/{full.seeded.scans['two-findings']}")
    on, off = page.locator(".tool[data-tool=pan]"), page.locator(".tool[data-tool=window]")
    assert ground(on) != ground(off)
    off.click()
    expect(off).to_have_attribute("aria-pressed", "true")
    assert ground(on) != ground(off)
    current, other = page.locator("nav [aria-current]"), page.locator("nav a:not([aria-current])").first
    assert ground(current) != ground(other)
    assert "rgba" not in ground(page.locator("#readout"))


def test_in_high_contrast_the_dots_of_states_can_be_seen(full: Installation, page: Page) -> None:
    page.emulate_media(forced_colors="active")
    page.goto(full.address)
    assert page.locator(".state").first.evaluate(DOT) == ["1px", "solid"]


def switch_single_keys(page: Page, opener: Locator) -> None:
    opener.click()
    page.get_by_label("Single-key shortcuts").click()
    page.get_by_role("button", name="Close").click()


def test_single_keys_can_be_switched_off_for_lists(full: Installation, page: Page) -> None:
    page.goto(f"{full.address}/batches/{full.seeded.batches['night']}")
    switch_single_keys(page, page.locator("#keys-open"))
    before = page.evaluate("document.activeElement.id")
    for key in ("j", "?", "u"):
        page.keyboard.press(key)
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert page.evaluate("document.activeElement.id") == before
    page.reload()
    page.keyboard.press("j")
    expect(page.locator("tbody .row-link").first).not_to_be_focused()
    switch_single_keys(page, page.locator("#keys-open"))
    page.keyboard.press("j")
    expect(page.locator("tbody .row-link").first).to_be_focused()


def test_single_keys_can_be_switched_off_for_the_viewer(full: Installation, page: Page) -> None:
    page.goto(f"{full.address}/scans/{full.seeded.scans['two-findings']}")
    window = page.locator("[data-tool=window]")
    switch_single_keys(page, page.get_by_role("button", name="Keys"))
    address = page.url
    for key in ("w", "2", "j", "k"):
        page.keyboard.press(key)
    assert window.get_attribute("aria-pressed") == "false"
    assert page.locator("[data-layer=outlines]").get_attribute("aria-pressed") == "true"
    assert page.url == address
    switch_single_keys(page, page.get_by_role("button", name="Keys"))
    page.keyboard.press("w")
    expect(window).to_have_attribute("aria-pressed", "true")


def test_a_long_path_takes_two_lines_of_a_scan_and_stands_whole_among_its_files(
    failing: Installation, page: Page
) -> None:
    page.set_viewport_size(NARROW)
    page.goto(f"{failing.address}/scans/{failing.seeded.scans['odd-long']}")
    settle(page)
    box, stage = page.locator(".scan-path").bounding_box(), page.locator(".stage").bounding_box()
    assert box is not None
    assert box["height"] <= 2 * 14 * 1.45 + 2
    assert stage is not None
    assert stage["y"] < NARROW["height"] / 3
    expect(page.locator(".scan-file")).to_contain_text("deep/" * 60 + "scan.dcm")


def test_a_long_recipient_takes_one_line_of_the_list(full: Installation, page: Page) -> None:
    page.set_viewport_size(NARROW)
    page.goto(f"{full.address}/alerts?show=all")
    heights = page.locator(".alert-sent bdi").evaluate_all("all => all.map(one => one.offsetHeight)")
    assert heights
    assert max(heights) <= 12 * 1.45 + 2
    long = page.locator(".alert-sent bdi[title*='a.rather.long.address']").first
    assert long.evaluate("one => one.scrollWidth > one.clientWidth")
