"""Tumour or none inside one source, and malignant or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.collections import Record
from models.evaluation.bootstrap import with_interval
from models.evaluation.figures import Figure, Presence
from models.evaluation.metrics import auc, reliability, roc_points, share
from models.evaluation.outcomes import Outcome


@dataclass(frozen=True)
class Question:
    """What is asked of a whole image: the truth, how probable it was said to be, how many regions say so."""

    truth: Callable[[Record], bool]
    said: Callable[[Outcome], float]
    shown: Callable[[Outcome], int]


TUMOUR = Question(lambda r: r.tumour, lambda o: o.tumour_probability, lambda o: len(o.reported))
MALIGNANT = Question(
    lambda r: bool(r.malignant), lambda o: o.malignant_probability, lambda o: len(o.reported_not_benign)
)


def presence_figures(outcomes: Sequence[Outcome], control_auc: Figure | None, question: Question = TUMOUR) -> Presence:
    """Over images of one source; where the answer is no of all, what needs a yes is None."""
    groups = [o.record.group for o in outcomes]
    truth = np.array([question.truth(o.record) for o in outcomes], float)
    shown = np.array([question.shown(o) for o in outcomes], float)
    probability = [question.said(o) for o in outcomes]
    free = int((1 - truth).sum())
    return Presence(
        auc=with_interval(groups, auc(probability, truth)),
        sensitivity=with_interval(groups, share((shown > 0) * truth, truth), int(truth.sum())),
        specificity=with_interval(groups, share((shown == 0) * (1 - truth), 1 - truth), free),
        false_regions=with_interval(groups, share(shown * (1 - truth), 1 - truth), free),
        roc=roc_points(probability, truth),
        reliability=reliability(groups, probability, truth),
        control_auc=control_auc,
    )
