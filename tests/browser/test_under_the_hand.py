"""What a page that looks again does to somebody who is about to press something: nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count

import pytest
from conftest import Installation
from examples import analysed_examples
from gallery import installation
from looking import Watch
from playwright.sync_api import Browser, Locator, Page, Route, expect
from seed import Content, Filler, Seeded, Variant

from shared.alerting.rules import Policy, Rule, Target
from shared.blobs import FolderBlobs
from shared.database import Database
from shared.store.alerts import acknowledge, get_alert, list_alerts
from shared.store.batches import cancel_batch, close_batch, get_batch

POLLED_MS = 12_000

MORPH = """async ([before, after]) => {
  const { morph } = await import("/static/morph.js");
  const made = html => Object.assign(document.createElement("div"), { innerHTML: html });
  const old = made(before);
  const nodes = new Map([...old.querySelectorAll("[data-was]")].map(node => [node, node.dataset.was]));
  morph(old, made(after));
  return [old.innerHTML, [...old.querySelectorAll("*")].map(node => nodes.get(node) ?? null)];
}"""
"""What becomes of HTML, and for each element of it which one it was before, by `data-was`."""


LOUD = Policy((Rule(name="all", min_urgency=0, at_once_urgency=0, send=(Target("folder", "default"),)),))
"""Each scan with a finding has an alert of its own."""


class Ward:
    """An installation in which scans are read while pages are open."""

    def __init__(self, found: Installation) -> None:
        settings = found.stack.settings
        self.address = found.address
        self.database = Database(settings.database_address)
        self._numbers = count()
        self._content = Content(FolderBlobs(settings.blob_dir, settings.max_file_bytes), analysed_examples())

    def add(self, scans: int, read: int) -> int:
        """A batch of so many scans, of which so many are read, each with an alert; gives its id."""
        with self.database.write() as session:
            filler = Filler(session, self._content, Seeded(Variant.EMPTY))
            name = f"Ward {next(self._numbers)}"  # other files in each, which have other results
            batch = filler.batch(name, name, [f"{number}.dcm" for number in range(scans)])
            filler.end(filler.take(batch, read), self._content.found, LOUD)
            return batch.id

    def raise_alert(self) -> int:
        """An urgent scan; gives the id of its alert."""
        self.add(1, 1)
        with self.database.read() as session:
            return list_alerts(session).items[0].id

    def acknowledge(self, alert_id: int) -> None:
        """Somebody else does."""
        with self.database.write() as session:
            acknowledge(session, alert_id, "somebody.else@hospital.example")

    def is_open(self, alert_id: int) -> bool:
        """Whether nobody has acknowledged it."""
        with self.database.read() as session:
            return get_alert(session, alert_id).acknowledged_at is None


@pytest.fixture(scope="module")
def ward(browser_found: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with installation(Variant.EMPTY, tmp_path_factory.mktemp("ward")) as (stack, seeded):
        found = Ward(Installation(stack, seeded))
        yield found
        found.database.dispose()


@pytest.fixture(scope="module")
def browser_found(opened) -> Browser:  # skips where there is none, before anything is started
    found: Browser = opened.browser()
    return found


def acknowledging(page: Page, alert_id: int) -> Locator:
    return page.locator(f"#acknowledge-{alert_id}")


def look_again(page: Page) -> None:
    """As when somebody comes back to the tab."""
    with page.expect_response(lambda response: response.request.resource_type == "fetch"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def under(page: Page, place: dict[str, float]) -> str:
    found: str = page.evaluate("([x, y]) => document.elementFromPoint(x, y).closest('[id]').id", list(place.values()))
    return found


def middle(target: Locator) -> dict[str, float]:
    box = target.bounding_box()
    assert box is not None
    return {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}


def test_a_new_alert_does_not_change_what_the_focused_button_acknowledges(ward: Ward, page: Page) -> None:
    seen = ward.raise_alert()
    page.goto(f"{ward.address}/alerts")
    acknowledging(page, seen).focus()
    new = ward.raise_alert()
    expect(page.get_by_role("button", name="1 new alert")).to_be_visible(timeout=POLLED_MS)
    page.keyboard.press("Enter")
    expect(acknowledging(page, seen)).to_have_count(0)
    assert (ward.is_open(seen), ward.is_open(new)) == (False, True)


def test_a_list_does_not_move_under_the_pointer_and_shows_news_when_asked(ward: Ward, page: Page) -> None:
    seen = ward.raise_alert()
    page.goto(f"{ward.address}/alerts")
    place = middle(acknowledging(page, seen))
    page.mouse.move(**place)
    new = ward.raise_alert()
    button = page.get_by_role("button", name="1 new alert")
    expect(button).to_be_visible(timeout=POLLED_MS)
    expect(page.locator("#held[role=status]")).to_contain_text("1 new alert")
    assert under(page, place) == f"acknowledge-{seen}"
    assert middle(acknowledging(page, seen)) == place
    button.click()
    expect(acknowledging(page, new)).to_be_visible()
    expect(page.locator(f"#alert-{new} .row-link")).to_be_focused()
    expect(button).to_have_count(0)


def test_news_come_by_themselves_once_the_list_is_left(ward: Ward, page: Page) -> None:
    seen = ward.raise_alert()
    page.goto(f"{ward.address}/alerts")
    page.mouse.move(**middle(acknowledging(page, seen)))
    new = ward.raise_alert()
    expect(page.get_by_role("button", name="1 new alert")).to_be_visible(timeout=POLLED_MS)
    page.mouse.move(5, 5)
    expect(acknowledging(page, new)).to_be_visible()
    expect(page.locator("#held")).to_be_empty()


def test_a_button_whose_alert_somebody_else_acknowledged_leaves_the_focus_with_its_row(ward: Ward, page: Page) -> None:
    seen = ward.raise_alert()
    page.goto(f"{ward.address}/alerts?show=all")
    acknowledging(page, seen).focus()
    ward.acknowledge(seen)
    expect(acknowledging(page, seen)).to_have_count(0, timeout=POLLED_MS)
    expect(page.locator(f"#alert-{seen} .row-link")).to_be_focused()


def test_close_does_not_become_cancel_under_focus_or_pointer(ward: Ward, page: Page) -> None:
    batch_id = ward.add(5, 2)
    page.goto(f"{ward.address}/batches/{batch_id}")
    button = page.get_by_role("button", name="Close batch")
    place = middle(button)
    button.focus()
    with ward.database.write() as session:
        close_batch(session, batch_id)
    look_again(page)
    page.mouse.move(**place)
    look_again(page)
    assert page.evaluate("document.activeElement.id") == "close-batch"
    assert under(page, place) == "close-batch"
    page.keyboard.press("Enter")
    expect(page.get_by_text("The batch is closed")).to_be_visible()
    with ward.database.read() as session:
        assert get_batch(session, batch_id).counts.cancelled == 0


def test_cancelling_asks_with_the_number_of_scans(ward: Ward, page: Page) -> None:
    batch_id = ward.add(6, 2)
    page.goto(f"{ward.address}/batches/{batch_id}")
    page.get_by_role("link", name="Cancel 4 unfinished").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Scans to cancel: 4")
    expect(dialog.get_by_role("button", name="Keep them")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    with ward.database.read() as session:
        assert get_batch(session, batch_id).counts.cancelled == 0
    page.get_by_role("link", name="Cancel 4 unfinished").click()
    dialog.get_by_role("button", name="Cancel 4 unfinished").click()
    expect(page.get_by_text("4 scans cancelled")).to_be_visible()


def test_a_finished_worklist_learns_that_its_alert_was_acknowledged(ward: Ward, page: Page) -> None:
    alert_id = ward.raise_alert()
    with ward.database.write() as session:
        batch_id = get_alert(session, alert_id).batch_id
        cancel_batch(session, batch_id)
        close_batch(session, batch_id)
    page.goto(f"{ward.address}/batches/{batch_id}")
    expect(page.locator("tbody")).to_contain_text("alert not acknowledged")
    ward.acknowledge(alert_id)
    look_again(page)
    expect(page.locator("tbody")).to_contain_text("alert acknowledged")


@pytest.mark.parametrize("path", ["/system", "/scans/1", "/batches/1/cancel", "/"])
def test_every_page_keeps_the_badge_fresh(ward: Ward, page: Page, path: str) -> None:
    ward.raise_alert()
    page.goto(ward.address + path)
    badge = page.locator("#open-alerts .badge")
    before = int(re.sub(r"\D", "", badge.inner_text()))
    ward.raise_alert()
    look_again(page)
    expect(badge).to_contain_text(str(before + 1))


def test_a_scan_page_learns_that_its_alert_was_acknowledged(ward: Ward, page: Page) -> None:
    alert_id = ward.raise_alert()
    with ward.database.read() as session:
        scan_id = get_alert(session, alert_id).scan_id
    page.goto(f"{ward.address}/scans/{scan_id}")
    expect(page.locator("#told")).to_contain_text("not acknowledged yet")
    page.evaluate("window.stayed = true")
    ward.acknowledge(alert_id)
    look_again(page)
    expect(page.locator("#told")).to_contain_text("by somebody.else@hospital.example")
    expect(page.locator("#history")).to_contain_text("alert acknowledged")
    assert page.evaluate("window.stayed")


@pytest.mark.parametrize(
    ("before", "after", "was"),
    [
        ('<p id="a" data-was="a"></p>', '<p id="b"></p><p id="a"></p>', [None, "a"]),
        ('<p id="a" data-was="a"></p>', '<p id="b"></p>', [None]),
        ('<a href="/1" data-was="1">x</a>', '<a href="/2">x</a>', [None]),
        ('<form action="/1" data-was="1"></form>', '<form action="/2"></form>', [None]),
        ('<button formaction="/1" data-was="1">x</button>', '<button formaction="/1">y</button>', ["1"]),
        ('<button id="a" formaction="/1" data-was="1">x</button>', '<button id="a" formaction="/2">x</button>', [None]),
        ('<p data-was="p">x</p>', "<p>y</p>", ["p"]),
    ],
)
def test_a_node_stays_itself_or_goes(
    empty: Installation, page: Page, before: str, after: str, was: list[str | None]
) -> None:
    page.goto(empty.address)
    html, found = page.evaluate(MORPH, [before, after])
    assert (html, found) == (after, was)


def test_what_a_reader_opened_stays_open(empty: Installation, page: Page) -> None:
    page.goto(empty.address)
    opened = '<details open="" data-was="d"><summary>x</summary></details>'
    html, _ = page.evaluate(MORPH, [opened, opened.replace(' open="" data-was="d"', "")])
    assert "<details open" in html


FAULTS: list[tuple[dict[str, str], int]] = [
    ({"Retry-After": "Mon, 23 Nov 2026 10:30:00 GMT"}, 503),
    ({"Retry-After": "0"}, 200),
]


@pytest.mark.parametrize(("headers", "status"), FAULTS)
def test_whatever_the_server_says_it_is_not_asked_more_than_once_a_second(
    empty: Installation, page: Page, watch: Watch, headers: dict[str, str], status: int
) -> None:
    watch.expected.add(status)
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=status, headers=headers, body="")

    page.route("**/batches/live*", answer)
    page.goto(empty.address)
    page.wait_for_timeout(5500)
    assert 1 <= len(asked) <= 5


def test_a_page_of_a_scan_says_that_the_login_ended(ward: Ward, page: Page, watch: Watch) -> None:
    watch.expected.add(401)
    page.goto(f"{ward.address}/scans/1")
    page.route("**/scans/1/live", lambda route: route.fulfill(status=401, body=""))
    look_again(page)
    expect(page.locator("#connection")).to_contain_text("Your login has ended")
