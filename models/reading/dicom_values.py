"""From stored DICOM values to what a viewer would show: modality LUT, VOI LUT or window, inversion, padding."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_modality_lut

from models.reading.tone import stretch, unit_range

MIN_CONTRAST = 0.05
"""A window that leaves less than this between the darkest and the brightest pixel does not fit the values."""


def displayed(stored: NDArray[Any], header: Dataset) -> NDArray[np.float32]:
    """Grey in 0..1 (h, w) from stored single-sample values, as PS3.4 annex N.2 orders the steps.

    Without a usable window or LUT, 8-bit values are divided by 255 and wider ones stretched.
    """
    padding = _padding(stored, header)
    values = apply_modality_lut(stored, header)
    grey = _voi(values, header)
    if grey is None or np.ptp(grey) < MIN_CONTRAST:
        plain = padding is None and values is stored and stored.dtype == np.uint8
        grey = unit_range(stored) if plain else stretch(values, ignored=padding)
    if header.PhotometricInterpretation == "MONOCHROME1":
        grey = 1 - grey
    if padding is not None:
        grey[padding] = 0
    return grey


def numbers(header: Dataset, keyword: str) -> tuple[float, ...]:
    """The finite numbers of an element, empty where it is absent or malformed."""
    try:
        value = header.get(keyword)
        values = value if isinstance(value, (list, tuple)) or hasattr(value, "__iter__") else [value]
        found = tuple(float(v) for v in values)
    except (ValueError, TypeError, OverflowError, NotImplementedError):
        return ()
    return found if all(map(math.isfinite, found)) else ()


def _padding(stored: NDArray[Any], header: Dataset) -> NDArray[np.bool_] | None:
    """Mask of pixels outside the image, by PixelPaddingValue up to PixelPaddingRangeLimit; None for none."""
    value = numbers(header, "PixelPaddingValue")
    if not value:
        return None
    limit = numbers(header, "PixelPaddingRangeLimit") or value
    low, high = sorted((value[0], limit[0]))
    mask = np.asarray((stored >= low) & (stored <= high))
    return mask if mask.any() and not mask.all() else None


def _voi(values: NDArray[Any], header: Dataset) -> NDArray[np.float32] | None:
    """Values through the first VOI LUT, else the first window; None where there is neither."""
    items = header.get("VOILUTSequence")
    if items and items[0].get("LUTData") is not None and len(numbers(items[0], "LUTDescriptor")) == 3:
        return _through_lut(values, items[0], header.file_meta.TransferSyntaxUID.is_little_endian)
    center, width = numbers(header, "WindowCenter"), numbers(header, "WindowWidth")
    if not center or not width:
        return None
    return _windowed(values.astype(np.float32), center[0], width[0], str(header.get("VOILUTFunction") or "LINEAR"))


def _windowed(values: NDArray[np.float32], center: float, width: float, function: str) -> NDArray[np.float32] | None:
    """PS3.3 C.11.2.1: the window as 0..1; None for a width that the standard forbids."""
    if function == "LINEAR":  # by definition off by half a value
        center, width = center - 0.5, width - 1
    if width <= 0:
        return None
    if function == "SIGMOID":
        return np.asarray(1 / (1 + np.exp(np.clip(-4 * (values - center) / width, -60, 60))), np.float32)
    values -= center - width / 2
    values /= width
    return np.clip(values, 0, 1, out=values)


def _through_lut(values: NDArray[Any], item: Dataset, little_endian: bool) -> NDArray[np.float32] | None:
    """The table's entries, scaled by their own range: stated depths are often larger than what the entries use."""
    first = int(item.LUTDescriptor[1])
    data = item.LUTData
    table = np.frombuffer(data, "<u2" if little_endian else ">u2") if isinstance(data, bytes) else np.asarray(data)
    table = table.astype(np.float32)
    if table.size < 2 or table.min() == table.max():
        return None
    table = (table - table.min()) / np.ptp(table)
    entries = np.rint(values).astype(np.int64) - first
    return np.asarray(table[np.clip(entries, 0, table.size - 1)], np.float32)
