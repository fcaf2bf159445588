"""Slices of a volume as pictures: NIfTI files and InVesalius projects, as packages carry them."""

from __future__ import annotations

import gzip
import math
import plistlib
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

_NIFTI_TYPES: dict[int, np.dtype] = {
    2: np.dtype("u1"),
    4: np.dtype("<i2"),
    16: np.dtype("<f4"),
    64: np.dtype("<f8"),
    512: np.dtype("<u2"),
}
_NIFTI_HEADER = 352
LEAST_SIDE = 64
CT_WINDOWS = ((40, 80), (40, 160), (50, 350), (500, 2000), (-400, 1500))
"""(centre, width) in Hounsfield units: brain, subdural, soft tissue, bone, lung."""


def read_nifti(path: Path) -> np.ndarray:
    """The first volume (x, y, z) of a little-endian NIfTI-1 file, packed or not. Raises ValueError for other types."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        content = file.read()
    shape = tuple(int(n) for n in np.frombuffer(content, "<i2", 3, 42))
    code = int(np.frombuffer(content, "<i2", 1, 70)[0])
    if code not in _NIFTI_TYPES:
        raise ValueError(f"{path.name} holds values of NIfTI type {code}, which is not read")
    values = np.frombuffer(content, _NIFTI_TYPES[code], math.prod(shape), _NIFTI_HEADER)
    return values.reshape(shape, order="F")


def read_invesalius(path: Path) -> np.ndarray:
    """The volume (z, y, x) of an InVesalius project (.inv3), in Hounsfield units where it is a CT."""
    with tarfile.open(path) as archive:
        members = {Path(m.name).name: m for m in archive.getmembers()}
        facts = plistlib.load(_opened(archive, members["main.plist"]))["matrix"]
        content = _opened(archive, members[facts["filename"]]).read()
    return np.frombuffer(content, np.dtype(facts["dtype"])).reshape(facts["shape"])


def _opened(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    file = archive.extractfile(member)
    if file is None:
        raise ValueError(f"{member.name} is no file")
    return file


def planes(volume: np.ndarray, step: int) -> Iterator[np.ndarray]:
    """Every `step`-th slice along each of the three axes, without the outer fifth; none from a thin slab's side."""
    for axis in (a for a in range(3) if min(np.delete(volume.shape, a)) >= LEAST_SIDE):
        length = volume.shape[axis]
        for index in range(length // 5, length - length // 5, step):
            yield np.rot90(volume.take(index, axis))


def to_grey(values: np.ndarray) -> np.ndarray:
    """uint8, stretched between the extremes but for a thousandth on either side."""
    low, high = np.percentile(values, (0.1, 99.9))
    return np.asarray(np.clip((values - low) / max(float(high - low), 1e-6), 0, 1) * 255, np.uint8)


def windowed(values: np.ndarray, centre: float, width: float) -> np.ndarray:
    """Hounsfield units as uint8 through a display window."""
    return np.asarray(np.clip((values - centre) / width + 0.5, 0, 1) * 255, np.uint8)
