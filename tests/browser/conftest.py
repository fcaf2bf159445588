"""The system's Chromium, and seeded installations to look at: opened once, closed when this folder's tests are over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from gallery import installation
from looking import Watch, find_browser, launched
from playwright.sync_api import Browser, BrowserContext, Page, expect
from seed import Seeded, Variant

from shared.settings import Settings
from shared.stack import Stack, running_stack

HERE = Path(__file__).parent
WAIT_MS = 15_000
MISSING = "no Chromium or Chrome on PATH: install the package 'chromium' to run the browser tests"


@dataclass(frozen=True)
class Installation:
    """A running web server on seeded content."""

    stack: Stack
    seeded: Seeded

    @property
    def address(self) -> str:
        """The URL of the web server, without a slash at its end."""
        return self.stack.address


class Opened:
    """What the tests of this folder share: opened when first asked for."""

    def __init__(self, folder: Callable[[str], Path]) -> None:
        self._folder = folder
        self._exits = ExitStack()
        self._browser: Browser | None = None
        self._installations: dict[Variant, Installation] = {}
        self._live: Stack | None = None

    def browser(self) -> Browser:
        """The browser; skips the test where the system has none."""
        executable = find_browser()
        if executable is None:
            pytest.skip(MISSING)
        self._browser = self._browser or self._exits.enter_context(launched(executable))
        return self._browser

    def installation(self, variant: Variant) -> Installation:
        """The web server on a seeded data folder."""
        if variant not in self._installations:
            opened = self._exits.enter_context(installation(variant, self._folder("seeded")))
            self._installations[variant] = Installation(*opened)
        return self._installations[variant]

    def live(self) -> Stack:
        """A whole stack, workers and all, on an empty data folder."""
        if self._live is None:
            settings = Settings(data_dir=self._folder("live") / "data", port=0, sweep_seconds=1)
            self._live = self._exits.enter_context(running_stack(settings))
        return self._live

    def close(self) -> None:
        """Stop it all; what is asked for later is opened anew."""
        self._exits.close()
        self._browser, self._live = None, None
        self._installations.clear()


OPENED = pytest.StashKey[Opened]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Close all after the last test here: Playwright keeps an event loop running, and other tests count processes."""
    try:
        yield
    finally:
        if (nextitem is None or HERE not in nextitem.path.parents) and OPENED in item.config.stash:
            item.config.stash[OPENED].close()


@pytest.fixture(scope="session")
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """What is open."""
    expect.set_options(timeout=WAIT_MS)
    found = request.config.stash[OPENED] = Opened(tmp_path_factory.mktemp)
    yield found
    found.close()


@pytest.fixture
def browser(opened: Opened) -> Browser:
    """The system's Chromium, headless."""
    return opened.browser()


@pytest.fixture
def installed(browser: Browser, opened: Opened) -> Callable[[str], Installation]:
    """A function that gives the installation of a variant."""
    return lambda variant: opened.installation(Variant(variant))


@pytest.fixture
def empty(installed: Callable[[str], Installation]) -> Installation:
    """An installation without a scan."""
    return installed("empty")


@pytest.fixture
def full(installed: Callable[[str], Installation]) -> Installation:
    """An installation with 500 scans in one batch, and others at work."""
    return installed("full")


@pytest.fixture
def failing(installed: Callable[[str], Installation]) -> Installation:
    """An installation with odd names and failures."""
    return installed("failing")


@pytest.fixture
def locked(installed: Callable[[str], Installation]) -> Installation:
    """An installation where everybody logs in."""
    return installed("locked")


@pytest.fixture
def stack(browser: Browser, opened: Opened) -> Stack:
    """A live stack that analyses what is submitted."""
    return opened.live()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A window of 1280 x 800 in dark, with cookies and storage of its own."""
    found = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="dark")
    found.set_default_timeout(WAIT_MS)
    yield found
    found.close()


@pytest.fixture
def watch(context: BrowserContext) -> Iterator[Watch]:
    """What the page complains of; a test adds to `expected` the statuses that it provokes. Fails the test otherwise."""
    found = Watch.attach(context.new_page())
    yield found
    assert not found.complaints


@pytest.fixture
def page(watch: Watch) -> Page:
    """A page whose errors fail the test."""
    return watch.page
