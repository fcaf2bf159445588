"""A report's two files: report.html for people, report.json for programs."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from models.errors import EvaluationError
from models.evaluation.decoding import to_json
from models.evaluation.figures import Evaluation
from models.evaluation.outcomes import Outcome
from models.evaluation.released import AblationRow
from models.evaluation.report import render_report
from models.evaluation.report.worst import worst_cases
from models.evaluation.running import Step

PAGE, FIGURES = "report.html", "report.json"


@dataclass(frozen=True)
class WorstImage:
    """A worst case without its picture."""

    image: str
    group: str
    badness: float
    truth: str
    said: str


@dataclass(frozen=True)
class ReportFile:
    """report.json."""

    notice: str
    made: str
    evaluation: Evaluation
    ablation: tuple[AblationRow, ...]
    worst: tuple[WorstImage, ...]


def require_writable(folder: Path) -> None:
    """Make the folder. Raises EvaluationError where it cannot be written, before hours are spent."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise EvaluationError(f"The report cannot be written to {folder}: {error.strerror}.") from error


def write_report(
    folder: Path,
    evaluation: Evaluation,
    ablation: Sequence[AblationRow],
    outcomes: Sequence[Outcome],
    types: Sequence[str],
    step: Step,
) -> Path:
    """Both files; the page's path."""
    cases, made = worst_cases(outcomes, types, step), datetime.now(UTC)
    worst = tuple(WorstImage(c.image, c.group, c.badness, c.truth, c.said) for c in cases)
    file = ReportFile("Research use only", f"{made:%Y-%m-%dT%H:%M:%SZ}", evaluation, tuple(ablation), worst)
    (folder / FIGURES).write_text(to_json(file), encoding="utf-8")
    (folder / PAGE).write_text(render_report(evaluation, cases, ablation, made), encoding="utf-8")
    return folder / PAGE
