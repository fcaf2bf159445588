"""The page of one scan in a real browser: what a reader's hand does changes what the eye sees."""

from __future__ import annotations

import io
import math

import httpx
import numpy as np
import pytest
from conftest import Installation
from looking import accessibility, settle
from PIL import Image
from playwright.sync_api import Browser, Page

AT_POINTER = """([x, y]) => {
  const matrix = document.querySelector("#picture").getScreenCTM().inverse();
  const point = new DOMPoint(x, y).matrixTransform(matrix);
  return [point.x, point.y];
}"""
SCALE = "() => document.querySelector('#picture').getScreenCTM().a"


@pytest.fixture
def viewer(page: Page, full: Installation) -> Page:
    """The page of a scan with two reported findings, one of them in doubt."""
    return open_scan(page, full, full.seeded.scans["two-findings"])


def open_scan(page: Page, installation: Installation, scan_id: int) -> Page:
    """The page, with its pictures loaded."""
    page.goto(f"{installation.address}/scans/{scan_id}")
    settle(page)
    return page


def middle(page: Page) -> tuple[float, float]:
    """The middle of the picture, in whole CSS pixels of the window: the browser rounds what a mouse says."""
    box = page.locator("#screen").bounding_box()
    assert box is not None
    return round(box["x"] + box["width"] / 2), round(box["y"] + box["height"] / 2)


def drag(page: Page, dx: float, dy: float, button: str = "left") -> None:
    """Press in the middle of the picture, move, let go."""
    x, y = middle(page)
    page.mouse.move(x, y)
    page.mouse.down(button=button)
    page.mouse.move(x + dx / 2, y + dy / 2)
    page.mouse.move(x + dx, y + dy)
    page.mouse.up(button=button)


def seen(page: Page) -> np.ndarray:
    """The pixels (h, w, 3) of the picture as it is on the screen, without its focus ring and the line of figures."""
    data = page.locator("#screen").screenshot()
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"), np.int16)[4:-30, 4:-4]


def pressed(page: Page, name: str) -> bool:
    """Whether a button of the toolbar is on."""
    return page.get_by_role("button", name=name, exact=True).get_attribute("aria-pressed") == "true"


def test_the_wheel_zooms_and_what_lies_below_the_pointer_stays_there(viewer: Page) -> None:
    x, y = middle(viewer)
    pointer = [x + 120, y - 90]
    before, scale = viewer.evaluate(AT_POINTER, pointer), viewer.evaluate(SCALE)
    viewer.mouse.move(*pointer)
    viewer.mouse.wheel(0, -600)
    viewer.wait_for_function(f"() => document.querySelector('#picture').getScreenCTM().a > {2 * scale}")
    assert viewer.evaluate(AT_POINTER, pointer) == pytest.approx(before, abs=0.2)
    viewer.mouse.wheel(0, 6000)
    viewer.wait_for_function(f"() => document.querySelector('#picture').getScreenCTM().a < {1.01 * scale}")
    assert viewer.evaluate(SCALE) == pytest.approx(scale, rel=0.01)


@pytest.mark.parametrize("way", ["pan", "space", "middle"])
def test_a_drag_moves_the_picture_with_the_hand(viewer: Page, way: str) -> None:
    viewer.locator("#screen").focus()
    for _ in range(4):
        viewer.keyboard.press("+")
    if way != "pan":
        viewer.keyboard.press("w")
    if way == "space":
        viewer.keyboard.down(" ")
    x, y = middle(viewer)
    grabbed = viewer.evaluate(AT_POINTER, [x, y])
    drag(viewer, 70, -50, "middle" if way == "middle" else "left")
    assert viewer.evaluate(AT_POINTER, [x + 70, y - 50]) == pytest.approx(grabbed, abs=0.2)
    assert viewer.locator("#level").text_content() == "Window 255, level 128"


