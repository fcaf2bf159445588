"""What a second stage is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from models.candidates import Candidate
from models.preprocessing import Prepared
from models.release import AnyRelease
from models.report import Kind


class ClassifierRelease(AnyRelease, Protocol):
    """What the pipeline must know of a second stage's release, whatever made it."""

    @property
    def kind(self) -> Kind:
        """The kind of image whose regions it judges."""
        ...

    @property
    def types(self) -> tuple[str, ...]:
        """The classes, in the order of the probabilities."""
        ...

    @property
    def certain_from(self) -> float:
        """The probability from which a class is not in doubt."""
        ...

    @property
    def own_weight(self) -> float:
        """How much the network's own log-probabilities count beside the classifier's."""
        ...


class Classifier(Protocol):
    """Says the type of candidate regions; which crop of the scan it looks at is its own choice. Safe in any thread."""

    @property
    def release(self) -> ClassifierRelease:
        """What it is, for those who are told of its results."""
        ...

    def probabilities(self, prepared: Prepared, candidates: Sequence[Candidate]) -> np.ndarray:
        """Calibrated probabilities float (n, types) of n >= 1 candidates, whose masks lie on `work_frame(prepared)`."""
        ...
