"""Pictures of other kinds, and brain MRI of other sources, out of unpacked packages into one folder for `train gate`.

    python -m models.training.gate.gather UNPACKED OUT

UNPACKED holds one folder for each package of docs/gate.md; what is missing is left out and named.
The result is OUT/<kind>/<source>/*.png, grey, at most 384 pixels long.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pydicom
from PIL import Image

from models.errors import ScanRejectedError
from models.reading.dicom_values import displayed
from models.training.gate.volumes import CT_WINDOWS, planes, read_invesalius, read_nifti, to_grey, windowed

log = logging.getLogger(__name__)
LONGEST = 384
LEAST = 48  # icons are no pictures
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".tif")


@dataclass(frozen=True)
class Source:
    """Where pictures of one kind come from: `every` takes each n-th file, names below `folder` of `package`."""

    kind: str
    name: str
    package: str
    folder: str = ""
    every: int = 1


FILES = (
    Source("photograph", "mate", "mate-backgrounds"),
    Source("photograph", "gnome", "gnome-backgrounds"),
    Source("photograph", "lomiri", "lomiri-wallpapers-16.04"),
    Source("photograph", "lomiri20", "lomiri-wallpapers-20.04"),
    Source("photograph", "ukui", "ukui-wallpapers"),
    Source("photograph", "skimage", "scikit_image"),
    Source("photograph", "opencv", "opencv-doc", "usr/share/doc/opencv-doc/examples"),
    Source("object", "tuxpaint", "tuxpaint-stamps-default"),
    Source("document", "handbook", "debian-handbook", every=9),
    Source("document", "gimp", "gimp-help-en", every=3),
    Source("drawing", "openclipart", "openclipart-png", every=5),
    Source("drawing", "pingus", "pingus-data", every=3),
    Source("chart", "skimage-doc", "python-skimage-doc"),
    Source("screenshot", "marble", "marble-data"),
)
VOLUMES = {
    "brain-mri/colin27": "mricron-data/usr/share/mricron/templates/ch2.nii.gz",
    "brain-mri/colin27-stripped": "mricron-data/usr/share/mricron/templates/ch2bet.nii.gz",
    "brain-mri/mni152": "nilearn/nilearn/datasets/data/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz",
}
HEAD_CT = "invesalius-examples/usr/share/doc/invesalius-examples/examples/Cranium.inv3"
DICOM = "pydicom_data/data_store/data"
_DICOM_KINDS = {"CT": "ct", "MR": "body-part", "CR": "body-part", "US": "ultrasound", "NM": "body-part"}


def gather(unpacked: Path, out: Path) -> None:
    """Write all that there is; a file that cannot be decoded is left out and logged."""
    for source in FILES:
        _save(out / source.kind / source.name, _pictures(unpacked, source))
    for name, path in VOLUMES.items():
        _save(out / name, _if_there(unpacked / path, _slices))
    _save(out / "ct" / "head", _if_there(unpacked / HEAD_CT, _head_ct))
    for kind in dict.fromkeys(_DICOM_KINDS.values()):
        _save(out / kind / "pydicom-data", _dicom(unpacked / DICOM, kind))


def _save(folder: Path, images: Iterator[np.ndarray]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for image in images:
        scale = min(1.0, LONGEST / max(image.shape))
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
        cv2.imwrite(str(folder / f"{count:05}.png"), small)
        count += 1
    log.info("%5d pictures in %s", count, folder)


def _if_there(path: Path, read: Callable[[Path], Iterator[np.ndarray]]) -> Iterator[np.ndarray]:
    if path.exists():
        yield from read(path)
    else:
        log.warning("%s is not there", path)


def _pictures(unpacked: Path, source: Source) -> Iterator[np.ndarray]:
    """Grey (h, w) uint8; transparent parts on black or white by turns."""
    folder = unpacked / source.package / source.folder
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in _PICTURES and not p.is_symlink())
    for number, path in enumerate(files[:: source.every]):
        try:
            with Image.open(path) as picture:
                if min(picture.size) >= LEAST:
                    yield _grey(picture, 255 * (number % 2))
        except (OSError, ValueError, SyntaxError) as error:
            log.warning("%s is left out: %s", path, error)


def _grey(picture: Image.Image, ground: int) -> np.ndarray:
    if not picture.has_transparency_data:
        return np.asarray(picture.convert("L"))
    layered = picture.convert("RGBA")
    under = Image.new("RGBA", layered.size, (ground, ground, ground, 255))
    return np.asarray(Image.alpha_composite(under, layered).convert("L"))


def _slices(path: Path) -> Iterator[np.ndarray]:
    for plane in planes(read_nifti(path), 4):
        yield to_grey(plane)


def _head_ct(path: Path) -> Iterator[np.ndarray]:
    for number, plane in enumerate(planes(read_invesalius(path), 2)):
        yield windowed(plane, *CT_WINDOWS[number % 4])


def _dicom(folder: Path, kind: str) -> Iterator[np.ndarray]:
    """Single frames of the package's files by modality, each picture once; heads and chests are left out."""
    seen: set[bytes] = set()
    for path in sorted(folder.glob("*.dcm")):
        header = pydicom.dcmread(path, force=True)
        if _DICOM_KINDS.get(header.get("Modality", "")) != kind or header.get("BodyPartExamined") in ("HEAD", "CHEST"):
            continue
        if int(header.get("NumberOfFrames") or 1) > 1 or int(header.get("SamplesPerPixel") or 1) > 1:
            continue
        try:
            grey = (displayed(header.pixel_array, header) * 255).astype(np.uint8)
        except (ValueError, AttributeError, RuntimeError, NotImplementedError, ScanRejectedError) as error:
            log.warning("%s is left out: %s", path, error)
            continue
        mark = (cv2.resize(grey, (8, 8), interpolation=cv2.INTER_AREA) // 16).tobytes()
        if mark not in seen:  # the same picture in several encodings
            seen.add(mark)
            yield grey


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    gather(Path(sys.argv[1]), Path(sys.argv[2]))
