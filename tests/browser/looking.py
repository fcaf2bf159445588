"""Looking at a page with a real browser: what it complains of, and what a reader would."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SERIOUS = frozenset({"serious", "critical"})
IMAGES_MS = 5000

SHOW_ALL = """async () => {
  const images = [...document.images];
  for (const image of images) image.loading = 'eager';
  const settled = image => image.complete || new Promise(done => {
    image.addEventListener('load', done); image.addEventListener('error', done);
  });
  await Promise.all(images.map(settled));
  await document.fonts.ready;
}"""

TOO_WIDE = """() => {
  const limit = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= limit) return [];
  const clips = element => getComputedStyle(element).overflowX !== 'visible';
  const clipped = element => {
    for (let up = element.parentElement; up && up !== document.body; up = up.parentElement) if (clips(up)) return true;
    return false;
  };
  const name = element => element.tagName.toLowerCase() + (element.id ? '#' + element.id : '')
    + [...element.classList].map(word => '.' + word).join('');
  return ['scrolls to ' + document.documentElement.scrollWidth + ' of ' + limit + ' px',
    ...[...document.body.querySelectorAll('*')]
      .filter(element => element.getBoundingClientRect().right > limit + 0.5 && !clipped(element))
      .map(name).slice(-5)];
}"""


def find_browser() -> str | None:
    """The system's Chromium or Chrome: none is downloaded."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


@contextmanager
def launched(executable: str) -> Iterator[Browser]:
    """A headless browser for the length of the block."""
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=[*options, "--disable-dev-shm-usage"])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watch:
    """Collects what goes wrong in a page from when it is attached.

    `expected` are statuses that are meant to come; 0 where a request is meant to get no answer.
    """

    page: Page
    expected: set[int] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @classmethod
    def attach(cls, page: Page, *expected: int) -> Watch:
        """Watch a page from now on."""
        watch = cls(page, set(expected))
        page.on("console", watch._console)
        page.on("pageerror", lambda error: watch.complaints.append(f"page error: {error}"))
        page.on("requestfailed", watch._failed)
        page.on("response", watch._response)
        page.on("request", lambda request: watch.requests.append(f"{request.method} {request.url}"))
        return watch

    def _console(self, message: ConsoleMessage) -> None:
        """Chromium reports violations of the policy here, too; failed loads come as responses anyway."""
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        """A page that is left cancels its requests: no fault."""
        if "ERR_ABORTED" not in (request.failure or "") and 0 not in self.expected:
            self.complaints.append(f"request failed: {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.complaints.append(f"{response.status}: {response.request.method} {response.url}")


def settle(page: Page) -> None:
    """Load what would load on scrolling, and let scripts have a turn."""
    page.evaluate(SHOW_ALL)
    page.wait_for_timeout(100)


def too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways; empty where it does not."""
    found: list[str] = page.evaluate(TOO_WIDE)
    return found


def accessibility(page: Page, impacts: frozenset[str] = SERIOUS) -> list[str]:
    """What axe-core finds of these impacts: rule, first elements, and what is wrong."""
    violations = Axe().run(page).response["violations"]
    return [
        f"axe {found['impact']}: {found['id']} ({len(found['nodes'])}x) {' | '.join(map(_node, found['nodes'][:3]))}"
        for found in violations
        if found["impact"] in impacts
    ]


def _node(node: dict[str, object]) -> str:
    """Selector and first message."""
    messages = [check["message"] for key in ("any", "all", "none") for check in node[key]]  # type: ignore[attr-defined]
    return f"{node['target']} {messages[0] if messages else ''}"


def photograph(page: Page, path: Path) -> None:
    """The whole page as a PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=True, animations="disabled")
