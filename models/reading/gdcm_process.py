"""GDCM in a process of its own: at some damaged streams it ends the process that it runs in.

It alone reads lossless JPEG and JPEG of 12 bits. The process is started with the first such picture, and kept.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset
from pydicom.pixels.utils import get_expected_length

DECODE_SECONDS = 60.0
_CHILD = Path(__file__).with_name("gdcm_child.py")
_PIECE = 1 << 20


class GdcmProcess:
    """One decoder at a time, for all threads; one that died or hung is replaced at the next picture."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def decode(self, layout: dict[str, Any], stream: bytes, length: int) -> bytes:
        """`length` bytes of plain pixels. Raises ValueError where the stream is damaged."""
        with self._lock:
            process = self._running()
            try:
                answer = _ask(process, layout, stream, length)
            except (OSError, EOFError, TimeoutError) as error:
                self._end(process)
                raise ValueError("its compressed pixels are damaged, so that the decoder gave up") from error
        if answer is None:
            raise ValueError("its compressed pixels are damaged")
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, str(_CHILD)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None


def decode_apart(header: Dataset, stream: bytes) -> bytes:
    """The plain pixels, native and little endian, of a compressed frame. Raises ValueError where it is damaged."""
    layout = {
        "syntax": str(header.file_meta.TransferSyntaxUID),
        "columns": int(header.Columns),
        "rows": int(header.Rows),
        "samples": int(header.SamplesPerPixel),
        "planar": int(header.get("PlanarConfiguration") or 0),
        "photometric": str(header.PhotometricInterpretation),
        "allocated": int(header.BitsAllocated),
        "stored": int(header.BitsStored),
        "signed": int(header.PixelRepresentation),
    }
    return _DECODER.decode(layout, stream, get_expected_length(header))


def _ask(process: subprocess.Popen[bytes], layout: dict[str, Any], stream: bytes, length: int) -> bytes | None:
    """What the process answers; None where it says that the stream is damaged."""
    assert process.stdin is not None  # noqa: S101 - for the type checker: both are pipes
    assert process.stdout is not None  # noqa: S101
    process.stdin.write(json.dumps({**layout, "length": len(stream)}).encode() + b"\n")
    process.stdin.write(stream)
    process.stdin.flush()
    until = time.monotonic() + DECODE_SECONDS
    pipe = process.stdout.fileno()  # not the buffer before it, which select() does not see
    if _read(pipe, 1, until) != b"+":
        return None
    return _read(pipe, length, until)


def _read(pipe: int, length: int, until: float) -> bytes:
    """Exactly `length` bytes. Raises EOFError where the process is gone, TimeoutError where it takes too long."""
    read = bytearray()
    while len(read) < length:
        if not select.select([pipe], [], [], max(0.0, until - time.monotonic()))[0]:
            raise TimeoutError
        piece = os.read(pipe, min(_PIECE, length - len(read)))
        if not piece:
            raise EOFError
        read += piece
    return bytes(read)


_DECODER = GdcmProcess()