def test_arrows_move_the_picture_that_has_the_focus(viewer: Page) -> None:
    viewer.locator("#screen").focus()
    viewer.keyboard.press("+")
    viewer.keyboard.press("+")
    x, y = middle(viewer)
    before = viewer.evaluate(AT_POINTER, [x, y])
    viewer.keyboard.press("ArrowRight")
    after = viewer.evaluate(AT_POINTER, [x, y])
    assert after[0] == pytest.approx(before[0] + 40 / viewer.evaluate(SCALE), abs=0.2)
    assert after[1] == pytest.approx(before[1], abs=0.2)


def test_a_drag_with_the_window_tool_changes_the_greys_and_reset_brings_them_back(viewer: Page) -> None:
    viewer.keyboard.press("1")
    before = seen(viewer)
    viewer.keyboard.press("w")
    drag(viewer, -155, 0)
    assert viewer.locator("#level").text_content() == "Window 100, level 128"
    wanted = np.clip((before - (127.5 - 50)) * 255 / 100, 0, 255)
    changed = seen(viewer)
    assert np.abs(changed - wanted).mean() < 2
    assert np.abs(changed - before).mean() > 5
    drag(viewer, 0, 60)
    assert viewer.locator("#level").text_content() == "Window 100, level 188"
    assert seen(viewer).mean() < changed.mean()
    viewer.keyboard.press("r")
    np.testing.assert_array_equal(seen(viewer), before)


def test_a_double_click_resets_zoom_and_window(viewer: Page) -> None:
    scale = viewer.evaluate(SCALE)
    viewer.keyboard.press("w")
    drag(viewer, 80, 30)
    viewer.keyboard.press("+")
    viewer.mouse.dblclick(*middle(viewer))
    assert viewer.locator("#level").text_content() == "Window 255, level 128"
    assert viewer.evaluate(SCALE) == pytest.approx(scale)


def test_layers_go_on_and_off_and_say_so(viewer: Page) -> None:
    overlay = seen(viewer)
    assert pressed(viewer, "Overlay")
    viewer.keyboard.press("1")
    original = seen(viewer)
    assert pressed(viewer, "Original")
    assert np.ptp(original, axis=2).max() == 0
    assert np.ptp(overlay, axis=2).max() > 100
    viewer.get_by_role("button", name="Heat map").click()
    settle(viewer)
    hot = seen(viewer)
    assert np.abs(hot - original).max() > 100
    viewer.locator("#opacity").fill("20")
    assert 0 < np.abs(seen(viewer) - original).sum() < 0.5 * np.abs(hot - original).sum()
    viewer.keyboard.press("Escape")
    viewer.locator("#screen").focus()
    viewer.keyboard.press("3")
    np.testing.assert_array_equal(seen(viewer), original)
    viewer.keyboard.press("2")
    assert pressed(viewer, "Overlay")


def test_a_row_of_the_table_leads_to_its_region_and_out_again(viewer: Page) -> None:
    scale = viewer.evaluate(SCALE)
    button = viewer.get_by_role("button", name="Zoom to region 2")
    button.click()
    x, y = middle(viewer)
    left, top, right, bottom = map(
        float, (viewer.locator(".label[data-region='2']").get_attribute("data-bounds") or "").split()
    )
    assert viewer.evaluate(AT_POINTER, [x, y]) == pytest.approx([(left + right) / 2, (top + bottom) / 2], abs=0.5)
    assert viewer.evaluate(SCALE) > 1.5 * scale
    assert button.get_attribute("aria-pressed") == "true"
    assert "chosen" in (viewer.locator(".region[data-region='2']").get_attribute("class") or "")
    button.click()
    assert viewer.evaluate(SCALE) == pytest.approx(scale)
    assert button.get_attribute("aria-pressed") == "false"


def test_a_region_in_the_picture_marks_its_row(viewer: Page) -> None:
    box = viewer.locator(".region[data-region='1'] .line").bounding_box()
    assert box is not None
    viewer.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    row = viewer.locator("tr[data-region='1']")
    assert "near" in (row.get_attribute("class") or "")
    viewer.mouse.down()
    viewer.mouse.up()
    assert "chosen" in (row.get_attribute("class") or "")
    assert "chosen" not in (viewer.locator("tr[data-region='2']").get_attribute("class") or "")


