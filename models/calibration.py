"""From logits to probabilities that mean what they say, by small logistic models fitted on patients kept aside.

Platt 1999 for scores; for types a scaling of both heads' logits (Guo 2017, arXiv:1706.04599, with two temperatures).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

LEAST_PROBABILITY = 1e-7  # no opinion is a veto
REGION_FEATURES = ("mean_logit", "peak_logit", "log_area", "slice_logit")


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities over the last axis, of the same shape."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def log_probabilities(probabilities: np.ndarray) -> np.ndarray:
    """Natural logarithms of probabilities, none of which is taken as less than LEAST_PROBABILITY."""
    return np.asarray(np.log(np.maximum(probabilities, LEAST_PROBABILITY)))


@dataclass(frozen=True)
class Logistic:
    """P = sigmoid(coefficients . features + intercept)."""

    coefficients: tuple[float, ...]
    intercept: float

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """`features` (n, k) -> probabilities (n,)."""
        logits = features @ np.asarray(self.coefficients) + self.intercept
        return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))))


@dataclass(frozen=True)
class Calibration:
    """The fitted figures of one release.

    region: P(tumour) of a candidate from REGION_FEATURES; tumour: P(a tumour in the image) from the slice's logit and
    the best candidate's logit; type_weights: how much the logits of pixels and of the slice count; outline_from: the
    pixel probability along which a region is outlined; faint: pixel probabilities, falling, along which those regions
    are that do not reach it; peaks_from: the probability from which further peaks of the map are candidates, or None
    where they are not; report_from: score from which a candidate is reported; tumour_from: P(a tumour in the image)
    from which the best candidate is, whatever its score; certain_from: type probability from which a type is not in
    doubt.
    """

    region: Logistic
    tumour: Logistic
    type_weights: tuple[float, float]
    outline_from: float
    report_from: float
    tumour_from: float
    certain_from: float
    faint: tuple[float, ...] = (0.12,)
    peaks_from: float | None = None

    def type_probabilities(self, pixel_logits: np.ndarray, slice_logits: np.ndarray) -> np.ndarray:
        """(types,) logits of the region's pixels (mean) and of the slice -> probabilities (types,)."""
        logits = self.type_weights[0] * pixel_logits + self.type_weights[1] * slice_logits
        return softmax(logits)

    def reports(self, rank: int, score: float, tumour_probability: float) -> bool:
        """Whether the candidate of this rank (0 the best) and score is shown and alerted on.

        A slice that surely holds a tumour shows its best candidate, so that the reader knows where to look.
        """
        return score >= self.report_from or (rank == 0 and tumour_probability >= self.tumour_from)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Calibration:
        """The inverse of `to_dict`."""
        return cls(
            region=Logistic(tuple(values["region"]["coefficients"]), values["region"]["intercept"]),
            tumour=Logistic(tuple(values["tumour"]["coefficients"]), values["tumour"]["intercept"]),
            type_weights=(values["type_weights"][0], values["type_weights"][1]),
            outline_from=values["outline_from"],
            report_from=values["report_from"],
            tumour_from=values["tumour_from"],
            certain_from=values["certain_from"],
            faint=tuple(values.get("faint", cls.faint)),  # releases of before have the default's
            peaks_from=values.get("peaks_from"),
        )


UNCALIBRATED = Calibration(
    region=Logistic((1.0, 0.0, 0.0, 0.0), 0.0),
    tumour=Logistic((1.0, 0.0), 0.0),
    type_weights=(0.5, 0.5),
    outline_from=0.5,
    report_from=0.5,
    tumour_from=1.0,
    certain_from=0.6,
)
