"""One synthetic mammogram from one seed."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from models.report import Kind
from models.synthetic.fields import Field
from models.synthetic.mammogram.breast import Breast, pose
from models.synthetic.mammogram.film import add_labels, exposed
from models.synthetic.mammogram.lesions import BreastLesion, draw_lesion
from models.synthetic.mammogram.tissue import healthy
from models.synthetic.placing import add_at, away_from
from models.synthetic.scan import SHARE_OF_HEALTHY, Side, SyntheticScan, lesion_of, stored

_PEAKS = (4095, 4095, 16383, 65535)  # the brightest of 16 bits: detectors give 12, 14 or 16
_MARGIN_MM = 5.0  # between a lesion and the skin
_LOWEST = 0.94  # of the height: below it the mark blackens a corner
_Region = NDArray[np.bool_]


def draw_mammogram(
    seed: int, lesions: tuple[BreastLesion, ...] = (), height: int = 1024, bits: int = 8
) -> SyntheticScan:
    """Draw the oblique view of a seed, (height, 0.58 to 1 of it), with those of `lesions` that find room in it.

    The same arguments give the same pixels; bits is 8 or 16.
    """
    rng = np.random.default_rng((seed, 2))
    # Drawn on half the grid, about as sharp as a digitised film is; lesions and grain come at full size.
    breast = pose(rng, height // 2)
    attenuation = healthy(rng, breast)
    image = np.asarray(cv2.resize(attenuation, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.float32)
    spacing = round(float(rng.uniform(190, 235)) / height, 4)
    regions = list(_add(rng, breast, image, lesions, spacing))
    grey = exposed(rng, image)
    side: Side = "L" if rng.random() < 0.5 else "R"
    add_labels(rng, grey, np.repeat(breast.skin, 2), side)
    turn = 1 if side == "L" else -1  # the right breast is seen with its chest wall on the right
    truth = tuple(lesion_of(label, region[:, ::turn]) for label, region in regions)
    pixels = stored(np.ascontiguousarray(grey[:, ::turn]), bits, int(rng.choice(_PEAKS)), on_tissue=True)
    return SyntheticScan(pixels, truth, (spacing, spacing), Kind.MAMMOGRAM, "MLO", side)


def generate_mammogram(seed: int, height: int = 1024, bits: int = 8) -> SyntheticScan:
    """A mammogram whose lesions (none to two) are drawn from the seed, too."""
    rng = np.random.default_rng((seed, 3))
    count = 0 if rng.random() < SHARE_OF_HEALTHY else int(rng.choice((1, 2), p=(0.9, 0.1)))
    lesions = tuple(BreastLesion(label) for label in rng.choice(list(BreastLesion), count))
    return draw_mammogram(seed, lesions, height, bits)


def _add(
    rng: np.random.Generator, breast: Breast, image: Field, lesions: tuple[BreastLesion, ...], spacing_mm: float
) -> Iterator[tuple[BreastLesion, _Region]]:
    """Add lesions to the attenuation `image` (h, w), none over another; each that found room, with its region."""
    height, free = len(image), np.ones(breast.depth.shape, bool)
    for label in lesions:
        drawn = draw_lesion(rng, label, spacing_mm)
        reach = (cv2.boundingRect(drawn.region.astype(np.uint8))[3] / 2 + _MARGIN_MM / spacing_mm) / height
        inside = (breast.depth > reach) & (breast.muscle < 0.05) & (breast.x > reach) & (breast.y < _LOWEST - reach)
        region = add_at(image, inside & free, drawn, rng)
        if region.any():
            free &= away_from(region[::2, ::2], len(drawn.added) / 2)
            yield label, region
