"""From a head's answers to rates with intervals, by source."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from models.evaluation.figures import Figure
from models.gate.decision import Limits
from models.report import Kind
from models.training.gate.figures import Design, Rate
from models.training.gate.folds import Answers

_Z = 1.96


def wilson(right: float, groups: int, count: int) -> Figure:
    """A share with Wilson's 95 % interval, which is none too narrow at 0 or 1; `groups` are independent."""
    middle, square = right + _Z**2 / (2 * groups), 1 + _Z**2 / groups
    reach = _Z * math.sqrt(right * (1 - right) / groups + _Z**2 / (4 * groups**2))
    return Figure(right, max(0.0, (middle - reach) / square), min(1.0, (middle + reach) / square), count)


def rates(answers: Answers, limits: Limits) -> Iterator[Rate]:
    """One rate a source and, for known kinds, one more for its variations."""
    passed = answers.passed(limits)
    keys = [(p.source, p.kind, p.kind in list(Kind), _is_varied(p.kind, p.variant)) for p in answers.pictures]
    for key in sorted(set(keys)):
        mask = np.array([k == key for k in keys])
        source, kind, known, varied = key
        groups = len({p.group for p, m in zip(answers.pictures, mask, strict=True) if m})
        right = passed[mask] if known else ~passed[mask]
        yield Rate(source, kind, known, varied, groups, wilson(float(right.mean()), groups, len(right)))


def _is_varied(kind: str, variant: int) -> bool:
    return kind in list(Kind) and variant > 0


def left_out_rates(left_out: Mapping[str, Answers], limits: Limits) -> Iterator[Rate]:
    """As `rates`, under the names of what training went without; a kind is one, whatever its sources."""
    for name, answers in left_out.items():
        named = [replace(p, source=name) for p in answers.pictures]
        yield from rates(replace(answers, pictures=named), limits)


def judge_design(name: str, left_out: Mapping[str, Answers], limits: Limits) -> Design:
    """Means over, and the worst of, what was left out."""
    found = list(left_out_rates(left_out, limits))
    passed = [r.share.value for r in found if r.known]
    refused = [r.share.value for r in found if not r.known]
    return Design(name, float(np.mean(passed)), min(passed), float(np.mean(refused)), min(refused))
