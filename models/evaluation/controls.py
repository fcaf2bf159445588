"""What the image's border and grey-value histogram give away alone, with no look at the anatomy.

A collection's margins, scaling and window betray where an image comes from. Where tumours come from one place and
healthy heads from another, a classifier on nothing but that looks brilliant. It is fitted and judged by group here, on
the very images of the evaluation, and stands beside each figure that it could explain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from models.collections import Record
from models.evaluation.bootstrap import with_interval
from models.evaluation.figures import Figure
from models.evaluation.metrics import auc
from models.reading import read_scan

HISTOGRAM_BINS = 32
SIDE, BORDER = 64, 4  # the image is brought to 64 x 64; its outermost 4 rows and columns are the border
FOLDS = 4


@dataclass(frozen=True, eq=False)
class ControlImages:
    """Features (images, features) of the records, in order."""

    records: Sequence[Record]
    features: np.ndarray

    def tumour_auc(self, chosen: np.ndarray, truth_of: Callable[[Record], bool] = lambda r: r.tumour) -> Figure | None:
        """Tumour or none among the `chosen` (bool, one a record), cross-validated by group; None for too few groups.

        `truth_of` asks another question of a record.
        """
        truth = np.array([truth_of(r) for r in self.records])[chosen]
        groups = [r.group for r, inside in zip(self.records, chosen, strict=True) if inside]
        splits = _splits(truth, groups)
        if splits is None:
            return None
        said = cross_val_predict(_classifier(), self.features[chosen], truth, cv=splits, method="predict_proba")
        return with_interval(groups, auc(said[:, 1], truth))

    def source_accuracy(self, sources: Sequence[str]) -> float | None:
        """Balanced accuracy of naming the source; 1 / (number of sources) is chance. None for too few groups."""
        splits = _splits(np.asarray(sources), [r.group for r in self.records])
        if splits is None:
            return None
        return float(
            balanced_accuracy_score(sources, cross_val_predict(_classifier(), self.features, sources, cv=splits))
        )


def control_images(records: Sequence[Record], tick: Callable[[], None]) -> ControlImages:
    """Read every image; `tick` is called after each."""
    rows = []
    for record in records:
        rows.append(control_features(read_scan(record.image).pixels))
        tick()
    return ControlImages(records, np.stack(rows))


def control_features(pixels: np.ndarray) -> np.ndarray:
    """Stored size, grey-value histogram and border of an image, float32 (height, width) in 0..1."""
    small = cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    histogram = np.histogram(pixels, HISTOGRAM_BINS, (0, 1))[0] / pixels.size
    edges = [small[:BORDER].mean(0), small[-BORDER:].mean(0), small[:, :BORDER].mean(1), small[:, -BORDER:].mean(1)]
    border = np.concatenate([edge.reshape(-1, 8).mean(1) for edge in edges])
    return np.concatenate([np.log(pixels.shape), np.sqrt(histogram), border])


def _splits(classes: np.ndarray, groups: Sequence[str]) -> list[tuple[np.ndarray, np.ndarray]] | None:
    """By group, as many as there are groups of each class, at most FOLDS; None unless each trains on every class."""
    there = set(classes)
    folds = min([FOLDS, *(len({g for g, c in zip(groups, classes, strict=True) if c == one}) for one in there)])
    if len(there) < 2 or folds < 2:
        return None
    splits = list(GroupKFold(folds).split(classes, groups=groups))
    return splits if all(set(classes[train]) == there for train, _ in splits) else None


def _classifier() -> object:
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000, class_weight="balanced"))
