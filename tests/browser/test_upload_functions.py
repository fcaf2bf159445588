"""The upload's functions that need no page, called in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from conftest import Installation

Call = Callable[..., Any]


@pytest.fixture
def call(page: Page, empty: Installation) -> Call:
    """A function that calls one that a module exports."""
    page.goto(f"{empty.address}/")

    def run(module: str, name: str, *arguments: object) -> Any:
        script = "async ([path, name, given]) => (await import(path))[name](...given)"
        return page.evaluate(script, [f"/static/upload/{module}.js", name, list(arguments)])

    return run


def files(*sizes: int) -> list[dict[str, object]]:
    return [{"path": f"{i}.png", "size": size} for i, size in enumerate(sizes)]


def test_groups_are_bounded_by_files_and_by_bytes(call: Call) -> None:
    def sizes(*given: object) -> list[list[int]]:
        return [[file["size"] for file in group] for group in call("groups", "groups", *given)]

    assert sizes(files(1, 1, 1, 1, 1), 2, 100) == [[1, 1], [1, 1], [1]]
    assert sizes(files(60, 40, 1, 500, 1), 9, 100) == [[60, 40], [1], [500], [1]]
    assert sizes([], 9, 100) == []


def test_the_client_key_tells_folders_apart_that_differ_in_anything(page: Page, call: Call) -> None:
    call("words", "bytes", 1)
    script = """async ([folder, priority, files]) => {
      const { clientKey } = await import('/static/upload/key.js');
      const given = files.map(([path, content, lastModified]) => {
        const file = new File([content], path, { lastModified });
        return { path, size: file.size, file };
      });
      return clientKey(folder, priority, given);
    }"""

    def key(folder: str, priority: str, *given: tuple[str, str, int]) -> str:
        return str(page.evaluate(script, [folder, priority, list(given)]))

    first = key("export", "routine", ("1.dcm", "patient 1", 7), ("2.dcm", "x", 7))
    assert key("export", "routine", ("1.dcm", "patient 1", 7), ("2.dcm", "x", 7)) == first
    others = [
        key("other", "routine", ("1.dcm", "patient 1", 7), ("2.dcm", "x", 7)),
        key("export", "urgent", ("1.dcm", "patient 1", 7), ("2.dcm", "x", 7)),
        key("export", "routine", ("1.dcm", "patient 2", 7), ("2.dcm", "x", 7)),
        key("export", "routine", ("1.dcm", "patient 1", 8), ("2.dcm", "x", 7)),
        key("export", "routine", ("1.dcm", "patient 1", 7), ("3.dcm", "x", 7)),
        key("export", "routine", ("1.dcm", "patient 1", 7)),
    ]
    assert len({first, *others}) == 7
    assert len(first) == 64


@pytest.mark.parametrize(
    ("path", "size", "part"),
    [
        ("a/b.dcm", 100, None),
        ("größe/スキャン 'x' \"y\".dcm", 100, None),
        ("a.dcm", 101, "over the limit of 100 bytes a file"),
        ("a\nb.dcm", 1, "control character"),
        ("a\\b.dcm", 1, "backslash"),
        ("C:x.dcm", 1, "drive letter"),
        ("x" * 1025, 1, "longer than 1024 characters"),
        ("ス" * 700, 1, "longer than 2000 bytes"),
    ],
)
def test_a_file_that_the_server_would_refuse_is_refused_first(
    call: Call, path: str, size: int, part: str | None
) -> None:
    reason = call("sieve", "objection", path, size, 100)
    assert reason is None if part is None else part in reason


@pytest.mark.parametrize(
    ("path", "clutter"),
    [(".DS_Store", True), ("a/.git/b", True), ("a/THUMBS.db", True), ("__MACOSX/a.dcm", True), ("a/b.c.dcm", False)],
)
def test_what_the_system_made_is_told_from_scans(call: Call, path: str, clutter: bool) -> None:
    assert call("sieve", "isClutter", path) is clutter


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1023 bytes"),
        (1024, "1.0 KB"),
        (2**20 - 1, "1.0 MB"),
        (256 * 2**20, "256 MB"),
    ],
)
def test_bytes_are_shown_in_the_units_of_the_settings(call: Call, size: int, text: str) -> None:
    assert call("words", "bytes", size).replace(",", "") == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(3, "a few seconds"), (41, "about 50 s"), (61, "about 2 min"), (5400, "about 1.5 h")]
)
def test_a_time_left_is_rounded_up(call: Call, seconds: float, text: str) -> None:
    assert call("words", "about", seconds) == text


def test_the_time_left_follows_the_last_seconds_and_is_unknown_where_nothing_moves(page: Page, call: Call) -> None:
    call("words", "bytes", 1)
    left = page.evaluate(
        """async () => {
          const { Pace } = await import('/static/upload/pace.js');
          const pace = new Pace();
          const seen = [pace.secondsLeft];
          for (let t = 0; t <= 10; t += 1) pace.note(t, t / 100, t * 1000);
          seen.push(pace.secondsLeft, pace.rate);
          for (let t = 11; t <= 40; t += 1) pace.note(t, 0.1, 10000);
          return [...seen, pace.secondsLeft, pace.rate];
        }"""
    )
    assert left == [None, pytest.approx(90), pytest.approx(1000), None, None]


def test_the_answer_of_the_server_is_told_in_its_own_words(page: Page, call: Call) -> None:
    call("words", "bytes", 1)
    told = page.evaluate(
        """async () => {
          const { errorFor } = await import('/static/upload/errors.js');
          const tell = (...given) => {
            const error = errorFor(...given);
            return [error.constructor.name, error.message, error.after ?? null];
          };
          const detail = JSON.stringify({ detail: 'No.', errors: [{ where: 'body.name', message: 'too long' }] });
          return [tell(422, detail, null), tell(503, '{"detail": "Away."}', '5'), tell(502, '<html>', null)];
        }"""
    )
    assert told == [
        ["RefusedError", "No. body.name: too long", None],
        ["AwayError", "Away.", 5],
        ["AwayError", "The server answered with status 502.", 0],
    ]


def test_a_folder_of_very_many_files_is_walked(page: Page, call: Call) -> None:
    call("words", "bytes", 1)
    found = page.evaluate(
        """async () => {
          const { dropped } = await import('/static/upload/walk.js');
          const files = Array.from({ length: 200_000 }, (_, i) => ({
            fullPath: `/top/${i}`, isDirectory: false, file: (resolve) => resolve({ size: 1 }),
          }));
          const parts = [files, []];
          const top = {
            name: 'top', fullPath: '/top', isDirectory: true,
            createReader: () => ({ readEntries: (resolve) => resolve(parts.shift()) }),
          };
          const transfer = { items: [{ kind: 'file', webkitGetAsEntry: () => top }] };
          const walked = await dropped(transfer, () => {}, new AbortController().signal);
          return [walked.folder, walked.found.length, walked.unreadable.length];
        }"""
    )
    assert found == ["top", 200_000, 0]


def test_a_walk_that_fails_is_said_on_the_page(page: Page, call: Call) -> None:
    call("words", "bytes", 1)
    page.evaluate(
        """async () => {
          const { Upload } = await import('/static/upload/upload.js');
          const { View } = await import('/static/upload/view.js');
          const upload = new Upload(new View(document.getElementById('upload')), null, { file: 1, request: 1 });
          const broken = { isDirectory: false, get fullPath() { throw new RangeError('Too much.'); } };
          upload.take({ items: [{ kind: 'file', webkitGetAsEntry: () => broken }] });
        }"""
    )
    expect(page.locator("#upload [data-show=remark]")).to_contain_text("cannot be read: Too much.")
