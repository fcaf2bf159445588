"""Goals for the gate, and whether it reaches them on what a head never trained on."""

from __future__ import annotations

from collections.abc import Iterator

from models.evaluation.figures import Figure
from models.gate.decision import OTHERS
from models.report import Kind
from models.training.gate.figures import GateFigures, Rate

LEAST_PASSED, LEAST_REFUSED = 0.98, 0.95
Row = tuple[str, str, Figure | None, bool | None]
"""(task, goal, measured, reached or None where nothing was measured), as `sections.targets` takes it."""


def gate_targets(figures: GateFigures) -> Iterator[Row]:
    """Each known kind by the collections that were left out, or else by the held-out fold; each other kind as a whole.

    The figure itself is compared, not its interval.
    """
    for kind in Kind:
        left_out = [_passed(rate, "left out of training") for rate in figures.left_out if rate.kind == kind]
        held_out = [_passed(rate, f"fold {figures.fold}") for rate in figures.held_out if rate.kind == kind]
        yield from left_out or held_out or [_row(f"{kind} passed", LEAST_PASSED, None)]
    for other in OTHERS:
        whole = next((rate.share for rate in figures.left_out if rate.source == other), None)
        yield _row(f"{other} refused: the whole kind left out of training", LEAST_REFUSED, whole)


def _passed(rate: Rate, part: str) -> Row:
    varied = ", varied" if rate.varied else ""
    return _row(f"{rate.kind} passed: {rate.source}, {part}{varied}", LEAST_PASSED, rate.share)


def _row(task: str, least: float, share: Figure | None) -> Row:
    return task, f"at least {least:g}", share, None if share is None else share.value >= least
