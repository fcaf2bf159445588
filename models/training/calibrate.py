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
    find_regions,
    pixel_type_logits,
    region_features,
    tumour_features,
    tumour_map,
)
from models.collections.hits import FALSE
from models.errors import TrainingDataError
from models.training.examples import Example
from models.training.log_pool import fit_log_pool
from models.training.operating_point import USUAL, Point, Wanted, best_threshold, certain_threshold, choose_point

log = logging.getLogger(__name__)
OUTLINES = (0.5, 0.4, 0.3)
NOTHING_FOUND = "The network finds no tumour of known type to calibrate on: train it longer, or on more."


@dataclass(frozen=True)
class Typed:
    """The hits whose types are learnt from: of these `types`, in images of these `pools`."""

    types: tuple[str, ...]
    pools: Collection[str]

    def kind(self, example: Example, hit: int | None) -> int | None:
        """The number of the type that a region of the example should have; None where it may not be learnt from."""
        label = example.label(hit)
        return self.types.index(label) if label in self.types and example.record.pool in self.pools else None


@dataclass(frozen=True, eq=False)
class Regions:
    """The candidate regions of one example at one outline, less those of which nobody knows whether they are a tumour:
    features (n, k), hits (n,); of the hits of known type, logits of pixels and slice (m, types) each, and kinds (m,).
    """

    features: np.ndarray
    hits: np.ndarray
    pixel: np.ndarray
    whole: np.ndarray
    kinds: np.ndarray


def fit_calibration(
    examples: Sequence[Example], types: tuple[str, ...], typed: Collection[str], wanted: Wanted = USUAL
) -> Calibration:
    """All figures, at the outline with the best operating point; types are learnt from the pools `typed` alone.

    Raises TrainingDataError where the examples leave a figure open, as those of a hardly trained network do.
    """
    if not examples:
        raise TrainingDataError("Not one of the images that were kept aside for calibration can be read.")
    starts = [
        replace(UNCALIBRATED, outline_from=outline, faint=wanted.faint, peaks_from=wanted.peaks_from)
        for outline in OUTLINES
    ]
    points = [_fit_from(start, examples, Typed(types, typed), wanted) for start in starts]
    best = max(points, key=lambda point: point.rank)
    log.log(logging.INFO if best.holds else logging.WARNING, "operating point: %s", best.in_words())
    return best.calibration


def _fit_from(start: Calibration, examples: Sequence[Example], typed: Typed, wanted: Wanted) -> Point:
    """The operating point at the outline of `start`."""
    regions = [_regions(e, start, typed) for e in examples]
    features, hits = (np.concatenate([getattr(r, part) for r in regions]) for part in ("features", "hits"))
    type_weights = _fit_types(regions, wanted.most_type_weight)
    calibration = replace(start, region=_logistic(features, hits), type_weights=type_weights)
    calibration = replace(calibration, report_from=best_threshold(calibration.region(features), hits))
    found = [find_candidates(e.output, e.field, calibration) for e in examples]
    slices = np.stack([tumour_features(c, e.output) for c, e in zip(found, examples, strict=True)])
    calibration = replace(calibration, tumour=_fit_tumour(slices, examples))
    calibration = replace(calibration, certain_from=_certain_from(examples, found, typed))
    return choose_point(calibration, examples, found, calibration.tumour(slices), wanted.false_regions)


def _regions(example: Example, calibration: Calibration, typed: Typed) -> Regions:
    output, shape = example.output, example.field.shape
    logits = tumour_map(output, example.field)
    regions = find_regions(logits, output, example.field, calibration)
    hits = example.hits([region.over(shape) for region in regions])
    known = [(region, hit) for region, hit in zip(regions, hits, strict=True) if hit is not None]
    kinds = [(region, typed.kind(example, hit)) for region, hit in known if hit != FALSE]
    learnt = [(region, kind) for region, kind in kinds if kind is not None]
    types = (-1, len(typed.types))
    return Regions(
        np.array([region_features(region, logits, output) for region, _ in known]).reshape(-1, len(REGION_FEATURES)),
        np.array([hit != FALSE for _, hit in known], bool),
        np.array([pixel_type_logits(region.over(shape), output) for region, _ in learnt]).reshape(types),
        np.array([output.slice_type[0]] * len(learnt)).reshape(types),
        np.array([kind for _, kind in learnt], int),
    )


def _logistic(features: np.ndarray, truth: np.ndarray) -> Logistic:
    if truth.all() or not truth.any():
        raise TrainingDataError("A score needs right and wrong examples to be calibrated on; there are only one kind.")
    model = LogisticRegression(C=1.0, max_iter=2000).fit(features, truth)
    return Logistic(tuple(round(float(c), 5) for c in model.coef_[0]), round(float(model.intercept_[0]), 5))


def _fit_types(regions: Sequence[Regions], most: float) -> tuple[float, float]:
    """The weights of both heads' logits, each at `most` so large, that say the types of the hits best."""
    pixel, whole, kinds = (np.concatenate([getattr(r, part) for r in regions]) for part in ("pixel", "whole", "kinds"))
    if not len(kinds):
        raise TrainingDataError(NOTHING_FOUND)
    weights = fit_log_pool([pixel, whole], kinds, [(0, most)] * 2)
    return round(weights[0], 4), round(weights[1], 4)


def _fit_tumour(slices: np.ndarray, examples: Sequence[Example]) -> Logistic:
    """Over images that hold a tumour or nothing: of those with lesions that do not count, nobody knows."""
    known = [i for i, e in enumerate(examples) if e.record.tumour or e.record.clean]
    return _logistic(slices[known], np.array([examples[i].record.tumour for i in known]))


def _certain_from(examples: Sequence[Example], found: Sequence[list[Candidate]], typed: Typed) -> float:
    """`certain_threshold` over the candidates that types are judged by, where it is known which type they should have:
    as the evaluation will count what is in doubt.
    """
    judged = (
        (candidates[number], typed.kind(example, hit))
        for example, candidates in zip(examples, found, strict=True)
        for number, hit in example.judged([c.mask for c in candidates])
    )
    best = [(candidate.probabilities, kind) for candidate, kind in judged if kind is not None]
    if not best:
        raise TrainingDataError(NOTHING_FOUND)
    confidence = np.array([probabilities.max() for probabilities, _ in best])
    correct = np.array([probabilities.argmax() == kind for probabilities, kind in best], bool)
    return certain_threshold(confidence, correct)
