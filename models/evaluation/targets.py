"""What the figures are measured against: the best published ones by patient, and what we want of a release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.evaluation.figures import Evaluation, Figure, Presence, Types


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


def _types(read: Callable[[Types], Figure | None]) -> Callable[[Evaluation], Figure | None]:
    def figure(evaluation: Evaluation) -> Figure | None:
        source = evaluation.sources.get("brain_t1ce")
        return read(source.types) if source and source.types else None

    return figure


def _presence(name: str, read: Callable[[Presence], Figure | None]) -> Callable[[Evaluation], Figure | None]:
    def figure(evaluation: Evaluation) -> Figure | None:
        source = evaluation.sources.get(name)
        return read(source.presence) if source and source.presence else None

    return figure


def _dice(evaluation: Evaluation) -> Figure | None:
    source = evaluation.sources.get("brain_t1ce")
    return source.outlines.mean if source and source.outlines else None


def _median_dice(evaluation: Evaluation) -> Figure | None:
    source = evaluation.sources.get("brain_t1ce")
    return source.outlines.median if source and source.outlines else None


def _worst_class(types: Types) -> Figure | None:
    found = [c.precision.at_50 for c in types.classes.values() if c.precision.at_50]
    return min(found, key=lambda figure: figure.value, default=None)


IN_DOUBT = Target("type: share in doubt", "-", None, 0.10, _types(lambda t: t.doubt_share))
TARGETS = (
    Target(
        "type of tumour per slice, nothing given", "0.913 (Cheng 2015, region given); 0.940 to 0.948", 0.96, None,
        _types(lambda t: t.accuracy),
    ),
    Target("detection, mAP50 over the types", "0.776 (Faster R-CNN)", 0.88, None,
           _types(lambda t: t.mean_precision.at_50)),
    Target("detection, AP50 of the worst type", "0.682 (Faster R-CNN, pituitary)", 0.82, None, _types(_worst_class)),
    Target("segmentation, mean Dice", "0.72 (Badza 2021); 0.828 (Diaz-Pernas 2021)", 0.86, None, _dice),
    Target("segmentation, median Dice", "-", 0.90, None, _median_dice),
    Target("type: accuracy where it is not in doubt, if the next row is reached too", "-", 0.98, None,
           _types(lambda t: t.certain_accuracy), IN_DOUBT),
    IN_DOUBT,
    Target("type: calibration error (ECE)", "-", None, 0.03, _types(lambda t: t.reliability.error)),
    *(
        target
        for name, least in (("brain_lgg", 0.95), ("brain_br35h", 0.97))
        for target in (
            Target(f"tumour or none in {name}, AUC", "-", least, None, _presence(name, lambda p: p.auc)),
            Target(f"... sensitivity of {name}", "-", 0.90, None, _presence(name, lambda p: p.sensitivity)),
            Target(f"... reported regions per tumour-free slice of {name}", "-", None, 0.1,
                   _presence(name, lambda p: p.false_regions)),
            Target(f"... calibration error of {name}", "-", None, 0.03, _presence(name, lambda p: p.reliability.error)),
        )
    ),
)  # fmt: skip
