"""From the network's tumour map to candidate regions, in the frame of what was cropped."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from models.calibration import Calibration
from models.engines.base import HeadOutputs
from models.regions import Region, components, free_of, hills

MIN_CELLS = 3  # on the network's grid: smaller specks are noise
MAX_CANDIDATES = 50
MIN_SCORE = 0.01


@dataclass(frozen=True, eq=False)
class Candidate:
    """A region: `mask` bool over the whole frame, calibrated `score`, `probabilities` of the types in their order.

    certain: whether the type is not in doubt; malignant: P(malignant) where it was judged apart from the type.
    """

    mask: np.ndarray
    score: float
    probabilities: np.ndarray
    certain: bool
    malignant: float | None = None


def tumour_map(output: HeadOutputs, field: np.ndarray) -> np.ndarray:
    """Logits of one slice enlarged to float32 of the frame that `field` is of; bilinear: outlines run between cells."""
    logits = output.region[0].astype(np.float32)
    return np.asarray(cv2.resize(logits, field.shape[::-1], interpolation=cv2.INTER_LINEAR))


def find_candidates(output: HeadOutputs, field: np.ndarray, calibration: Calibration) -> list[Candidate]:
    """Candidates of one slice (n = 1), at most 50, best first, from 0.01 up.

    field: where in the frame a finding's centre can lie, bool (height, width); masks are of that shape.
    """
    logits = tumour_map(output, field)
    regions = find_regions(logits, output, field, calibration)
    if not regions:
        return []
    scores = calibration.region(np.stack([region_features(region, logits, output) for region in regions]))
    found = [
        _candidate(region.over(field.shape), float(score), output, calibration)
        for region, score in zip(regions, scores, strict=True)
        if score >= MIN_SCORE
    ]
    return sorted(found, key=lambda c: -c.score)


def _candidate(mask: np.ndarray, score: float, output: HeadOutputs, calibration: Calibration) -> Candidate:
    probabilities = calibration.type_probabilities(pixel_type_logits(mask, output), output.slice_type[0])
    return Candidate(mask, score, probabilities, bool(probabilities.max() >= calibration.certain_from))


def find_regions(logits: np.ndarray, output: HeadOutputs, field: np.ndarray, calibration: Calibration) -> list[Region]:
    """Connected regions above the outline's probability, then what is fainter: from the surest down, those above each
    of the faint probabilities that hold none yet, or the hills around the map's peaks. Of those whose centre lies in
    `field`, the 50 of the highest peak. logits: `tumour_map`.
    """
    scale = logits.shape[0] / output.region.shape[1]
    taken = np.zeros(logits.shape, bool)
    found: list[Region] = []
    for level in (calibration.outline_from, *calibration.faint):
        found += free_of(taken, components(logits > _logit(level), MIN_CELLS * scale**2))
    if calibration.peaks_from is not None:
        found += free_of(taken, hills(logits, output.region[0], _logit(calibration.peaks_from), MAX_CANDIDATES))
    return _surest([region for region in found if region.within(field)], logits)


def _surest(regions: list[Region], logits: np.ndarray) -> list[Region]:
    """In the order given: before they are scored and typed, so that time and memory of noise stay bounded."""
    peaks = [logits[region.place][region.mask].max() for region in regions]
    return [regions[i] for i in sorted(np.argsort(peaks, kind="stable")[-MAX_CANDIDATES:])]


def region_features(region: Region, logits: np.ndarray, output: HeadOutputs) -> np.ndarray:
    """`calibration.REGION_FEATURES` of one region."""
    inside = logits[region.place][region.mask]
    return np.array([inside.mean(), inside.max(), np.log(inside.size / logits.size), output.slice_tumour[0]])


def tumour_features(candidates: list[Candidate], output: HeadOutputs) -> np.ndarray:
    """What `calibration.tumour` judges an image by: the slice's logit and the best candidate's."""
    best = np.clip(candidates[0].score if candidates else MIN_SCORE, MIN_SCORE, 1 - MIN_SCORE)
    return np.array([output.slice_tumour[0], _logit(best)])


def pixel_type_logits(mask: np.ndarray, output: HeadOutputs) -> np.ndarray:
    """Mean type logits (types,) over the region's cells, weighted by how surely each is tumour."""
    rows, columns = output.region.shape[1:]
    cells = cv2.resize(mask.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    weight = cells / (1 + np.exp(-np.clip(output.region[0], -30, 30)))
    return np.asarray((output.pixel_type[0] * weight[..., None]).sum((0, 1)) / max(float(weight.sum()), 1e-6))


def _logit(probability: float) -> float:
    return float(np.log(probability / (1 - probability)))
