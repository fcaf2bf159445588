"""A goal, and whether a figure reaches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.evaluation.figures import Evaluation, Figure, Source


@dataclass(frozen=True)
class Target:
    """One goal. `reached` compares the figure itself, not its interval; `provided`: a goal to be reached beside it."""

    task: str
    published: str
    least: float | None  # exactly one of `least` and `most` is set
    most: float | None
    figure: Callable[[Evaluation], Figure | None]
    provided: Target | None = None

    @property
    def goal(self) -> str:
        """In words."""
        return f"at least {self.least:g}" if self.least is not None else f"at most {self.most:g}"

    def reached(self, evaluation: Evaluation) -> bool | None:
        """Whether the figure meets the goal, and `provided` is reached; None where a figure is not there."""
        found = self.figure(evaluation)
        beside = self.provided.reached(evaluation) if self.provided else True
        if found is None or beside is None:
            return None
        return beside and (found.value >= self.least if self.least is not None else found.value <= (self.most or 0.0))


def of_source(name: str, read: Callable[[Source], Figure | None]) -> Callable[[Evaluation], Figure | None]:
    """A figure of one source; None where the source is not there."""

    def figure(evaluation: Evaluation) -> Figure | None:
        source = evaluation.sources.get(name)
        return read(source) if source else None

    return figure
