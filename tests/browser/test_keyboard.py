"""All by keyboard: the way past the navigation, through it, to the most urgent scan, and to an acknowledged alert."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect


def focused(page: Page) -> str:
    text: str = page.evaluate("document.activeElement.textContent.trim()")
    return text


def tab_to(page: Page, text: str, most: int = 40) -> None:
    """Press Tab until what has this text is focused."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if re.search(text, focused(page)):
            return
    raise AssertionError(f"{text!r} cannot be reached by Tab; the last was {focused(page)!r}")


def test_the_first_stop_leads_past_the_navigation(full, page: Page) -> None:
    page.goto(full.address)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_the_sections_are_reached_by_tab(empty, page: Page) -> None:
    page.goto(empty.address)
    for name, path in (("Alerts", "/alerts"), ("System", "/system"), ("Batches", "/")):
        tab_to(page, f"^{name}")
        page.keyboard.press("Enter")
        expect(page).to_have_url(empty.address + path)
        expect(page.locator("nav [aria-current=page]")).to_contain_text(name)


def test_what_is_focused_can_be_seen(full, page: Page) -> None:
    page.goto(full.address)
    tab_to(page, "^System")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"


def test_j_and_enter_open_the_most_urgent_scan(full, page: Page) -> None:
    page.goto(f"{full.address}/batches/{full.seeded.batches['night']}")
    first = page.locator("tbody .row-link").first.get_attribute("href")
    page.keyboard.press("j")
    expect(page.locator("tbody .row-link").first).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("tbody .row-link").nth(1)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{full.address}{first}")
    expect(page.locator("img").first).to_be_visible()


def test_an_alert_is_acknowledged_by_keyboard(full, page: Page) -> None:
    page.goto(f"{full.address}/alerts/{full.seeded.alerts['spare']}")
    tab_to(page, "^Acknowledge")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("acknowledged by", re.IGNORECASE)).first).to_be_visible()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)


def test_a_reader_of_a_scan_gets_to_its_alert_and_back_to_the_worklist(full, page: Page) -> None:
    alerts = page.request.get(f"{full.address}/api/v1/alerts?show=open").json()["items"]
    scan = next(alert for alert in alerts if alert["kind"] == "at once")
    page.goto(f"{full.address}/scans/{scan['scan_id']}")
    page.keyboard.press("a")
    expect(page.get_by_role("button", name=f"Acknowledge alert {scan['id']}", exact=True)).to_be_focused()
    page.keyboard.press("u")
    expect(page).to_have_url(f"{full.address}/batches/{scan['batch_id']}#scan-{scan['scan_id']}")
