"""From the network's tumour map to candidate regions, in the frame of what was cropped."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from models.calibration import Calibration
from models.engines.base import HeadOutputs

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


def tumour_map(output: HeadOutputs, size: tuple[int, int]) -> np.ndarray:
    """Logits of one slice enlarged to float32 of `size` (width, height); bilinear: outlines run between cells."""
    logits = output.region[0].astype(np.float32)
    return np.asarray(cv2.resize(logits, size, interpolation=cv2.INTER_LINEAR))


def find_candidates(output: HeadOutputs, size: tuple[int, int], calibration: Calibration) -> list[Candidate]:
    """Candidates of one slice (n = 1) with masks of `size` (width, height): at most 50, best first, from 0.01 up."""
    logits = tumour_map(output, size)
    masks = region_masks(logits, output.region.shape[1], calibration)
    if not masks:
        return []
    scores = calibration.region(np.stack([region_features(mask, logits, output) for mask in masks]))
    found = [
        _candidate(mask, float(score), output, calibration)
        for mask, score in zip(masks, scores, strict=True)
        if score >= MIN_SCORE
    ]
    return sorted(found, key=lambda c: -c.score)[:MAX_CANDIDATES]


def _candidate(mask: np.ndarray, score: float, output: HeadOutputs, calibration: Calibration) -> Candidate:
    probabilities = calibration.type_probabilities(pixel_type_logits(mask, output), output.slice_type[0])
    return Candidate(mask, score, probabilities, bool(probabilities.max() >= calibration.certain_from))


def region_masks(logits: np.ndarray, rows: int, calibration: Calibration) -> list[np.ndarray]:
    """Connected regions above the outline's probability, then, from the surest down, those above each of the faint ones
    that hold none yet; bool, of the shape of `logits`. rows: of the network's grid.
    """
    least = MIN_CELLS * (logits.shape[0] / rows) ** 2
    found: list[np.ndarray] = []
    taken = np.zeros(logits.shape, bool)
    for level in (calibration.outline_from, *calibration.faint):
        found += [mask for mask in _components(logits > _logit(level), least) if not (mask & taken).any()]
        taken = np.any(found, axis=0) if found else taken
    return found


def _components(mask: np.ndarray, least: float) -> list[np.ndarray]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    return [labels == i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= least]


def region_features(mask: np.ndarray, logits: np.ndarray, output: HeadOutputs) -> np.ndarray:
    """`calibration.REGION_FEATURES` of one region."""
    inside = logits[mask]
    return np.array([inside.mean(), inside.max(), np.log(inside.size / mask.size), output.slice_tumour[0]])


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
