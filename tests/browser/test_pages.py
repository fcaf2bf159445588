"""Every page in every window and theme: nothing scrolls sideways, and axe-core finds nothing serious."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from gallery import spots
from looking import SERIOUS, Watch, accessibility, settle, too_wide
from playwright.sync_api import Page, expect

WIDTHS = (360, 390, 768, 1280, 2560)
PAGES = [
    *(("empty", name) for name in ("batches", "alerts", "system", "missing")),
    *(("full", f"batch{name}") for name in ("es", "-night", "-half", "-urgent")),
    *(("full", f"scan-{name}") for name in ("two-findings", "volume", "running")),
    *(("full", f"alert{name}") for name in ("s", "-digest", "-escalated", "-open", "-acknowledged")),
    *(("full", f"acknowledge-{name}") for name in ("open", "acknowledged", "digest", "broken")),
    *(("full", name) for name in ("system", "model-brain-mri")),
    *(("failing", f"batch{name}") for name in ("es", "-odd", "-rejected", "-nothing")),
    *(("failing", f"scan-{name}") for name in ("odd-long", "script-failed", "odd-rejected", "poison")),
    *(("failing", f"alert{name}") for name in ("s", "-open", "-digest")),
    ("locked", "login"),
]


@pytest.mark.parametrize(("variant", "name"), PAGES, ids=[f"{variant}-{name}" for variant, name in PAGES])
def test_a_page_fits_any_window_and_all_can_use_it(
    variant: str, name: str, installed: Callable, page: Page, watch: Watch
) -> None:
    installation = installed(variant)
    spot = next(spot for spot in spots(installation.seeded) if spot.name == name)
    watch.expected.add(spot.status)
    response = page.goto(installation.address + spot.path)
    assert response is not None
    assert response.status == spot.status
    settle(page)
    expect(page.get_by_text("Research use only").first).to_be_visible()
    assert accessibility(page, SERIOUS) == []
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        found[width] = too_wide(page)
    assert not any(found.values()), found
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="light")
    assert accessibility(page, SERIOUS) == []


def test_html_in_names_is_shown_as_text(installed: Callable, page: Page) -> None:
    failing = installed("failing")
    page.goto(f"{failing.address}/batches/{failing.seeded.batches['script']}")
    expect(page.get_by_role("heading", name="<script>alert('batch')</script>")).to_be_visible()
    expect(page.get_by_text("<script>alert('path')</script>/<img src=x onerror=alert(1)>.png")).to_be_visible()
    assert page.locator("img[src=x]").count() == 0


def test_the_theme_can_be_chosen_and_stays(installed: Callable, page: Page) -> None:
    page.goto(installed("empty").address)
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    button = page.locator("#theme")
    for _ in range(3):
        if page.locator("html[data-theme=light]").count():
            break
        button.click()
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert light != dark
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == light


def test_five_hundred_scans_make_a_page_of_bounded_weight(full, page: Page, watch: Watch) -> None:
    page.goto(f"{full.address}/batches/{full.seeded.batches['night']}", wait_until="load")
    timing = page.evaluate("performance.getEntriesByType('navigation')[0].toJSON()")
    assert page.locator("tbody tr").count() >= 50
    assert page.evaluate("document.querySelectorAll('*').length") < 4000
    assert len(watch.requests) < 80
    assert timing["decodedBodySize"] < 300_000
    assert timing["loadEventEnd"] < 5000  # on two busy cores; an idle machine needs a tenth of it
