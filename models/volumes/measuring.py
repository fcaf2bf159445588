"""A lesion's figures, from those of its slices."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from models.anatomy import Direction
from models.calibration import Calibration
from models.judgement import judge_malignancy
from models.presets import Preset
from models.report import Lesion
from models.volumes.joining import Joined

_HEAD_TO_FEET = (Direction.SUPERIOR, Direction.INFERIOR)


def measured(joined: Joined, calibration: Calibration, preset: Preset) -> Lesion:
    """Types and malignancy are means over its parts, weighted by their scores and areas."""
    weights = np.array([spot.finding.score * spot.finding.measurements.area for _, spot in joined.parts])
    weights /= weights.sum()
    parts = [spot.finding for _, spot in joined.parts]
    probabilities = {
        label: float(sum(w * part.probabilities[label] for w, part in zip(weights, parts, strict=True)))
        for label in parts[0].probabilities
    }
    malignant = float(sum(w * part.malignancy.probability for w, part in zip(weights, parts, strict=True)))
    sight, spot = joined.largest
    size = spot.finding.measurements
    return Lesion(
        label=max(probabilities, key=probabilities.__getitem__),
        score=joined.score,
        reported=is_reported(joined, calibration),
        probabilities=probabilities,
        certain=max(probabilities.values()) >= calibration.certain_from,
        malignancy=judge_malignancy(preset, probabilities, malignant),
        slices=(joined.sights[0].index + 1, joined.sights[-1].index + 1),
        largest_slice=sight.index + 1,
        volume_ml=volume_ml(joined),
        craniocaudal_mm=craniocaudal_mm(joined),
        longest_diameter=size.longest_diameter,
        short_axis=size.short_axis,
        unit=size.unit,
        location=size.location,
    )


def is_reported(joined: Joined, calibration: Calibration) -> bool:
    """Whether it is shown and alerted on: where two neighbouring slices report it, or its score alone suffices."""
    told = [any(spot.finding.reported for other, spot in joined.parts if other is sight) for sight in joined.sights]
    steps = [
        a.place.steps_to(b.place)
        for i, a in enumerate(joined.sights)
        for j, b in enumerate(joined.sights)
        if i < j and told[i] and told[j]
    ]
    return joined.score >= calibration.report_from or any(step is not None and step <= 2 for step in steps)


def volume_ml(joined: Joined) -> float | None:
    """Area times slice spacing; a slice between two that show it counts with what lies between their areas."""
    spacing = joined.largest[0].place.spacing_mm
    if spacing is None or joined.largest[1].finding.measurements.unit != "mm":
        return None
    areas: dict[int, float] = defaultdict(float)
    for sight, spot in joined.parts:
        areas[sight.place.step] += spot.finding.measurements.area
    steps = np.arange(min(areas), max(areas) + 1)
    return float(np.interp(steps, list(areas), list(areas.values())).sum() * spacing / 1000)


def craniocaudal_mm(joined: Joined) -> float | None:
    """How far it reaches from head to feet: through the slices of an axial stack, else within them."""
    sight = joined.largest[0]
    if sight.directions is None:
        return None
    if sight.directions.plane == "axial":
        steps = [part.place.step for part in joined.sights]
        return (max(steps) - min(steps) + 1) * sight.place.spacing_mm if sight.place.spacing_mm else None
    if sight.spacing_mm is None or sight.orientation != 1:
        return None
    boxes = np.array([spot.finding.box for _, spot in joined.parts])
    if sight.directions.downwards in _HEAD_TO_FEET:
        return float((boxes[:, 3].max() - boxes[:, 1].min()) * sight.spacing_mm[0])
    if sight.directions.rightwards in _HEAD_TO_FEET:
        return float((boxes[:, 2].max() - boxes[:, 0].min()) * sight.spacing_mm[1])
    return None
