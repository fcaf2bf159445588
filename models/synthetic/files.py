"""A directory of synthetic scans in all formats, a few broken files, and the truth about them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import cv2
import numpy as np

from models.geometry import Box
from models.report import Kind
from models.synthetic.broken import broken_files
from models.synthetic.encoding import ENCODINGS, Encoding
from models.synthetic.kinds import generate_scan
from models.synthetic.scan import SyntheticScan

BROKEN_FOLDER = "broken-on-purpose"
TRUTH_FILE = ".truth.json"
"""Hidden, so that submitting the directory does not submit the answers."""


@dataclass(frozen=True)
class TrueLesion:
    """A lesion in stored pixels of the file."""

    label: str
    box: Box


@dataclass(frozen=True)
class WrittenFile:
    """A file by its name relative to the directory; broken ones have no lesions and are to be rejected."""

    name: str
    lesions: tuple[TrueLesion, ...] = ()
    broken: bool = False


def write_scans(
    folder: Path, count: int, seed: int = 0, broken: bool = True, kinds: Sequence[Kind] = (Kind.BRAIN_MRI,)
) -> tuple[WrittenFile, ...]:
    """Write `count` scans into `folder`, and broken files into a sub-folder.

    `kinds` come in turns, over and over; scan i depends on its kind, on seed and on i alone.
    The truth goes into `TRUTH_FILE`: name -> {"broken": bool, "lesions": [{"label", "box"}]}.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = [*_write_scans(folder, count, seed, kinds), *(_write_broken(folder, seed) if broken else ())]
    truth = {
        file.name: {"broken": file.broken, "lesions": [{"label": t.label, "box": t.box} for t in file.lesions]}
        for file in written
    }
    (folder / TRUTH_FILE).write_text(json.dumps(truth, indent=1))
    return tuple(written)


def _write_scans(folder: Path, count: int, seed: int, kinds: Sequence[Kind]) -> Iterator[WrittenFile]:
    for i, encoding, kind in zip(range(count), cycle(ENCODINGS.values()), cycle(kinds), strict=False):
        scan = generate_scan(kind, seed * 1_000_003 + i, encoding.bits)
        name = f"scan-{i + 1:04}.{encoding.suffix}"
        (folder / name).write_bytes(encoding.encode(scan, encoding.stored(scan.pixels)))
        yield WrittenFile(name, _true_lesions(scan, encoding))


def _true_lesions(scan: SyntheticScan, encoding: Encoding) -> tuple[TrueLesion, ...]:
    masks = (encoding.stored(lesion.mask) for lesion in scan.lesions)
    return tuple(
        TrueLesion(lesion.label, (x, y, x + width, y + height))
        for lesion, (x, y, width, height) in zip(scan.lesions, map(_bounds, masks), strict=True)
    )


def _bounds(mask: np.ndarray) -> tuple[int, int, int, int]:
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return x, y, width, height


def _write_broken(folder: Path, seed: int) -> Iterator[WrittenFile]:
    (folder / BROKEN_FOLDER).mkdir(exist_ok=True)
    for file_name, content in broken_files(seed).items():
        name = f"{BROKEN_FOLDER}/{file_name}"
        (folder / name).write_bytes(content)
        yield WrittenFile(name, broken=True)
