"""From what an image looks like to a kind, or to a refusal in one sentence."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from models.errors import ScanRejectedError
from models.presets import PRESETS, SHIPPED
from models.report import Kind, ModelInfo

OTHERS: Mapping[str, str] = MappingProxyType(
    {
        "photograph": "a photograph",
        "document": "a text, a chart or a screenshot",
        "drawing": "a drawing",
        "pattern": "noise or a pattern",
        "ct": "a CT",
        "body-part": "a scan of another part of the body",
    }
)
"""Kinds that no model reads, as the gate has learnt them, and their wording."""
CLASSES: tuple[str, ...] = (*Kind, *OTHERS)
_NAMES: dict[str, str] = {**{str(kind): f"a {PRESETS[kind].title}" for kind in Kind}, **OTHERS}


@dataclass(frozen=True)
class Limits:
    """When an image passes.

    known_from: least probability of a kind that nobody named; farthest: greatest distance from what is known.
    sure_below: a kind that the caller or the file's header names is refused only below this probability.
    """

    known_from: float
    farthest: float
    sure_below: float


@dataclass(frozen=True)
class Look:
    """What an image looks like `to` a gate: probabilities by class, and distance to the nearest known image, 1 being
    usual.
    """

    probabilities: Mapping[str, float]
    distance: float
    to: ModelInfo

    @property
    def likeliest(self) -> str:
        """The class of the highest probability."""
        return max(self.probabilities, key=self.probabilities.__getitem__)

    @property
    def words(self) -> str:
        """The likeliest class with its probability, and whose word that is."""
        share = self.probabilities[self.likeliest]
        return f"{_NAMES[self.likeliest]} ({share:.2f}, {self.to.name} {self.to.version})"


def decide(look: Look, told: Kind | None, limits: Limits, readable: Collection[Kind] = SHIPPED) -> Kind:
    """The kind of an image. `told`: what the caller or the header says it is, which counts unless it is surely wrong.

    Raises ScanRejectedError for what is none of the known kinds, and for doubt where nobody names the kind.
    """
    if told:
        if look.probabilities[told] >= limits.sure_below:
            return told
        raise ScanRejectedError(f"This is said to be {_NAMES[told]}, but its pixels look like {look.words}.")
    likeliest = max(Kind, key=lambda kind: look.probabilities[kind])
    if look.probabilities[likeliest] < limits.known_from or look.distance > limits.farthest:
        raise ScanRejectedError(_unknown(look) + _way_out(look, limits, readable))
    if likeliest not in readable:
        reason = f"This looks like {look.words}, and this release has no model for that."
        raise ScanRejectedError(reason + _way_out(look, limits, readable), likeliest)
    return likeliest


def _way_out(look: Look, limits: Limits, readable: Collection[Kind]) -> str:
    """How a person can insist, a blank before it; empty where the gate is sure that it is no kind with a model."""
    kinds = [k for k in Kind if k in readable and look.probabilities[k] >= limits.sure_below]
    if not kinds:
        return ""
    kind = max(kinds, key=lambda k: look.probabilities[k])
    return (
        f" If it is {_NAMES[kind]} all the same, submit it as DICOM with a header that says so, "
        f"or use oncoqueue predict --kind {kind}."
    )


def _unknown(look: Look) -> str:
    if look.likeliest in OTHERS:
        return f"This does not look like a scan that a model here knows; it looks most like {look.words}."
    return f"This is unlike the scans that a model here knows; most of all it looks like {look.words}."
