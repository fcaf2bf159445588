from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from looking import Watch, accessibility, too_wide
from playwright.sync_api import BrowserContext, Page, expect
from uploading import ODD, Uploader, add_file, arrived, kill_server, make_folder, newest, server, settled, stored

from shared.stack import Stack

if TYPE_CHECKING:
    from conftest import Opened


@pytest.fixture(scope="module")
def served(opened: Opened, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One server for all: no two tests upload the same bytes."""
    opened.browser()
    with server(tmp_path_factory.mktemp("upload") / "data", max_file_mb=1) as stack:
        yield stack


@pytest.fixture
def upload(page: Page, served: Stack) -> Uploader:
    uploader = Uploader(page, served)
    uploader.open()
    return uploader


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return tmp_path / "Study 7"


def test_a_folder_arrives_whole_and_its_batch_is_closed(upload: Uploader, study: Path) -> None:
    files = make_folder(study, 57)
    for name in ODD:
        files |= add_file(study, name, name.encode())
    upload.choose(study)
    upload.start()
    upload.finish(60)
    batch = newest(upload.stack)
    assert (batch["name"], batch["priority"], batch["state"]) == ("Study 7", "routine", "closed")
    assert arrived(upload.stack) == files
    upload.page.get_by_role("link", name="Open the batch").click()
    assert upload.page.url == f"{upload.stack.address}/batches/{batch['id']}"


def test_a_folder_dropped_on_the_page_arrives_under_the_name_and_priority_given(upload: Uploader, study: Path) -> None:
    files = make_folder(study, 130)
    upload.drag("dragEnter", study)
    expect(upload.page.get_by_text("Drop the folder to upload")).to_be_visible()
    upload.drop(study)
    expect(upload.page.get_by_text("Drop the folder to upload")).to_be_hidden()
    upload.page.get_by_label("Name of the batch").fill("Ward 3")
    upload.page.get_by_label("Urgent: before all routine scans").check()
    upload.start()
    upload.finish(130)
    batch = newest(upload.stack)
    assert (batch["name"], batch["priority"]) == ("Ward 3", "urgent")
    assert arrived(upload.stack) == files


def test_files_dropped_without_a_folder_keep_their_names(upload: Uploader, study: Path) -> None:
    files = add_file(study, "one.png", b"1") | add_file(study, "two.png", b"2")
    upload.drop(study / "one.png", study / "two.png")
    upload.start()
    upload.finish(2)
    assert arrived(upload.stack) == files


def test_what_the_system_made_is_left_out_and_what_is_too_large_refused_before_it_is_sent(
    upload: Uploader, watch: Watch, study: Path
) -> None:
    files = make_folder(study, 3)
    add_file(study, ".DS_Store", b"x")
    add_file(study, "series-2/Thumbs.db", b"x")
    add_file(study, ".git/config", b"x")
    add_file(study, "series-2/huge.dcm", bytes(2**20 + 1))
    upload.choose(study)
    upload.sees("left out: 3 hidden or system files")
    upload.sees(r"huge\.dcm")
    upload.sees("over the limit of 1.0 MB a file")
    assert not [request for request in watch.requests if request.startswith("POST")]
    upload.start()
    upload.finish(3)
    assert arrived(upload.stack) == files
    upload.sees("1 file not taken")


def test_a_restart_of_the_server_is_waited_for_and_nothing_is_lost(upload: Uploader, watch: Watch, study: Path) -> None:
    watch.expected |= {0, 502, 503}
    files = make_folder(study, size=20_000)
    upload.slow_down()
    upload.choose(study)
    upload.start()
    upload.progressed(10)
    kill_server(upload.stack)
    upload.sees("The server does not answer.*Nothing is lost")
    upload.stack.tend()
    upload.slow_down(-1)
    upload.finish(60)
    assert arrived(upload.stack) == files
    assert newest(upload.stack)["state"] == "closed"


def test_a_folder_chosen_again_after_the_tab_was_closed_goes_on_where_it_was(
    upload: Uploader, context: BrowserContext, study: Path
) -> None:
    files = make_folder(study, size=20_000)
    let_through(upload.page, 2)
    upload.choose(study)
    upload.start()
    upload.progressed(20)
    upload.page.close()
    begun, before = newest(upload.stack), settled(upload.stack, files)
    assert 20 <= len(before) < 60  # the browser may let go of what was held up when its page closes
    page = context.new_page()
    again = Watch.attach(page)
    second = Uploader(page, upload.stack)
    second.open()
    second.choose(study)
    second.start()
    second.finish(60)
    sent, known = second.figures
    assert (sent + known, known >= len(before)) == (60, True)
    assert newest(upload.stack)["id"] == begun["id"]
    assert arrived(upload.stack) == files
    assert not again.complaints


def test_another_folder_of_the_same_names_and_sizes_gets_a_batch_of_its_own(
    upload: Uploader, context: BrowserContext, tmp_path: Path
) -> None:
    make_folder(tmp_path / "patient-1" / "export", size=20_000)
    upload.slow_down()
    upload.choose(tmp_path / "patient-1" / "export")
    upload.start()
    upload.progressed(1)
    begun = newest(upload.stack)
    upload.page.close()
    files = make_folder(tmp_path / "patient-2" / "export", size=20_000)
    second = Uploader(context.new_page(), upload.stack)
    second.open()
    second.choose(tmp_path / "patient-2" / "export")
    second.start()
    second.finish(60)
    assert newest(upload.stack)["id"] > begun["id"]
    assert arrived(upload.stack) == files


def test_a_folder_that_the_server_has_is_not_sent_again(upload: Uploader, watch: Watch, study: Path) -> None:
    files = make_folder(study)
    taken: set[int] = set()
    for _ in range(2):
        upload.choose(study)
        upload.start()
        upload.finish(60)
        sent = [request for request in watch.requests if request.endswith("/files")]
        assert len(sent) == 6
        upload.button("Upload more").click()
        taken.add(newest(upload.stack)["id"])
    assert len(taken) == 2
    assert arrived(upload.stack) == files


def test_two_tabs_with_the_same_folder_are_both_done(
    upload: Uploader, watch: Watch, context: BrowserContext, study: Path
) -> None:
    watch.expected.add(409)
    files = make_folder(study, size=20_000)
    upload.slow_down()
    upload.choose(study)
    upload.start()
    upload.progressed(10)
    page = context.new_page()
    watched = Watch.attach(page)
    fast = Uploader(page, upload.stack)
    fast.open()
    fast.choose(study)
    fast.start()
    fast.finish(60)
    begun = newest(upload.stack)
    upload.finish(60)
    assert newest(upload.stack)["id"] == begun["id"]
    assert arrived(upload.stack) == files
    assert not watched.complaints


def test_a_paused_upload_sends_nothing_until_it_goes_on(upload: Uploader, study: Path) -> None:
    files = make_folder(study, size=20_000)
    upload.slow_down()
    upload.choose(study)
    upload.start()
    upload.progressed(10)
    upload.button("Pause").click()
    upload.sees("paused")
    before = settled(upload.stack, files)
    upload.page.wait_for_timeout(1500)
    assert stored(upload.stack, files) == before
    upload.slow_down(-1)
    upload.button("Go on").click()
    upload.finish(60)
    assert arrived(upload.stack) == files


def test_leaving_the_page_is_warned_of_only_while_an_upload_runs(upload: Uploader, study: Path) -> None:
    make_folder(study, size=20_000)
    warnings: list[str] = []
    upload.page.on("dialog", lambda dialog: (warnings.append(dialog.type), dialog.dismiss()))
    upload.slow_down()
    upload.choose(study)
    upload.start()
    upload.progressed(1)
    upload.page.get_by_role("link", name="OncoQueue").click()
    upload.sees("uploading")
    assert warnings == ["beforeunload"]
    upload.slow_down(-1)
    upload.finish(60)
    upload.page.get_by_role("link", name="OncoQueue").click()
    expect(upload.button("Choose a folder")).to_be_visible()
    assert warnings == ["beforeunload"]


@pytest.mark.parametrize(
    ("choice", "shown", "cancelled"),
    [("Stop, and keep what is there", "^Stopped: ", False), ("Stop, and cancel the batch", "is cancelled", True)],
)
def test_an_upload_can_be_stopped(upload: Uploader, study: Path, choice: str, shown: str, cancelled: bool) -> None:
    make_folder(study, size=20_000)
    upload.slow_down()
    upload.choose(study)
    upload.start()
    upload.progressed(10)
    upload.button("Cancel").click()
    upload.button(choice).click()
    upload.sees(shown)
    batch = newest(upload.stack)
    assert batch["state"] == "closed"
    assert 10 <= batch["total"] < 60
    assert batch["counts"]["cancelled"] == (batch["total"] if cancelled else 0)


def test_the_upload_can_be_steered_by_keyboard_alone(upload: Uploader, study: Path) -> None:
    make_folder(study, size=20_000)
    upload.slow_down()
    upload.choose(study)
    keys = upload.page.keyboard
    keys.press("Enter")
    upload.progressed(1)
    keys.press("Tab")
    expect(upload.button("Pause")).to_be_focused()
    keys.press("Enter")
    upload.sees("paused")
    keys.press("Tab")
    expect(upload.button("Go on")).to_be_focused()
    upload.slow_down(-1)
    keys.press("Enter")
    upload.finish(60)
    keys.press("Tab")
    expect(upload.page.get_by_role("link", name="Open the batch")).to_be_focused()


def test_a_batch_that_was_closed_meanwhile_is_followed_by_a_new_one(
    upload: Uploader, watch: Watch, study: Path
) -> None:
    watch.expected.add(409)
    files = make_folder(study, size=20_000)
    upload.slow_down()
    upload.choose(study)
    upload.start()
    upload.progressed(10)
    begun = newest(upload.stack)
    httpx.post(f"{upload.stack.address}/api/v1/batches/{begun['id']}/close", trust_env=False).raise_for_status()
    upload.sees("is closed")
    upload.slow_down(-1)
    upload.button("Go on in a new batch").click()
    upload.finish(60)
    assert arrived(upload.stack) == files


def test_a_file_that_is_changed_under_way_is_refused_alone(upload: Uploader, watch: Watch, study: Path) -> None:
    watch.expected.add(0)
    files = make_folder(study, size=20_000)
    upload.slow_down()
    upload.choose(study)
    changed = sorted(files)[-1]
    upload.start()
    upload.progressed(10)
    (study / changed).unlink()
    upload.slow_down(-1)
    upload.finish(59)
    upload.sees("changed, moved or deleted")
    assert arrived(upload.stack).keys() == files.keys() - {changed}


def test_two_thousand_files_leave_the_page_responsive(upload: Uploader, tmp_path: Path) -> None:
    many = tmp_path / "many"
    make_folder(many, 2000, 200)
    upload.page.evaluate(
        """() => {
          window.gaps = [];
          let last = performance.now();
          setInterval(() => { const now = performance.now(); window.gaps.push(now - last); last = now; }, 20);
        }"""
    )
    upload.drop(many)
    upload.start()
    upload.finish(2000, 120_000)
    gaps = sorted(upload.page.evaluate("window.gaps"))
    assert gaps[int(len(gaps) * 0.99)] < 200
    assert gaps[-1] < 1000
    assert newest(upload.stack)["total"] == 2000


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_that_cannot_be_read_is_said(upload: Uploader, study: Path) -> None:
    make_folder(study, 3)
    (study / "series-2").chmod(0)
    upload.drop(study)
    upload.sees("cannot be read")


def test_without_an_encrypted_connection_the_page_says_what_to_do(page: Page, served: Stack) -> None:
    page.add_init_script("Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined })")
    upload = Uploader(page, served)
    upload.open()
    upload.sees("needs an encrypted connection")
    expect(upload.button("Choose a folder")).to_be_hidden()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_state_of_an_upload_fits_a_phone_and_can_be_used_by_all(
    upload: Uploader, study: Path, theme: str
) -> None:
    page = upload.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    make_folder(study, size=20_000)
    add_file(study, "series-2/" + "a-very-long-name-" * 8 + ".dcm", bytes(2**20 + 1))
    seen = [looked(page)]
    upload.slow_down()
    upload.choose(study)
    seen.append(looked(page))
    upload.start()
    upload.progressed(1)
    seen.append(looked(page))
    upload.button("Pause").click()
    seen.append(looked(page))
    upload.button("Cancel").click()
    seen.append(looked(page))
    upload.button("Stop, and keep what is there").click()
    upload.sees("Stopped:")
    seen.append(looked(page))
    assert seen == [[]] * 6


def looked(page: Page) -> list[str]:
    return [*too_wide(page), *accessibility(page)]


def let_through(page: Page, requests: int) -> None:
    """Let so many requests with files reach the server, and hold the others up."""
    left = iter(range(requests))
    page.route("**/files", lambda route: route.continue_() if next(left, None) is not None else None)
