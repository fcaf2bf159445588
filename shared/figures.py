"""Figures in words, the same on pages, in tables and on plain lines."""

from __future__ import annotations

from shared.schemas import Lesion, Measurements


def percent(probability: float | None) -> str:
    """A probability in 0..1 as whole per cent, nothing where there is none; certainty is never claimed."""
    if probability is None:
        return ""
    if probability < 0.01:
        return "< 1 %"
    if probability > 0.99:
        return "> 99 %"
    return f"{100 * probability:.0f} %"


def diameters(measured: Measurements | Lesion) -> str:
    """Longest diameter by short axis, in mm with one decimal or in whole pixels."""
    digits = 1 if measured.unit == "mm" else 0
    return f"{measured.longest_diameter:.{digits}f} x {measured.short_axis:.{digits}f} {measured.unit}"
