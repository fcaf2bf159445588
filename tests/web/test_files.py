"""Finding the files to submit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from web.client.files import LeftOut, LocalFile, Skipped, common_folder, find_files


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with scans, and things that are none."""
    folder = tmp_path / "scans"
    for name in ("b.png", "a.png", "ward/2.dcm", "ward/10.dcm", ".hidden.png", ".git/config"):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode())
    return folder


def names(*paths: Path) -> list[str]:
    """The names of the files to submit."""
    return [item.name for item in find_files(paths) if isinstance(item, LocalFile)]


def skipped(*paths: Path) -> dict[str, str]:
    """The names of the files that are not, with the reasons."""
    return {item.name: item.reason for item in find_files(paths) if isinstance(item, Skipped)}


def test_a_folder_is_walked_in_order_without_hidden_files(tree: Path) -> None:
    assert names(tree) == ["a.png", "b.png", "ward/10.dcm", "ward/2.dcm"]
    assert skipped(tree) == {}


def test_a_file_tells_its_size(tree: Path) -> None:
    (file,) = find_files([tree / "a.png"])
    assert file == LocalFile(tree / "a.png", "a.png", 5)


def test_several_folders_keep_their_names_apart(tree: Path) -> None:
    other = tree.parent / "other"
    other.mkdir()
    (other / "a.png").write_bytes(b"x")
    assert names(tree, other / "a.png") == ["other/a.png", *[f"scans/{name}" for name in names(tree)]]
    assert common_folder([tree, other]) == tree.parent


def test_a_file_named_twice_is_found_once(tree: Path) -> None:
    assert names(tree / "a.png", tree / "a.png", tree / ".." / "scans" / "a.png") == ["a.png"]
    assert len(names(tree, tree / "a.png")) == 4


def test_links_inside_are_followed_and_links_that_leave_are_reported(tree: Path) -> None:
    (tree.parent / "secret").write_bytes(b"x")
    (tree / "inside.png").symlink_to(tree / "a.png")
    (tree / "outside.png").symlink_to(tree.parent / "secret")
    (tree / "loop").symlink_to(tree)
    assert "inside.png" in names(tree)
    assert set(skipped(tree)) == {"outside.png", "loop"}


def test_what_cannot_be_submitted_is_reported(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    (tree / "dangling.png").symlink_to(tree / "nothing")
    Path(os.fsdecode(os.fsencode(tree) + b"/bad\xff.png")).write_bytes(b"x")
    (tree / "new\nline.png").write_bytes(b"x")
    reasons = skipped(tree)
    assert reasons["pipe"] == "This is not a regular file."
    assert "No such file" in reasons["dangling.png"]
    assert "Unicode" in reasons["bad\ufffd.png"]
    assert "control character" in reasons["new\nline.png"]
    assert len(names(tree)) == 4


def left_out(*paths: Path, everything: bool = False) -> dict[str, str]:
    """The names of the files that a directory holds beside its scans, with their kinds."""
    return {item.name: item.kind for item in find_files(paths, everything) if isinstance(item, LeftOut)}


def test_what_can_be_no_scan_is_left_out_of_a_folder_and_nothing_else(tree: Path) -> None:
    for name in ("report.PDF", "ward/notes.txt", "table.csv", "page.html"):
        (tree / name).write_bytes(b"x")
    for name in ("nothing", "lost.jpg", "lost.dcm"):
        (tree / name).touch()
    (tree / "IM0001").write_bytes(b"x")
    kinds = {"report.PDF": ".pdf", "ward/notes.txt": ".txt", "table.csv": ".csv", "page.html": ".html"}
    assert left_out(tree) == kinds | {"nothing": "empty"}
    assert {"lost.jpg", "lost.dcm", "IM0001"} <= set(names(tree))
    assert left_out(tree, everything=True) == {}


def test_a_file_that_is_named_is_never_left_out(tree: Path) -> None:
    for name in ("a.txt", "z.txt"):
        (tree / name).write_bytes(b"x")
    assert names(tree / "z.txt") == ["z.txt"]
    assert left_out(tree, tree / "z.txt") == {"scans/a.txt": ".txt"}
    assert "scans/z.txt" in names(tree, tree / "z.txt")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_files_that_cannot_be_read_are_reported(tree: Path) -> None:
    (tree / "a.png").chmod(0)
    (tree / "ward").chmod(0)
    assert set(skipped(tree)) == {"a.png", "ward"}
    (tree / "ward").chmod(0o700)
