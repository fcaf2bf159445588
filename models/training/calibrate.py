"""Fit a release's calibration on patients whom training never saw, through the very engine that ships."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp
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
from models.collections import TYPED_POOL, Record, outline_of
from models.collections.hits import HIT_IOU, shared_with_truth
from models.engines import Engine, HeadOutputs
from models.errors import ScanRejectedError, TrainingDataError
from models.preprocessing import Prepared, prepare
from models.reading import read_scan
from models.release import Release

MOST_DOUBT = 0.10
WANTED_ACCURACY = 0.98
MOST_FALSE_REGIONS = 0.05  # per tumour-free slice
OUTLINES = (0.5, 0.4, 0.3)
TUMOUR_FROM = (1.0, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2)


@dataclass(frozen=True, eq=False)
class Example:
    """One calibration slice, run: the network's outputs and the truth, bool (size, size), in the network's frame."""

    record: Record
    output: HeadOutputs
    truth: np.ndarray

    @property
    def outlined(self) -> bool:
        """Whether the truth is an outline and not a box."""
        return self.record.mask is not None

    @property
    def typed(self) -> bool:
        """Whether the type may be learnt from it: elsewhere each collection has one type only."""
        return self.record.pool == TYPED_POOL


@dataclass(frozen=True, eq=False)
class Regions:
    """The candidate regions of one example at one outline: features (n, k), hits (n,), type logits (n, types)."""

    features: np.ndarray
    hits: np.ndarray
    types: np.ndarray


def run_examples(records: Sequence[Record], release: Release, engine: Engine) -> list[Example]:
    """Read, prepare and run every record; those that a reader would refuse are left out."""
    return [
        Example(record, engine.predict(prepared.steps.network_input[None]), _truth_in(record, prepared))
        for record, prepared in _prepared(records, release)
    ]


def _prepared(records: Sequence[Record], release: Release) -> Iterator[tuple[Record, Prepared]]:
    for record in records:
        try:
            yield record, prepare(read_scan(record.image), release.recipe)
        except ScanRejectedError:
            continue  # blank slices hold nothing to calibrate on


def _truth_in(record: Record, prepared: Prepared) -> np.ndarray:
    return prepared.frame.warp(truth_mask(record, prepared.scan.pixels.shape).astype(np.float32)) > 0.5


def truth_mask(record: Record, shape: tuple[int, ...]) -> np.ndarray:
    """Where the tumour is, bool (height, width): its outline, or its boxes where only those are known.

    Raises TrainingDataError for an outline of another size, or one that cannot be read.
    """
    outline = outline_of(record, shape)
    if outline is not None:
        return outline
    mask = np.zeros(shape, bool)
    for x0, y0, x1, y1 in record.boxes:
        mask[y0:y1, x0:x1] = True
    return mask


def fit_calibration(examples: Sequence[Example], types: tuple[str, ...]) -> Calibration:
    """All figures, at the outline that gives the best Dice on these examples.

    Raises TrainingDataError where the examples leave a figure open, as those of a hardly trained network do.
    """
    fitted = [_fit_at(outline, examples, types) for outline in OUTLINES]
    return max(fitted, key=lambda pair: pair[1])[0]


def _fit_at(outline: float, examples: Sequence[Example], types: tuple[str, ...]) -> tuple[Calibration, float]:
    """The calibration at one outline with its mean Dice; each figure builds on those before it."""
    regions = [_regions(e, outline, types) for e in examples]
    features, hits = (np.concatenate([getattr(r, part) for r in regions]) for part in ("features", "hits"))
    type_weights = _fit_types(examples, regions, types)
    calibration = replace(
        UNCALIBRATED, region=_logistic(features, hits), type_weights=type_weights, outline_from=outline
    )
    calibration = replace(calibration, report_from=_best_threshold(calibration.region(features), hits))
    found = [find_candidates(e.output, len(e.truth), calibration) for e in examples]
    slices = np.stack([tumour_features(c, e.output) for c, e in zip(found, examples, strict=True)])
    calibration = replace(calibration, tumour=_logistic(slices, np.array([e.record.tumour for e in examples])))
    calibration = replace(calibration, certain_from=_certain_from(examples, found, types))
    return _with_tumour_from(calibration, examples, found, calibration.tumour(slices))


def _regions(example: Example, outline: float, types: tuple[str, ...]) -> Regions:
    logits = tumour_map(example.output, len(example.truth))
    masks = region_masks(logits, example.output.region.shape[1], outline)
    features = [region_features(mask, logits, example.output) for mask in masks]
    type_logits = [pixel_type_logits(mask, example.output) for mask in masks]
    overlaps = [shared_with_truth(mask, example.truth, example.outlined) for mask in masks]
    return Regions(
        np.array(features).reshape(-1, len(REGION_FEATURES)),
        np.array(overlaps) >= HIT_IOU,
        np.array(type_logits).reshape(-1, len(types)),
    )


def _logistic(features: np.ndarray, truth: np.ndarray) -> Logistic:
    if truth.all() or not truth.any():
        raise TrainingDataError("A score needs right and wrong examples to be calibrated on; there are only one kind.")
    model = LogisticRegression(C=1.0, max_iter=2000).fit(features, truth)
    return Logistic(tuple(round(float(c), 5) for c in model.coef_[0]), round(float(model.intercept_[0]), 5))


def _fit_types(examples: Sequence[Example], regions: Sequence[Regions], types: tuple[str, ...]) -> tuple[float, float]:
    """The two weights of least cross-entropy over the hits of known type."""
    rows = [
        (r.types[i], e.output.slice_type[0], types.index(e.record.label or ""))
        for e, r in zip(examples, regions, strict=True)
        if e.typed
        for i in np.flatnonzero(r.hits)
    ]
    if not rows:
        raise TrainingDataError(
            "The network finds no tumour of known type to calibrate on: train it longer, or on more."
        )
    pixel, whole = np.stack([row[0] for row in rows]), np.stack([row[1] for row in rows])
    truth = np.array([row[2] for row in rows])

    def cross_entropy(weights: np.ndarray) -> float:
        logits = weights[0] * pixel + weights[1] * whole
        return float((logsumexp(logits, axis=1) - logits[np.arange(len(truth)), truth]).mean())

    weights = minimize(cross_entropy, np.array([0.5, 0.5]), bounds=[(0, 3), (0, 3)]).x
    return round(float(weights[0]), 4), round(float(weights[1]), 4)


def _best_threshold(scores: np.ndarray, hits: np.ndarray) -> float:
    """The score from which reporting gives the best F1 over the candidates."""
    thresholds = np.linspace(0.05, 0.95, 91)
    f1 = [2 * (hits & (scores >= t)).sum() / max(hits.sum() + (scores >= t).sum(), 1) for t in thresholds]
    return round(float(thresholds[int(np.argmax(f1))]), 2)


def _with_tumour_from(
    calibration: Calibration, examples: Sequence[Example], found: Sequence[list[Candidate]], tumour: np.ndarray
) -> tuple[Calibration, float]:
    """The `tumour_from` of best mean Dice among those with few false regions on tumour-free slices, and that Dice."""
    best, best_dice = calibration, -1.0
    for tumour_from in TUMOUR_FROM:
        option = replace(calibration, tumour_from=tumour_from)
        shown = [
            [c for rank, c in enumerate(cs) if option.reports(rank, c.score, p)]
            for cs, p in zip(found, tumour, strict=True)
        ]
        free = [len(s) for s, e in zip(shown, examples, strict=True) if not e.record.tumour]
        dice = float(np.mean([_dice(s, e) for s, e in zip(shown, examples, strict=True) if e.outlined]))
        if dice > best_dice and (not free or np.mean(free) <= MOST_FALSE_REGIONS):
            best, best_dice = option, dice
    return best, best_dice


def _dice(shown: Sequence[Candidate], example: Example) -> float:
    if not shown:
        return 0.0
    mask = np.any([c.mask for c in shown], axis=0)
    return float(2 * (mask & example.truth).sum() / max(mask.sum() + example.truth.sum(), 1))


def _certain_from(examples: Sequence[Example], found: Sequence[list[Candidate]], types: tuple[str, ...]) -> float:
    """`certain_threshold` over the best candidates of the slices of known type."""
    best = [(c[0].probabilities, e.record.label) for c, e in zip(found, examples, strict=True) if e.typed and c]
    confidence = np.array([probabilities.max() for probabilities, _ in best])
    correct = np.array([types[int(probabilities.argmax())] == label for probabilities, label in best])
    return certain_threshold(confidence, correct)


def certain_threshold(confidence: np.ndarray, correct: np.ndarray) -> float:
    """The least type probability above which 98 % are right, with at most a tenth of the slices in doubt; (n,) each."""
    for threshold in np.linspace(0.4, 0.99, 60):
        sure = confidence >= threshold
        if (~sure).mean() > MOST_DOUBT:
            break
        if correct[sure].mean() >= WANTED_ACCURACY:
            return round(float(threshold), 2)
    return round(float(np.quantile(confidence, MOST_DOUBT)), 2)
