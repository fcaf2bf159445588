from __future__ import annotations

import hashlib
import os
import resource
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from shared.blobs import FolderBlobs
from shared.errors import BlobMissingError, BlobTooLargeError

HELLO = hashlib.sha256(b"hello").hexdigest()
ABSENT = "0" * 64


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path / "blobs", max_bytes=1000)


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_bytes_come_back_by_their_hash(blobs: FolderBlobs) -> None:
    assert blobs.put(b"hello") == HELLO
    assert blobs.has(HELLO)
    with blobs.open(HELLO) as file:
        assert file.read() == b"hello"


def test_a_file_lies_two_folders_deep_by_its_hash(blobs: FolderBlobs, tmp_path: Path) -> None:
    blobs.put(b"hello")
    assert blobs.path(HELLO) == tmp_path / "blobs" / HELLO[:2] / HELLO[2:4] / HELLO
    assert files_below(tmp_path) == [blobs.path(HELLO)]


def test_a_writer_hashes_what_it_is_given_in_parts(blobs: FolderBlobs) -> None:
    with blobs.writer() as writer:
        writer.write(b"hel")
        writer.write(b"lo")
        info = writer.commit()
    assert (info.sha256, info.size) == (HELLO, 5)
    assert blobs.path(HELLO).read_bytes() == b"hello"


def test_nothing_is_seen_before_the_commit(blobs: FolderBlobs) -> None:
    with blobs.writer() as writer:
        writer.write(b"hello")
        assert not blobs.has(HELLO)


def test_a_writer_that_is_left_without_commit_leaves_nothing(blobs: FolderBlobs, tmp_path: Path) -> None:
    with suppress(ConnectionResetError), blobs.writer() as writer:
        writer.write(b"hello")
        raise ConnectionResetError
    assert files_below(tmp_path) == []


def test_a_file_appears_only_when_it_is_on_the_disk(
    blobs: FolderBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        assert not blobs.has(HELLO)
        raise OSError("No space left on device")

    kept = blobs.path(blobs.put(b"other"))
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        blobs.put(b"hello")
    assert files_below(tmp_path) == [kept]


def test_a_file_that_a_full_disk_cuts_short_is_discarded_without_an_error_of_its_own(
    blobs: FolderBlobs, tmp_path: Path
) -> None:
    writer = blobs.writer()
    writer.write(b"hello")
    bounds = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, bounds[1]))
    try:
        with suppress(ConnectionResetError), writer:
            raise ConnectionResetError
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, bounds)
    assert files_below(tmp_path) == []


def test_each_new_folder_is_on_the_disk_before_a_file_counts_as_stored(
    blobs: FolderBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    place = blobs.path(blobs.put(b"hello"))
    folders = [folder for folder in place.parents if folder.is_relative_to(tmp_path)]
    assert {path.stat().st_ino for path in [place, *folders]} <= set(synced)
    assert all(folder.stat().st_mode & 0o077 == 0 for folder in folders)


def test_a_file_of_the_greatest_size_is_taken_and_one_byte_more_is_not(blobs: FolderBlobs, tmp_path: Path) -> None:
    kept = blobs.put(b"x" * 1000)
    writer = blobs.writer()
    writer.write(b"x" * 1000)
    with pytest.raises(BlobTooLargeError):
        writer.write(b"x")
    assert files_below(tmp_path) == [blobs.path(kept)]


def test_an_empty_file_is_a_file(blobs: FolderBlobs) -> None:
    assert blobs.path(blobs.put(b"")).read_bytes() == b""


def test_the_missing_ones_are_named_once_each_in_order(blobs: FolderBlobs) -> None:
    blobs.put(b"hello")
    assert blobs.missing(["f" * 64, HELLO, ABSENT, "f" * 64]) == ["f" * 64, ABSENT]


@pytest.mark.parametrize("sha256", [ABSENT, "", "../" * 21 + "x", HELLO.upper(), HELLO + "\n", "/etc/passwd"])
def test_what_is_no_hash_of_a_file_is_missing(blobs: FolderBlobs, sha256: str) -> None:
    blobs.put(b"hello")
    assert not blobs.has(sha256)
    with pytest.raises(BlobMissingError) as caught:
        blobs.path(sha256)
    assert caught.value.sha256 == sha256
    with pytest.raises(BlobMissingError):
        blobs.open(sha256)


def test_the_same_bytes_written_at_the_same_time_are_stored_once(blobs: FolderBlobs, tmp_path: Path) -> None:
    threads = [threading.Thread(target=blobs.put, args=(b"hello",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert files_below(tmp_path) == [blobs.path(HELLO)]
    assert blobs.path(HELLO).read_bytes() == b"hello"


def test_the_store_is_private_to_its_owner(blobs: FolderBlobs) -> None:
    path = blobs.path(blobs.put(b"hello"))
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_only_old_leftovers_of_a_crash_are_removed(blobs: FolderBlobs, tmp_path: Path) -> None:
    assert blobs.remove_leftovers(0) == 0
    kept = blobs.put(b"hello")
    crashed, running = blobs.writer(), blobs.writer()
    crashed.write(b"half a fi")
    oldest = min(files_below(tmp_path / "blobs" / "incoming"))
    os.utime(oldest, (0, 0))
    assert blobs.remove_leftovers(3600) == 1
    assert not oldest.exists()
    assert len(files_below(tmp_path / "blobs" / "incoming")) == 1
    assert blobs.has(kept)
    running.discard()
    crashed.discard()
