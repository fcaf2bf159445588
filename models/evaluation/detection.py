"""Boxes against the truth by their overlap: average precision by pycocotools, and the FROC curve."""

from __future__ import annotations

import contextlib
import copy
import io
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from models.evaluation.bootstrap import Statistic, Weights, with_interval, with_intervals
from models.evaluation.figures import Detection, Precision, Reliability
from models.evaluation.froc import Froc
from models.evaluation.metrics import reliability, share
from models.evaluation.outcomes import Outcome, overlap_of
from models.geometry import Box
from models.report import Finding

HIT_OVERLAP = 0.5
FALSE_PER_IMAGE = (0.1, 0.25, 0.5, 1.0, 2.0)
PRECISION_RESAMPLES = 200  # COCO's accumulation costs some 20 ms a resample
ANY = "tumour"


def type_precision(outcomes: Sequence[Outcome], types: Sequence[str]) -> tuple[dict[str, Precision], Precision]:
    """AP of each type and its mean over the types; each candidate counts under its best label."""
    return _precision(outcomes, types, lambda o: o.record.label or "", lambda label: label)


def detection(outcomes: Sequence[Outcome]) -> Detection:
    """Tumours of any type. Every tumour has a known place here."""
    _, precision = _precision(outcomes, (ANY,), lambda _: ANY, lambda _: ANY)
    groups = [o.record.group for o in outcomes]
    tumours = np.array([o.truth_box is not None for o in outcomes], float)
    found = share([reported_on_tumour(o) for o in outcomes], tumours)
    froc = Froc(groups, tumours, ((f.score, i, hit) for i, o in enumerate(outcomes) for f, hit in _hits(o)))
    return Detection(
        precision=precision,
        froc=froc.points(),
        sensitivity_at=froc.sensitivities(FALSE_PER_IMAGE),
        found=with_interval(groups, found, int(tumours.sum())),
        scores=score_reliability(outcomes),
    )


def reported_on_tumour(outcome: Outcome) -> bool:
    """Whether a reported box hits the tumour."""
    box = outcome.truth_box
    return box is not None and any(overlap_of(f.box, box) >= HIT_OVERLAP for f in outcome.reported)


def score_reliability(outcomes: Sequence[Outcome]) -> Reliability:
    """Of the score of every candidate, reported or not, of which one can say whether it is a tumour."""
    judged = ((o.record.group, f.score, h) for o in outcomes for f, h in zip(o.report.findings, o.hits, strict=True))
    pairs = [(group, score, hit) for group, score, hit in judged if hit is not None]
    return reliability(*zip(*pairs, strict=True)) if pairs else Reliability(None, ())


def _precision(
    outcomes: Sequence[Outcome], types: Sequence[str], true: Callable[[Outcome], str], said: Callable[[str], str]
) -> tuple[dict[str, Precision], Precision]:
    statistics = _precision_statistics(_matched(outcomes, types, true, said), len(outcomes), len(types))
    groups = [o.record.group for o in outcomes]
    figures = with_intervals(groups, statistics, resamples=PRECISION_RESAMPLES)
    pairs = [Precision(figures[2 * i], figures[2 * i + 1]) for i in range(len(types) + 1)]
    return dict(zip(types, pairs[:-1], strict=True)), pairs[-1]


def _matched(
    outcomes: Sequence[Outcome], types: Sequence[str], true: Callable[[Outcome], str], said: Callable[[str], str]
) -> COCOeval:
    """pycocotools with every candidate matched to the truth, not yet accumulated."""
    number = {name: i for i, name in enumerate(types)}
    boxes = [_annotation(i, o.truth_box, number[true(o)]) for i, o in enumerate(outcomes) if o.truth_box]
    found = [
        {**_annotation(i, f.box, number[said(f.label)]), "score": f.score}
        for i, o in enumerate(outcomes)
        for f in o.report.findings
    ]
    truth = COCO()
    truth.dataset = {
        "info": {},
        "images": [{"id": i} for i in range(len(outcomes))],
        "annotations": [{**box, "id": i + 1} for i, box in enumerate(boxes)],
        "categories": [{"id": i, "name": name} for name, i in number.items()],
    }
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools prints as it goes
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(found) if found else COCO(), "bbox")
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.evaluate()
    return evaluation


def _precision_statistics(matched: COCOeval, images: int, types: int) -> Statistic:
    """(resamples, 2 (types + 1)): AP50 and AP50:95 of each type, then their means over the types that are there."""

    def statistics(weights: Weights) -> NDArray[np.float64]:
        return np.stack([_accumulated(matched, row.astype(int), images, types) for row in weights])

    return statistics


def _accumulated(matched: COCOeval, times: NDArray[np.int64], images: int, types: int) -> NDArray[np.float64]:
    """Matching is by image, so a resample only repeats the images' matches before they are accumulated."""
    drawn = np.repeat(np.arange(images), times)
    resample = copy.copy(matched)
    resample.params, resample._paramsEval = copy.copy(matched.params), copy.copy(matched._paramsEval)
    resample.params.imgIds = resample._paramsEval.imgIds = list(range(len(drawn)))
    resample.evalImgs = [matched.evalImgs[kind * images + i] for kind in range(types) for i in drawn]
    with contextlib.redirect_stdout(io.StringIO()):
        resample.accumulate()
    precision = resample.eval["precision"][:, :, :, 0, -1]  # (IoU, recall, type), -1 where a type is not there
    by_type = np.where(precision < 0, np.nan, precision).mean(axis=1)
    both = np.stack([by_type[0], by_type.mean(axis=0)], axis=1)
    there = ~np.isnan(both[:, 0])
    mean = both[there].mean(axis=0) if there.any() else np.full(2, np.nan)
    return np.concatenate([both, mean[None]]).ravel()


def _annotation(image: int, box: Box, category: int) -> dict[str, object]:
    x0, y0, x1, y1 = box
    size = [x1 - x0, y1 - y0]
    values = {"image_id": image, "category_id": category, "bbox": [x0, y0, *size], "area": size[0] * size[1]}
    return {**values, "iscrowd": 0}


def _hits(outcome: Outcome) -> list[tuple[Finding, bool | None]]:
    """Each finding, best first, with whether it hits; None for one more on a tumour that was hit."""
    taken, judged = False, list[tuple[Finding, bool | None]]()
    for finding in outcome.report.findings:
        hit = outcome.truth_box is not None and overlap_of(finding.box, outcome.truth_box) >= HIT_OVERLAP
        judged.append((finding, None if hit and taken else hit))
        taken = taken or hit
    return judged
