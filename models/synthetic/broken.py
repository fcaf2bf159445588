"""Files that look like scans and are none: each must end as rejected, with a reason."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
from PIL import Image

from models.synthetic.brain import generate_slice
from models.synthetic.dicom import dicom_bytes, dicom_header
from models.synthetic.encoding import ENCODINGS
from models.synthetic.scan import SyntheticScan


def broken_files(seed: int) -> Mapping[str, bytes]:
    """Name and content of each broken file."""
    scan = generate_slice(seed)
    return {
        "truncated.png": ENCODINGS["png"].encode(scan, scan.pixels)[:20_000],
        "text-named.png": b"This is a text file with a picture's name.\n",
        "empty.jpg": b"",
        "without-pixels.dcm": _without_pixels(scan),
        "colour-photograph.jpg": _photograph(seed),
        "blank.png": ENCODINGS["png"].encode(scan, np.zeros_like(scan.pixels)),
    }


def _without_pixels(scan: SyntheticScan) -> bytes:
    header = dicom_header(scan, scan.pixels.astype(np.uint16))
    del header.PixelData
    return dicom_bytes(header)


def _photograph(seed: int) -> bytes:
    """A sunset over the sea, with waves: colourful as a photograph is."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:480, 0:640].astype(np.float32) / 480
    sky = np.stack([0.95 - 0.3 * rows, 0.35 + 0.5 * rows, 0.75 - 0.7 * rows], axis=-1)
    ripple = 0.1 * np.sin(90 * rows**2 + 6 * columns) + 0.03 * rng.standard_normal(rows.shape)
    sea = np.stack([0.1 + ripple, 0.3 + ripple, 0.45 + 2 * ripple], axis=-1)
    picture = np.where(rows[..., None] < 0.55, sky, sea)
    picture[np.hypot(rows - 0.5, columns - 0.7) < 0.12] = (1, 0.9, 0.4)
    buffer = io.BytesIO()
    Image.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
