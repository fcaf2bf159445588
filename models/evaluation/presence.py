"""Tumour or none inside one source."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.evaluation.bootstrap import with_interval
from models.evaluation.figures import Figure, Presence
from models.evaluation.metrics import auc, reliability, roc_points, share
from models.evaluation.outcomes import Outcome


def presence_figures(outcomes: Sequence[Outcome], control_auc: Figure | None) -> Presence:
    """Over slices of one source; where all are tumour-free, what needs tumours is None."""
    groups = [o.record.group for o in outcomes]
    truth = np.array([o.record.tumour for o in outcomes], float)
    shown = np.array([len(o.reported) for o in outcomes], float)
    probability = [o.tumour_probability for o in outcomes]
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
