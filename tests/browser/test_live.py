"""A whole stack: a batch that is submitted while a page is open is seen to finish, though the server goes away."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from models.synthetic import write_scans
from shared.demo import client_environment
from shared.processes import wait_until
from shared.stack import Stack, own_command, web_answers

SCANS = 12
FINISH_MS = 60_000


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scans")
    write_scans(folder, SCANS, seed=5, broken=False)
    return folder


def submit(stack: Stack, folder: Path) -> None:
    command = [*own_command("submit"), str(folder), "--name", "Watched"]
    subprocess.run(command, env=client_environment(stack), check=True, capture_output=True, timeout=60)


def test_a_batch_appears_and_finishes_without_a_reload(stack: Stack, page: Page, scans: Path) -> None:
    page.goto(stack.address)
    page.evaluate("window.stayed = true")
    expect(page.get_by_text("No batches yet")).to_be_visible()
    submit(stack, scans)
    line = page.get_by_role("row", name=re.compile("Watched"))
    expect(line).to_be_visible(timeout=FINISH_MS)
    expect(line).to_contain_text("finished", timeout=FINISH_MS)
    expect(line).to_contain_text(f"{SCANS} of {SCANS} done")
    assert page.evaluate("window.stayed")
    line.get_by_role("link", name="Watched").click()
    expect(page.locator("tbody tr")).to_have_count(SCANS)
    first = page.locator("tbody tr").first
    first.locator("img").scroll_into_view_if_needed()
    expect(first.locator("img")).to_have_js_property("complete", True)
    assert first.locator("img").evaluate("image => image.naturalWidth") > 0


def test_a_server_that_goes_away_is_noticed_and_comes_back(stack: Stack, page: Page, watch, scans: Path) -> None:
    watch.expected |= {0, 502, 503}
    page.goto(stack.address)
    web = next(child for child in stack.children if child.part.name == "web")
    os.killpg(web.process.pid, signal.SIGKILL)
    connection = page.locator("#connection")
    expect(connection).to_contain_text("Connection lost", timeout=40_000)
    stack.tend()
    assert wait_until(lambda: web_answers(stack.settings), 30)
    expect(connection).to_be_empty(timeout=40_000)
