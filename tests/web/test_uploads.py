"""Multipart bodies become blobs while they arrive."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.blobs import FolderBlobs
from web.problems import ProblemError
from web.uploads import ReceivedFile, receive_files

BOUNDARY = b"boundary"
MAX_BYTES = 64 * 1024 * 1024


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    """A store for files of up to 64 MB."""
    return FolderBlobs(tmp_path / "blobs", MAX_BYTES)


@pytest.fixture
def blob_files(tmp_path: Path) -> Callable[[], list[Path]]:
    """A function that lists all files in the store, half ones too."""
    return lambda: [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


def part(name: str, data: bytes, field: str = "files") -> bytes:
    """One part of a form."""
    head = f'--boundary\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
    return head.encode() + data + b"\r\n"


def receive(blobs: FolderBlobs, body: bytes, max_files: int = 10) -> list[ReceivedFile]:
    """Receive a whole body."""
    return list(receive_files(io.BytesIO(body), BOUNDARY, blobs, max_files))


class Zeros(io.RawIOBase):
    """A long body that is made while it is read: a part with a header and `size` zeros."""

    def __init__(self, size: int) -> None:
        self.pieces = [part("big.dcm", b"")[:-2], b"\r\n--boundary--\r\n"]
        self.left = size

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size`."""
        if len(self.pieces) == 2:
            return self.pieces.pop(0)
        if self.left:
            count = min(size, self.left)
            self.left -= count
            return bytes(count)
        return self.pieces.pop() if self.pieces else b""


def test_files_arrive_whole_with_their_hashes(blobs: FolderBlobs) -> None:
    data = bytes(range(256)) * 5000 + b"\r\n--boundary is not the end"
    received = receive(blobs, part("a/b.dcm", data) + part("c.png", b"") + b"--boundary--\r\n")
    assert [file.path for file in received] == ["a/b.dcm", "c.png"]
    assert received[0].blob is not None
    assert received[0].blob.sha256 == hashlib.sha256(data).hexdigest()
    assert blobs.path(received[0].blob.sha256).read_bytes() == data


def test_a_large_file_does_not_fill_the_memory(blobs: FolderBlobs) -> None:
    tracemalloc.start()
    received = list(receive_files(Zeros(40 * 1024 * 1024), BOUNDARY, blobs, 10))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert received[0].blob is not None
    assert received[0].blob.size == 40 * 1024 * 1024
    assert peak < 3 * 1024 * 1024


def test_a_file_that_is_too_large_is_refused_and_its_neighbours_are_kept(
    tmp_path: Path, blob_files: Callable[[], list[Path]]
) -> None:
    small = FolderBlobs(tmp_path / "blobs", 1000)
    body = part("a", b"a" * 1000) + part("b", b"b" * 1001) + part("c", b"c") + b"--boundary--\r\n"
    received = receive(small, body)
    assert [file.error is None for file in received] == [True, False, True]
    assert "larger than" in str(received[1].error)
    assert len(blob_files()) == 2


def test_a_file_with_a_bad_name_is_refused_and_its_neighbours_are_kept(blobs: FolderBlobs) -> None:
    received = receive(blobs, part("../a", b"a") + part("b", b"b") + b"--boundary--\r\n")
    assert received[0].blob is None
    assert "leaves its folder" in str(received[0].error)
    assert received[1].blob is not None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (part("a", b"a" * 300_000), 422),  # ends in the middle
        (b"no form at all", 422),
        (b"", 422),
        (b"--boundary--\r\n", 422),
        (part("a", b"", field="other") + b"--boundary--\r\n", 422),
        (b'--boundary\r\nContent-Disposition: form-data; name="files"\r\n\r\nx\r\n--boundary--\r\n', 422),
        (b"--boundary\r\nX: " + b"x" * 2_000_000, 413),
        (part("a", b"a") * 11 + b"--boundary--\r\n", 413),
    ],
)
def test_a_body_that_is_no_such_form_is_refused_and_leaves_no_half_blob(
    blobs: FolderBlobs, blob_files: Callable[[], list[Path]], body: bytes, status: int
) -> None:
    with pytest.raises(ProblemError) as caught:
        receive(blobs, body)
    assert caught.value.status == status
    assert all(len(path.name) == 64 for path in blob_files())
