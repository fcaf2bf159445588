"""Where everybody logs in: nothing is seen before, the page that was wanted comes after, and logging out ends it."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from seed import ACCOUNT, PASSWORD


def log_in(page: Page, password: str) -> None:
    page.get_by_label("Name").fill(ACCOUNT)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_without_a_login_every_page_leads_to_it(locked, page: Page) -> None:
    for path in ("/", "/alerts", "/system", "/batches/1"):
        page.goto(locked.address + path)
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_a_wrong_password_is_refused_and_the_right_one_leads_on(locked, page: Page, watch, context) -> None:
    watch.expected.add(401)
    page.goto(f"{locked.address}/alerts")
    log_in(page, "not the password")
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    assert not any("session" in cookie["name"] and "user" in cookie["value"] for cookie in context.cookies())
    log_in(page, PASSWORD)
    expect(page).to_have_url(f"{locked.address}/alerts")
    assert all(cookie["httpOnly"] for cookie in context.cookies())
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