def test_labels_lie_in_the_picture_and_not_on_each_other(viewer: Page) -> None:
    stage = viewer.locator("#screen").bounding_box()
    boxes = [label.bounding_box() for label in viewer.locator(".label:not([hidden]) .plate").all()]
    assert len(boxes) == 2
    first, second = (box for box in boxes if box and stage)
    apart = first["y"] + first["height"] <= second["y"] or second["y"] + second["height"] <= first["y"]
    assert apart or first["x"] + first["width"] <= second["x"] or second["x"] + second["width"] <= first["x"]
    assert stage
    for box in (first, second):
        assert stage["x"] <= box["x"]
        assert box["x"] + box["width"] <= stage["x"] + stage["width"] + 1


def test_keys_lead_through_the_worklist_and_are_listed(viewer: Page) -> None:
    here = viewer.url
    viewer.keyboard.press("?")
    assert viewer.get_by_role("dialog").is_visible()
    assert "next scan of the worklist" in viewer.get_by_role("dialog").inner_text()
    viewer.keyboard.press("Escape")
    position = viewer.get_by_text("by urgency").inner_text()
    viewer.keyboard.press("j")
    viewer.wait_for_url(lambda url: url != here)
    settle(viewer)
    assert int(viewer.get_by_text("by urgency").inner_text().split()[0]) == int(position.split()[0]) + 1
    viewer.keyboard.press("ArrowLeft")
    viewer.wait_for_url(here)


def test_the_open_list_of_keys_is_accessible(viewer: Page) -> None:
    viewer.keyboard.press("?")
    viewer.locator("details.types summary").first.dispatch_event("click")
    assert accessibility(viewer) == []


def test_two_fingers_zoom_where_they_are(browser: Browser, full: Installation) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = open_scan(context.new_page(), full, full.seeded.scans["two-findings"])
    page.locator("#screen").scroll_into_view_if_needed()
    x, y = middle(page)
    before, scale = page.evaluate(AT_POINTER, [x, y]), page.evaluate(SCALE)
    session = context.new_cdp_session(page)

    def touch(kind: str, half: float) -> None:
        points = [{"x": x - half, "y": y, "id": 1}, {"x": x + half, "y": y, "id": 2}] if half else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 30)
    for half in range(35, 95, 5):
        touch("touchMove", half)
    touch("touchEnd", 0)
    assert page.evaluate(SCALE) == pytest.approx(3 * scale, rel=0.1)
    assert math.dist(page.evaluate(AT_POINTER, [x, y]), before) < 3
    context.close()


def test_without_scripts_the_picture_its_outlines_and_the_table_are_there(browser: Browser, full: Installation) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(f"{full.address}/scans/{full.seeded.scans['two-findings']}", wait_until="networkidle")
    assert np.ptp(seen(page), axis=2).max() > 100
    assert page.locator("tr[data-region]").count() == 2
    assert page.get_by_role("link", name="The overlay as a picture").is_visible()
    assert not page.get_by_role("toolbar").is_visible()
    context.close()


def test_a_scan_that_waits_shows_by_itself_what_became_of_it(page: Page, full: Installation) -> None:
    listing = f"{full.address}/api/v1/batches/{full.seeded.batches['half']}/scans?state=queued&limit=1"
    scan_id = httpx.get(listing).json()["items"][0]["id"]
    open_scan(page, full, scan_id)
    assert page.get_by_text("Waiting for a worker").is_visible()
    httpx.post(f"{full.address}/api/v1/scans/{scan_id}/cancel").raise_for_status()
    page.get_by_role("heading", name="Cancelled before it was analysed").wait_for()
    assert page.get_by_role("button", name="Try again").is_visible()
