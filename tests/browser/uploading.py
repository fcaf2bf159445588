"""Folders to upload, a server to upload them to, and hands for the upload's controls."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from gallery import web_alone
from playwright.sync_api import Locator, Page, expect

from shared.blobs import FolderBlobs
from shared.settings import Settings
from shared.stack import Stack, running_stack

NESTED = ("series-1/axial", "series-1/coronal", "series-2")
ODD = ('it\'s a "quote" 100%22 & (more).png', "Größe/日本語 スキャン.dcm", "a+b;c=d,e.png")
WAIT_MS = 30_000
SLOW = 60 * 1024
"""Bytes a second."""


@contextmanager
def server(folder: Path, **given: object) -> Iterator[Stack]:
    """A web server on an empty data folder, and nothing that would work on the scans; ten files a request."""
    settings = Settings.model_validate({"data_dir": folder, "port": 0, "max_files_per_request": 10, **given})
    with running_stack(settings, web_alone) as stack:
        yield stack


def make_folder(folder: Path, files: int = 60, size: int = 2000) -> dict[str, str]:
    """A folder of files of about `size` bytes, all different; gives the SHA-256 of each by its path."""
    hashes: dict[str, str] = {}
    for i in range(files):
        data = (f"{i:06} of {folder} ".encode() * (size // 8 + 1))[: size + i]
        hashes |= add_file(folder, f"{NESTED[i % len(NESTED)]}/slice-{i:04}.png", data)
    return hashes


def add_file(folder: Path, path: str, data: bytes) -> dict[str, str]:
    """A file more; gives the SHA-256 by its path."""
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return {path: hashlib.sha256(data).hexdigest()}


class Uploader:
    """The upload on the batches page, by what a reader sees of it."""

    def __init__(self, page: Page, stack: Stack) -> None:
        self.page = page
        self.stack = stack
        self.root = page.locator("#upload")

    def open(self) -> None:
        """Go to the page."""
        self.page.goto(f"{self.stack.address}/")

    def choose(self, folder: Path) -> None:
        """Choose a folder by the button's input, and wait for the form."""
        expect(self.button("Choose a folder")).to_be_visible(timeout=WAIT_MS)
        self.page.set_input_files("#upload-folder", folder)
        expect(self.button("Upload")).to_be_visible(timeout=WAIT_MS)

    def drag(self, kind: str, *paths: Path) -> None:
        """A drag of the desktop: dragEnter, dragOver or drop. Playwright itself can only make drags within a page."""
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        session = self.page.context.new_cdp_session(self.page)
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 300, "data": data})
        session.detach()

    def drop(self, *paths: Path) -> None:
        """Drop files or folders onto the page, and wait for the form."""
        for kind in ("dragEnter", "dragOver", "drop"):
            self.drag(kind, *paths)
        expect(self.button("Upload")).to_be_visible(timeout=WAIT_MS)

    def slow_down(self, bytes_a_second: int = SLOW) -> None:
        """Let bytes leave the browser no faster than this; -1 lifts it."""
        session = self.page.context.new_cdp_session(self.page)
        conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_a_second}
        session.send("Network.emulateNetworkConditions", conditions)

    def button(self, name: str) -> Locator:
        """A button by its whole name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def start(self) -> None:
        """Press Upload."""
        self.button("Upload").click()

    def sees(self, text: str, timeout: float = WAIT_MS) -> None:
        """Wait until the text is there."""
        expect(self.root.get_by_text(re.compile(text)).first).to_be_visible(timeout=timeout)

    def finish(self, files: int, timeout: float = 60_000) -> None:
        """Wait for the end of an upload of so many files."""
        self.sees(rf"^{files:,} files? submitted", timeout)

    def progressed(self, least: int) -> None:
        """Wait until so many files are through."""
        self.page.wait_for_function(
            "least => parseInt(document.querySelector('[data-show=progress]').textContent) >= least", arg=least
        )

    @property
    def figures(self) -> tuple[int, int]:
        """How many files were uploaded, and how many the server had, as the end says."""
        text = self.root.locator("[data-show=after]").inner_text()
        uploaded, known = re.findall(r"([\d,]+)(?= files? uploaded| the server had)", text)
        return int(uploaded.replace(",", "")), int(known.replace(",", ""))


def newest(stack: Stack) -> dict[str, Any]:
    """The newest batch, as the API gives it."""
    return dict(_get(stack, "/batches?limit=1")["items"][0])


def arrived(stack: Stack) -> dict[str, str]:
    """The SHA-256 of each scan of the newest batch by its path."""
    batch_id = newest(stack)["id"]
    found: dict[str, str] = {}
    after = ""
    while True:
        page = _get(stack, f"/batches/{batch_id}/scans?limit=200{after}")
        found |= {scan["path"]: scan["sha256"] for scan in page["items"]}
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"


def stored(stack: Stack, files: dict[str, str]) -> set[str]:
    """The hashes of those files whose bytes are in the store."""
    return {path.name for path in stack.settings.blob_dir.rglob("*") if path.is_file()} & set(files.values())


def settled(stack: Stack, files: dict[str, str]) -> set[str]:
    """What is stored once the server is done with the requests that were under way."""
    while True:
        before = stored(stack, files)
        unfinished = [path for path in stack.settings.blob_dir.rglob("*") if path.is_file() and len(path.name) != 64]
        time.sleep(0.5)
        if not unfinished and stored(stack, files) == before:
            return before


def kill_server(stack: Stack) -> None:
    """SIGKILL for the web process. What it was writing will never be finished, so that goes, as housekeeping does."""
    next(child for child in stack.children if child.part.name == "web").kill()
    FolderBlobs(stack.settings.blob_dir, stack.settings.max_file_bytes).remove_leftovers(0)


def _get(stack: Stack, path: str) -> dict[str, Any]:
    return dict(json.loads(httpx.get(f"{stack.address}/api/v1{path}", trust_env=False).raise_for_status().content))
