"""How figures are written for a reader: rounded to what they are worth, with their unit."""

from __future__ import annotations

from shared.schemas import Measurements


def diameters(measured: Measurements) -> str:
    """Longest diameter by short axis, in mm with one decimal or in whole pixels."""
    digits = 1 if measured.unit == "mm" else 0
    return f"{measured.longest_diameter:.{digits}f} x {measured.short_axis:.{digits}f} {measured.unit}"
