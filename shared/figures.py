"""Figures in words, the same on pages, in tables and on plain lines."""

from __future__ import annotations


def percent(probability: float | None) -> str:
    """A probability in 0..1 as whole per cent, nothing where there is none; certainty is never claimed."""
    if probability is None:
        return ""
    if probability < 0.01:
        return "< 1 %"
    if probability > 0.99:
        return "> 99 %"
    return f"{100 * probability:.0f} %"
