"""Fit the figures of a release's calibration, each on those before it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.linear_model import LogisticRegression

from models.calibration import REGION_FEATURES, UNCALIBRATED, Calibration, Logistic
from models.candidates import (
    Candidate,
    find_candidates,
    pixel_type_logits,
    region_features,
    region_masks,
    tumour_features,
    tumour_map,
)
from models.errors import TrainingDataError
from models.training.examples import Example
from models.training.log_pool import fit_log_pool
from models.training.operating_point import USUAL, Point, Wanted, best_threshold, certain_threshold, choose_point

log = logging.getLogger(__name__)
OUTLINES = (0.5, 0.4, 0.3)
MOST_TYPE_WEIGHT = 3.0  # few patients must not make a type sure beyond reason
NOTHING_FOUND = "The network finds no tumour of known type to calibrate on: train it longer, or on more."
Kinds = Sequence[int | None]
"""The number of each example's type, None where it may not be learnt from."""


@dataclass(frozen=True, eq=False)
class Regions:
    """The candidate regions of one example at one outline, less those of which nobody knows whether they are a tumour:
    features (n, k), hits (n,), type logits (n, types).
    """

    features: np.ndarray
    hits: np.ndarray
    types: np.ndarray


def fit_calibration(
    examples: Sequence[Example], types: tuple[str, ...], typed: Collection[str], wanted: Wanted = USUAL
) -> Calibration:
    """All figures, at the outline with the best operating point; types are learnt from the pools `typed` alone.

    Raises TrainingDataError where the examples leave a figure open, as those of a hardly trained network do.
    """
    if not examples:
        raise TrainingDataError("Not one of the images that were kept aside for calibration can be read.")
    kinds = [_kind(example, types, typed) for example in examples]
    starts = [replace(UNCALIBRATED, outline_from=outline, faint=wanted.faint) for outline in OUTLINES]
    points = [_fit_from(start, examples, kinds, len(types), wanted) for start in starts]
    best = max(points, key=lambda point: point.rank)
    log.log(logging.INFO if best.holds else logging.WARNING, "operating point: %s", best.in_words())
    return best.calibration


def _kind(example: Example, types: tuple[str, ...], typed: Collection[str]) -> int | None:
    label = example.record.label
    return types.index(label) if label in types and example.record.pool in typed else None


def _fit_from(start: Calibration, examples: Sequence[Example], kinds: Kinds, types: int, wanted: Wanted) -> Point:
    """The operating point at the outline of `start`."""
    regions = [_regions(e, start, types) for e in examples]
    features, hits = (np.concatenate([getattr(r, part) for r in regions]) for part in ("features", "hits"))
    type_weights = _fit_types(examples, regions, kinds)
    calibration = replace(start, region=_logistic(features, hits), type_weights=type_weights)
    calibration = replace(calibration, report_from=best_threshold(calibration.region(features), hits))
    found = [find_candidates(e.output, e.truth.shape[::-1], calibration) for e in examples]
    slices = np.stack([tumour_features(c, e.output) for c, e in zip(found, examples, strict=True)])
    calibration = replace(calibration, tumour=_logistic(slices, np.array([e.record.tumour for e in examples])))
    calibration = replace(calibration, certain_from=_certain_from(found, kinds))
    return choose_point(calibration, examples, found, calibration.tumour(slices), wanted.false_regions)


def _regions(example: Example, calibration: Calibration, types: int) -> Regions:
    logits = tumour_map(example.output, example.truth.shape[::-1])
    masks = region_masks(logits, example.output.region.shape[1], calibration)
    features = [region_features(mask, logits, example.output) for mask in masks]
    type_logits = [pixel_type_logits(mask, example.output) for mask in masks]
    hits = example.hits(masks)
    sure = [i for i, hit in enumerate(hits) if hit is not None]
    return Regions(
        np.array(features).reshape(-1, len(REGION_FEATURES))[sure],
        np.array([hits[i] for i in sure], bool),
        np.array(type_logits).reshape(-1, types)[sure],
    )


def _logistic(features: np.ndarray, truth: np.ndarray) -> Logistic:
    if truth.all() or not truth.any():
        raise TrainingDataError("A score needs right and wrong examples to be calibrated on; there are only one kind.")
    model = LogisticRegression(C=1.0, max_iter=2000).fit(features, truth)
    return Logistic(tuple(round(float(c), 5) for c in model.coef_[0]), round(float(model.intercept_[0]), 5))


def _fit_types(examples: Sequence[Example], regions: Sequence[Regions], kinds: Kinds) -> tuple[float, float]:
    """The weights of both heads' logits that say the types of the hits best."""
    rows = [
        (r.types[i], e.output.slice_type[0], kind)
        for e, r, kind in zip(examples, regions, kinds, strict=True)
        if kind is not None
        for i in np.flatnonzero(r.hits)
    ]
    if not rows:
        raise TrainingDataError(NOTHING_FOUND)
    pixel, whole, truth = (np.array(column) for column in zip(*rows, strict=True))
    weights = fit_log_pool([pixel, whole], truth, [(0, MOST_TYPE_WEIGHT)] * 2)
    return round(weights[0], 4), round(weights[1], 4)


def _certain_from(found: Sequence[list[Candidate]], kinds: Kinds) -> float:
    """`certain_threshold` over the best candidates of the slices of known type."""
    best = [(c[0].probabilities, kind) for c, kind in zip(found, kinds, strict=True) if c and kind is not None]
    if not best:
        raise TrainingDataError(NOTHING_FOUND)
    confidence = np.array([probabilities.max() for probabilities, _ in best])
    correct = np.array([probabilities.argmax() == kind for probabilities, kind in best], bool)
    return certain_threshold(confidence, correct)
