"""The upload where everybody logs in: forged requests are told from ours, and a login that ends loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from looking import Watch
from playwright.sync_api import BrowserContext, Page, expect
from seed import ACCOUNT, PASSWORD
from uploading import Uploader, make_folder

from shared.database import Database
from shared.states import Scope
from shared.store.accounts import add_account, set_password
from web.access.passwords import Passwords

if TYPE_CHECKING:
    from conftest import Installation


def log_in(page: Page, address: str, name: str = ACCOUNT) -> None:
    page.goto(f"{address}/login")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Batches", exact=True)).to_be_visible(timeout=30_000)


def change_accounts(locked: Installation, change: Callable[..., object], *arguments: object) -> None:
    database = Database(locked.stack.settings.database_address)
    with database.write() as session:
        change(session, *arguments)
    database.dispose()


def test_an_upload_outlasts_its_login(
    locked: Installation, page: Page, watch: Watch, context: BrowserContext, tmp_path: Path
) -> None:
    watch.expected |= {401, 403}
    make_folder(tmp_path / "study", 450, 3000)
    log_in(page, locked.address)
    upload = Uploader(page, locked.stack)
    upload.slow_down()
    upload.choose(tmp_path / "study")
    upload.start()
    upload.progressed(1)
    change_accounts(locked, set_password, ACCOUNT, Passwords().hash(PASSWORD))  # ends all logins
    upload.sees("You are no longer logged in")
    with context.expect_page() as opening:
        page.get_by_role("link", name="Log in (opens another tab)").click()
    log_in(opening.value, locked.address)
    upload.slow_down(-1)
    upload.button("Try again").click()
    upload.finish(450)


def test_who_may_only_read_is_offered_no_upload(locked: Installation, page: Page) -> None:
    change_accounts(locked, add_account, "onlooker", Passwords().hash(PASSWORD), {Scope.READ})
    log_in(page, locked.address, "onlooker")
    expect(page.locator("#upload")).to_have_count(0)
