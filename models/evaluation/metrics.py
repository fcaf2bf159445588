"""The figures of an evaluation, with 95 % bootstrap intervals over patients, never over slices."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from sklearn.metrics import roc_auc_score

from models.evaluation.outcomes import Outcome

RESAMPLES = 1000
Statistic = Callable[[Sequence[Outcome]], float]


@dataclass(frozen=True)
class Figure:
    """A figure with the interval that 95 % of the resampled patient groups give, and how many slices it is over."""

    value: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def with_interval(outcomes: Sequence[Outcome], statistic: Statistic, seed: int = 0) -> Figure:
    """`statistic` over all, and its 2.5 and 97.5 percentiles over resamples of whole groups."""
    by_group: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_group.setdefault(outcome.record.group, []).append(outcome)
    groups = list(by_group.values())
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(RESAMPLES):
        drawn = [o for i in rng.integers(0, len(groups), len(groups)) for o in groups[i]]
        with contextlib.suppress(ValueError):  # a resample of one class has no AUC
            values.append(statistic(drawn))
    low, high = np.percentile(values, [2.5, 97.5])
    return Figure(float(statistic(outcomes)), float(low), float(high), len(outcomes))


def type_accuracy(outcomes: Sequence[Outcome]) -> float:
    """Share of slices whose best finding has the true type."""
    return float(np.mean([o.typed_right for o in outcomes]))


def certain_accuracy(outcomes: Sequence[Outcome]) -> float:
    """The same over the slices whose type is not in doubt."""
    return float(np.mean([o.typed_right for o in outcomes if o.best and o.best.certain]))


def doubt_share(outcomes: Sequence[Outcome]) -> float:
    """Share of slices whose type is in doubt."""
    return float(np.mean([o.best is None or not o.best.certain for o in outcomes]))


def mean_dice(outcomes: Sequence[Outcome]) -> float:
    """Of the reported regions with the outlined truth."""
    return float(np.mean([o.dice for o in outcomes if o.dice is not None]))


def tumour_auc(outcomes: Sequence[Outcome]) -> float:
    """Area under the ROC curve of `tumor_probability`. Raises ValueError for one class."""
    truth = [o.record.tumour for o in outcomes]
    if len(set(truth)) < 2:
        raise ValueError("an AUC needs both classes")
    return float(roc_auc_score(truth, [o.report.tumor_probability for o in outcomes]))


def reported_sensitivity(outcomes: Sequence[Outcome]) -> float:
    """Share of slices with a tumour that have a reported region."""
    return float(np.mean([any(f.reported for f in o.report.findings) for o in outcomes if o.record.tumour]))


def false_regions(outcomes: Sequence[Outcome]) -> float:
    """Reported regions per tumour-free slice."""
    return float(np.mean([sum(f.reported for f in o.report.findings) for o in outcomes if not o.record.tumour]))


def calibration_error(outcomes: Sequence[Outcome], bins: int = 10) -> float:
    """Expected calibration error of `tumor_probability` over equal-width bins (Naeini 2015)."""
    probability = np.array([o.report.tumor_probability for o in outcomes], float)
    truth = np.array([o.record.tumour for o in outcomes], float)
    place = np.minimum((probability * bins).astype(int), bins - 1)
    gaps = [abs(probability[place == b].mean() - truth[place == b].mean()) * (place == b).mean() for b in set(place)]
    return float(sum(gaps))


def average_precision(outcomes: Sequence[Outcome], types: Sequence[str]) -> dict[str, float]:
    """AP at IoU 0.5 for each type, by pycocotools; each candidate counts under its best label."""
    truth = COCO()
    images = [{"id": i} for i in range(len(outcomes))]
    boxes = [
        _annotation(i, o.truth_box, types.index(o.record.label or "")) for i, o in enumerate(outcomes) if o.truth_box
    ]
    truth.dataset = {
        "info": {},
        "images": images,
        "annotations": [{**b, "id": i + 1} for i, b in enumerate(boxes)],
        "categories": [{"id": i, "name": t} for i, t in enumerate(types)],
    }
    detections = [
        {**_annotation(i, f.box, types.index(f.label)), "score": f.score}
        for i, o in enumerate(outcomes)
        for f in o.report.findings
    ]
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools prints as it goes
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(detections), "bbox")
        evaluation.params.iouThrs = np.array([0.5])
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][0, :, :, 0, -1]  # (recall, type)
    return {t: float(precision[:, i].mean()) for i, t in enumerate(types)}


def _annotation(image: int, box: tuple[int, int, int, int], category: int) -> dict[str, object]:
    x0, y0, x1, y1 = box
    size = [x1 - x0, y1 - y0]
    return {
        "image_id": image,
        "category_id": category,
        "bbox": [x0, y0, *size],
        "area": size[0] * size[1],
        "iscrowd": 0,
    }
