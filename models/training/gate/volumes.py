"""Slices of a volume as pictures: NIfTI and NRRD files and InVesalius projects, as packages carry them."""

from __future__ import annotations

import gzip
import math
import plistlib
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import cv2
import numpy as np

_NIFTI_TYPES: dict[int, np.dtype] = {
    2: np.dtype("u1"),
    4: np.dtype("<i2"),
    8: np.dtype("<i4"),
    16: np.dtype("<f4"),
    64: np.dtype("<f8"),
    512: np.dtype("<u2"),
}
_NIFTI_HEADER = 352
_NRRD_TYPES = {"short": np.dtype("<i2")}
LEAST_SIDE = 64


@dataclass(frozen=True, eq=False)
class Volume:
    """values along three axes, and the millimetres from one to the next along each."""

    values: np.ndarray
    spacing: tuple[float, ...]


def read_nifti(path: Path) -> Volume:
    """The first volume (x, y, z) of a little-endian NIfTI-1 file, packed or not. Raises ValueError for other types."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        content = file.read()
    shape = tuple(int(n) for n in np.frombuffer(content, "<i2", 3, 42))
    code = int(np.frombuffer(content, "<i2", 1, 70)[0])
    if code not in _NIFTI_TYPES:
        raise ValueError(f"{path.name} holds values of NIfTI type {code}, which is not read")
    values = np.frombuffer(content, _NIFTI_TYPES[code], math.prod(shape), _NIFTI_HEADER)
    spacing = tuple(float(s) for s in np.frombuffer(content, "<f4", 3, 80))
    return Volume(values.reshape(shape, order="F"), spacing)


def read_nrrd(path: Path) -> Volume:
    """The volume (x, y, z) of an NRRD file of one piece, gzipped. Raises ValueError for other types."""
    header, _, packed = path.read_bytes().partition(b"\n\n")
    fields = dict(re.findall(r"^([\w ]+): (.+)$", header.decode("latin-1"), re.MULTILINE))
    if fields["type"] not in _NRRD_TYPES or fields["encoding"] != "gzip":
        raise ValueError(f"{path.name} holds {fields['type']} as {fields['encoding']}, which is not read")
    shape = tuple(int(n) for n in fields["sizes"].split())
    axes = [np.array(v.split(","), float) for v in re.findall(r"\(([^)]+)\)", fields["space directions"])]
    values = np.frombuffer(gzip.decompress(packed), _NRRD_TYPES[fields["type"]], math.prod(shape))
    return Volume(values.reshape(shape, order="F"), tuple(float(np.linalg.norm(a)) for a in axes))


def read_invesalius(path: Path) -> Volume:
    """The volume (z, y, x) of an InVesalius project (.inv3), in Hounsfield units where it is a CT."""
    with tarfile.open(path) as archive:
        members = {Path(m.name).name: m for m in archive.getmembers()}
        facts = plistlib.load(_opened(archive, members["main.plist"]))
        matrix = facts["matrix"]
        content = _opened(archive, members[matrix["filename"]]).read()
    values = np.frombuffer(content, np.dtype(matrix["dtype"])).reshape(matrix["shape"])
    return Volume(values, tuple(facts["spacing"][::-1]))


def _opened(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    file = archive.extractfile(member)
    if file is None:
        raise ValueError(f"{member.name} is no file")
    return file


def planes(volume: Volume, step: int) -> Iterator[np.ndarray]:
    """Every `step`-th slice along each of the three axes, without the outer fifth; none from a thin slab's side.

    float32 (h, w) of square pixels, each as fine as the finer of the slice's two spacings.
    """
    shape = volume.values.shape
    for axis in (a for a in range(3) if min(np.delete(shape, a)) >= LEAST_SIDE):
        across, down = np.delete(volume.spacing, axis)  # the quarter turn puts the first axis across
        fx, fy = (float(s / min(across, down)) for s in (across, down))
        for index in range(shape[axis] // 5, shape[axis] - shape[axis] // 5, step):
            plane = np.rot90(volume.values.take(index, axis)).astype(np.float32)
            yield cv2.resize(plane, None, fx=fx, fy=fy, interpolation=cv2.INTER_LINEAR)


def to_grey(values: np.ndarray) -> np.ndarray:
    """uint8, stretched between the extremes but for a thousandth on either side."""
    low, high = np.percentile(values, (0.1, 99.9))
    return np.asarray(np.clip((values - low) / max(float(high - low), 1e-6), 0, 1) * 255, np.uint8)


def windowed(values: np.ndarray, centre: float, width: float) -> np.ndarray:
    """Hounsfield units as uint8 through a display window."""
    return np.asarray(np.clip((values - centre) / width + 0.5, 0, 1) * 255, np.uint8)
