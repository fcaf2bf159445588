"""Pictures of other kinds, and brain MRI of other sources, out of unpacked packages into one folder for `train gate`.

    python -m models.training.gate.gather UNPACKED OUT

UNPACKED holds one folder for each package of docs/gate.md; what is missing is left out and named.
The result is OUT/<kind>/<source>/*.png, grey, at most 384 pixels long.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from models.training.gate.scans import SERIES

log = logging.getLogger(__name__)
LONGEST = 384
LEAST = 48  # icons are no pictures
PERSON_ENDS = "_"  # in a file name
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


def gather(unpacked: Path, out: Path) -> None:
    """Write all that there is; a file that cannot be decoded is left out and logged."""
    for source in FILES:
        _save(out / source.kind / source.name, _pictures(unpacked, source))
    for series in SERIES:
        _save(out / series.source, series.pictures(unpacked), series.person)


def _save(folder: Path, images: Iterator[np.ndarray], person: str = "") -> None:
    """Numbered files; of a scan the person's name comes first, as no split may tear one apart."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for image in images:
        scale = min(1.0, LONGEST / max(image.shape))
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
        cv2.imwrite(str(folder / f"{person}{PERSON_ENDS if person else ''}{count:05}.png"), small)
        count += 1
    log.info("%5d pictures in %s", count, folder)


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


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    gather(Path(sys.argv[1]), Path(sys.argv[2]))
