"""Fit a release's calibration on patients whom training never saw, through the very engine that ships."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy.optimize import minimize
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
from models.engines import Engine, HeadOutputs
from models.errors import ScanRejectedError
from models.preprocessing import Prepared, prepare
from models.reading import read_scan
from models.release import Release
from models.training.sources import Record, read_outline

HIT_IOU = 0.3  # a candidate that shares this much with the truth is the tumour, its outline more or less right
MOST_DOUBT = 0.10
WANTED_ACCURACY = 0.98


@dataclass(frozen=True, eq=False)
class Example:
    """One calibration slice, run: its outputs, its candidate regions and which of them are the tumour."""

    record: Record
    output: HeadOutputs
    features: np.ndarray  # (regions, k)
    hits: np.ndarray  # (regions,) bool
    types: np.ndarray  # (regions, types) mean pixel logits


def run_examples(records: Sequence[Record], release: Release, engine: Engine) -> list[Example]:
    """Read, prepare and run every record; those that a reader would refuse are left out."""
    return [_example(record, prepared, release, engine) for record, prepared in _prepared(records, release)]


def _prepared(records: Sequence[Record], release: Release) -> Iterator[tuple[Record, Prepared]]:
    for record in records:
        try:
            yield record, prepare(read_scan(record.image), release.recipe)
        except ScanRejectedError:
            continue  # blank slices hold nothing to calibrate on


def _example(record: Record, prepared: Prepared, release: Release, engine: Engine) -> Example:
    output = engine.predict(prepared.steps.network_input[None])
    size = prepared.frame.size[0]
    logits = tumour_map(output, size)
    masks = region_masks(logits, output.region.shape[1])
    truth = truth_mask(record, prepared.scan.pixels.shape)
    inside = prepared.frame.warp(truth.astype(np.float32)) > 0.5
    overlaps = [_overlap(mask, inside, outlined=record.mask is not None) for mask in masks]
    return Example(
        record,
        output,
        np.array([region_features(mask, logits, output) for mask in masks]).reshape(-1, len(REGION_FEATURES)),
        np.array(overlaps) >= HIT_IOU,
        np.array([pixel_type_logits(mask, output) for mask in masks]).reshape(-1, len(release.types)),
    )


def truth_mask(record: Record, shape: tuple[int, ...]) -> np.ndarray:
    """Where the tumour is, bool (height, width): its outline, or its boxes where only those are known."""
    if record.mask is not None:
        return read_outline(record.mask)
    mask = np.zeros(shape, bool)
    for x0, y0, x1, y1 in record.boxes:
        mask[y0:y1, x0:x1] = True
    return mask


def _overlap(mask: np.ndarray, truth: np.ndarray, outlined: bool) -> float:
    """IoU of the outlines; of the bounding box with the truth where the truth is boxes."""
    if not outlined:
        x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
        mask = np.zeros_like(mask)
        mask[y : y + height, x : x + width] = True
    return float((mask & truth).sum() / max((mask | truth).sum(), 1))


def fit_calibration(examples: Sequence[Example], types: tuple[str, ...]) -> Calibration:
    """Each figure from what the ones before it make of the examples."""
    features = np.concatenate([e.features for e in examples if len(e.features)])
    hits = np.concatenate([e.hits for e in examples if len(e.hits)])
    calibration = replace(UNCALIBRATED, region=_logistic(features, hits), type_weights=_fit_types(examples, types))
    found = [_candidates(e, calibration) for e in examples]
    tumour = _logistic(
        np.stack([tumour_features(c, e.output) for c, e in zip(found, examples, strict=True)]),
        np.array([e.record.tumour for e in examples]),
    )
    return replace(
        calibration,
        tumour=tumour,
        report_from=_best_threshold(calibration.region(features), hits),
        certain_from=_certain_from(examples, calibration, types),
    )


def _candidates(example: Example, calibration: Calibration) -> list[Candidate]:
    return find_candidates(example.output, 2 * example.output.region.shape[1], calibration)


def _logistic(features: np.ndarray, truth: np.ndarray) -> Logistic:
    model = LogisticRegression(C=1.0, max_iter=2000).fit(features, truth)
    return Logistic(tuple(round(float(c), 5) for c in model.coef_[0]), round(float(model.intercept_[0]), 5))


def _fit_types(examples: Sequence[Example], types: tuple[str, ...]) -> tuple[float, float]:
    """The two weights of least cross-entropy over the hits of known type, each collection counting alike."""
    rows = [
        (e.types[i], e.output.slice_type[0], types.index(e.record.label))
        for e in examples
        if e.record.label and e.record.pool == "brain_t1ce"
        for i in np.flatnonzero(e.hits)
    ]
    pixel, whole = np.stack([r[0] for r in rows]), np.stack([r[1] for r in rows])
    truth = np.array([r[2] for r in rows])

    def cross_entropy(weights: np.ndarray) -> float:
        logits = weights[0] * pixel + weights[1] * whole
        top = logits.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0]
        return float((log_sum - logits[np.arange(len(truth)), truth]).mean())

    weights = minimize(cross_entropy, np.array([0.5, 0.5]), bounds=[(0, 3), (0, 3)]).x
    return round(float(weights[0]), 4), round(float(weights[1]), 4)


def _best_threshold(scores: np.ndarray, hits: np.ndarray) -> float:
    """The score from which reporting gives the best F1 over the candidates."""
    thresholds = np.linspace(0.05, 0.95, 91)
    f1 = [2 * (hits & (scores >= t)).sum() / max(hits.sum() + (scores >= t).sum(), 1) for t in thresholds]
    return round(float(thresholds[int(np.argmax(f1))]), 2)


def _certain_from(examples: Sequence[Example], calibration: Calibration, types: tuple[str, ...]) -> float:
    """The least type probability above which 98 % are right, with at most a tenth of the slices in doubt."""
    best, right = [], []
    for example in examples:
        found = _candidates(example, calibration)
        if example.record.label and found:
            best.append(found[0].probabilities.max())
            right.append(types[int(found[0].probabilities.argmax())] == example.record.label)
    confidence, correct = np.array(best), np.array(right)
    for threshold in np.linspace(0.4, 0.99, 60):
        sure = confidence >= threshold
        if (~sure).mean() > MOST_DOUBT:
            break
        if correct[sure].mean() >= WANTED_ACCURACY:
            return round(float(threshold), 2)
    return round(float(np.quantile(confidence, MOST_DOUBT)), 2)
