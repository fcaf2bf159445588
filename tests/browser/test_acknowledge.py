"""The link in a message: looking changes nothing, the button does."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from shared.database import Database
from shared.store.alerts import get_alert


def is_acknowledged(installation, alert_id: int) -> bool:
    database = Database(installation.stack.settings.database_address)
    with database.read() as session:
        alert = get_alert(session, alert_id)
    database.dispose()
    return alert.acknowledged_at is not None


def test_opening_the_link_does_not_acknowledge_and_the_button_does(full, page: Page) -> None:
    alert, link = full.seeded.alerts["other-spare"], full.address + full.seeded.links["other-spare"]
    page.goto(link)
    button = page.get_by_role("button", name="Acknowledge")
    expect(button).to_be_visible()
    page.reload()
    assert not is_acknowledged(full, alert)
    page.get_by_label("Your name").fill("Reader on call")
    button.click()
    expect(page.get_by_text("Acknowledged by")).to_be_visible()
    expect(page.get_by_text("Reader on call")).to_be_visible()
    assert is_acknowledged(full, alert)
    page.reload()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)


def test_a_link_that_was_changed_says_that_it_does_not_work(full, page: Page, watch) -> None:
    watch.expected.add(404)
    page.goto(full.address + full.seeded.links["open"] + "x")
    expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()
