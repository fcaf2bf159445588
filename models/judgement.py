"""Rules from calibrated probabilities to what a reader is told: malignancy, doubt, urgency."""

from __future__ import annotations

from collections.abc import Mapping

from models.presets import Preset
from models.report import Finding, Malignancy

MALIGNANT_FROM = 0.7
BENIGN_BELOW = 0.3
LARGE_MM = 50.0


def judge_malignancy(preset: Preset, probabilities: Mapping[str, float], known: float | None = None) -> Malignancy:
    """Malignant from 0.7, benign below 0.3, uncertain between.

    The probability follows from the types' unless it is `known`, from a classifier of benign and malignant.
    """
    probability = preset.malignant_probability(probabilities) if known is None else known
    if probability >= MALIGNANT_FROM:
        return Malignancy("malignant", probability)
    return Malignancy("benign" if probability < BENIGN_BELOW else "uncertain", probability)


def urgency(tumour_probability: float, findings: tuple[Finding, ...], preset: Preset, subject_pixels: float) -> float:
    """0..1, what worklists sort by: P(tumour) x (0.4 + 0.35 P(malignant) + 0.25 size), over the reported findings.

    Size is the longest diameter over 50 mm, at most 1. Where no spacing is known, the subject (head, breast,
    chest) is taken to be of the preset's typical size.
    Nothing reported: 0.3 x P(tumour), so that doubtful scans still stand above clear ones.
    """
    reported = [f for f in findings if f.reported]
    if not reported:
        return 0.3 * tumour_probability
    weights = [
        0.4 + 0.35 * f.malignancy.probability + 0.25 * min(1.0, _diameter_mm(f, preset, subject_pixels) / LARGE_MM)
        for f in reported
    ]
    return tumour_probability * max(weights)


def _diameter_mm(finding: Finding, preset: Preset, subject_pixels: float) -> float:
    diameter = finding.measurements.longest_diameter
    if finding.measurements.unit == "mm":
        return diameter
    return diameter * preset.typical_mm / max(subject_pixels, 1.0)
