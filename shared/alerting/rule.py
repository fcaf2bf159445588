"""A rule of alerts: what matters, to whom it is told, and to whom next while nobody acknowledges it."""

from __future__ import annotations

import difflib
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, field_validator, model_validator

from shared.alerting.targets import Target
from shared.schemas import Fraction, Line, Request, Size

KINDS = ("brain-mri", "chest-xray", "mammogram")
"""Kinds of image, as results name them. A misspelt one would match nothing, and nobody would notice."""

LABELS = (
    *("glioma", "meningioma", "pituitary"),
    *("benign lesion", "suspicious lesion"),
    *("indeterminate opacity", "suspicious opacity"),
)
"""Types of tumour that the models can tell apart, as results name them."""

NEVER = "never"


def _read_target(value: object) -> object:
    return Target.parse(value) if isinstance(value, str) else value


def _read_urgency(value: object) -> object:
    return None if value == NEVER else value


def _known(what: str, named: frozenset[str], there: tuple[str, ...]) -> frozenset[str]:
    """The names as they are. Raises ValueError with a suggestion for the first that nothing is called."""
    for name in sorted(named - set(there)):
        close = difflib.get_close_matches(name.lower(), there, n=1)
        advice = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(there)}"
        raise ValueError(f"there is no {what} {name!r}: {advice}")
    return named


Targets = Annotated[tuple[Annotated[Target, BeforeValidator(_read_target)], ...], Field(min_length=1)]


class Rung(Request):
    """One step of escalation: who is told once the alert is this old and nobody has acknowledged it."""

    after_minutes: Annotated[float, Field(gt=0, le=7 * 24 * 60)]
    send: Targets


class Rule(Request):
    """Which results matter, and who is told. Empty `kinds` or `labels` mean all there are.

    Every condition must hold of the scan and of one of its reported findings. From `at_once_urgency` on, a scan gets
    a message of its own, `at_once_limit` times a batch. What is urgent beyond that is told together; all others, and
    None there, wait for the batch's digest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[Line, Field(min_length=1, max_length=100)]
    kinds: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    min_probability: Fraction = 0.5
    min_size_mm: Size = 0.0
    min_urgency: Fraction = 0.3
    at_once_urgency: Annotated[Fraction | None, BeforeValidator(_read_urgency)] = 0.7
    at_once_limit: Annotated[int, Field(ge=1, le=10_000)] = 10
    send: Targets
    escalate: tuple[Rung, ...] = ()

    @field_validator("kinds")
    @classmethod
    def _known_kinds(cls, kinds: frozenset[str]) -> frozenset[str]:
        return _known("kind", kinds, KINDS)

    @field_validator("labels")
    @classmethod
    def _known_labels(cls, labels: frozenset[str]) -> frozenset[str]:
        return _known("label", labels, LABELS)

    @model_validator(mode="after")
    def _escalates_what_is_sent_at_once(self) -> Rule:
        if self.escalate and self.at_once_urgency is None:
            raise ValueError('only messages sent at once escalate, and at_once_urgency is "never"')
        return self
