"""A dozen synthetic slices and some broken files, analysed once by the real pipeline: what seeded scans show."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from models.analysis import Analysis
from models.pipeline import Pipeline, Source
from models.report import Status
from models.synthetic import LesionType, Level, SyntheticScan, draw_slice
from models.synthetic.broken import broken_files
from models.synthetic.encoding import ENCODINGS
from models.synthetic.volumes import draw_volume, nifti_bytes

PASTE_MARGIN = 25
"""Pixels around a lesion that come along with it."""

VOLUME = "volume.nii"
SLICES: tuple[tuple[str, int, LesionType | None], ...] = (
    ("dicom", 0, LesionType.GLIOMA),
    ("dicom", 3, LesionType.GLIOMA),
    ("png", 5, LesionType.GLIOMA),
    ("png", 2, LesionType.GLIOMA),
    ("dicom", 0, LesionType.MENINGIOMA),
    ("jpeg-turned", 3, LesionType.MENINGIOMA),
    ("dicom", 8, LesionType.MENINGIOMA),
    ("dicom", 1, LesionType.PITUITARY),
    ("png", 8, LesionType.PITUITARY),
    ("dicom", 0, None),
    ("png", 1, None),
)


@dataclass(frozen=True)
class Examples:
    """Analyses by how they ended, and the release of the model set that made them."""

    release: str
    engine: str
    done: tuple[Analysis, ...]
    rejected: tuple[Analysis, ...]


@cache
def analysed_examples() -> Examples:
    """The analyses, made on the first call; the same ones each time."""
    with tempfile.TemporaryDirectory() as name, Pipeline.load() as pipeline:
        analyses = list(pipeline.analyse(list(_sources(Path(name)))))
        release, engine = pipeline.release, pipeline.engine
    done = tuple(a for a in analyses if a.report.status is Status.DONE)
    rejected = tuple(a for a in analyses if a.report.status is Status.REJECTED)
    assert len(done) == len(SLICES) + 2
    assert rejected
    return Examples(release, engine, done, rejected)


def _sources(folder: Path) -> Iterator[Source]:
    for i, (encoding, seed, lesion) in enumerate(SLICES):
        yield _source(folder, f"slice-{i}", encoding, draw_slice(seed, lesion))
    yield _source(folder, "two-lesions", "dicom", two_lesions())
    (folder / VOLUME).write_bytes(nifti_bytes(draw_volume(3, count=20, thickness=9)))
    yield Source(VOLUME, folder / VOLUME)
    for name, content in broken_files(0).items():
        path = folder / name
        path.write_bytes(content)
        yield Source(name, path)


def _source(folder: Path, name: str, encoding: str, scan: SyntheticScan) -> Source:
    how = ENCODINGS[encoding]
    if how.bits == 16:
        scan = replace(scan, pixels=scan.pixels.astype(np.uint16) * 5)
    path = folder / f"{name}.{how.suffix}"
    path.write_bytes(how.encode(scan, how.stored(scan.pixels)))
    return Source(name, path)


def two_lesions(seed: int = 4) -> SyntheticScan:
    """One head with a glioma, and a meningioma pasted into it from the same head drawn with that."""
    base = draw_slice(seed, LesionType.GLIOMA, level=Level.VENTRICLES)
    other = draw_slice(seed, LesionType.MENINGIOMA, level=Level.VENTRICLES)
    around = np.ones((2 * PASTE_MARGIN + 1,) * 2, np.uint8)
    wanted = cv2.dilate(other.lesions[0].mask.astype(np.uint8), around)
    weight = cv2.GaussianBlur(wanted.astype(np.float32), (0, 0), PASTE_MARGIN / 4)
    mixed = base.pixels * (1 - weight) + other.pixels * weight
    return replace(base, pixels=mixed.astype(np.uint8), lesions=base.lesions + other.lesions)
