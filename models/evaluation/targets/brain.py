"""Goals for brain MRI, with the best published figures by patient."""

from __future__ import annotations

from collections.abc import Callable

from models.evaluation.figures import Evaluation, Figure, Outlines, Presence, Types
from models.evaluation.targets.target import Target, of_source


def _types(read: Callable[[Types], Figure | None]) -> Callable[[Evaluation], Figure | None]:
    return of_source("brain_t1ce", lambda source: read(source.types) if source.types else None)


def _presence(name: str, read: Callable[[Presence], Figure | None]) -> Callable[[Evaluation], Figure | None]:
    return of_source(name, lambda source: read(source.presence) if source.presence else None)


def _outlines(read: Callable[[Outlines], Figure | None]) -> Callable[[Evaluation], Figure | None]:
    return of_source("brain_t1ce", lambda source: read(source.outlines) if source.outlines else None)


def _worst_class(types: Types) -> Figure | None:
    found = [c.precision.at_50 for c in types.classes.values() if c.precision.at_50]
    return min(found, key=lambda figure: figure.value, default=None)


def _presence_targets(name: str, least_auc: float) -> tuple[Target, ...]:
    """Tumour or none in one source: its sensitivity counts only at few reported regions on tumour-free slices."""
    false_regions = Target(
        f"... reported regions per tumour-free slice of {name}", "-", None, 0.1,
        _presence(name, lambda p: p.false_regions),
    )  # fmt: skip
    return (
        Target(f"tumour or none in {name}, AUC", "-", least_auc, None, _presence(name, lambda p: p.auc)),
        Target(f"... sensitivity of {name}, if the next row is reached too", "-", 0.90, None,
               _presence(name, lambda p: p.sensitivity), false_regions),
        false_regions,
        Target(f"... calibration error of {name}", "-", None, 0.03, _presence(name, lambda p: p.reliability.error)),
    )  # fmt: skip


IN_DOUBT = Target("type: share in doubt", "-", None, 0.10, _types(lambda t: t.doubt_share))
BRAIN_TARGETS = (
    Target(
        "type of tumour per slice, nothing given", "0.913 (Cheng 2015, region given); 0.940 to 0.948", 0.96, None,
        _types(lambda t: t.accuracy),
    ),
    Target("detection, mAP50 over the types", "0.776 (Faster R-CNN)", 0.88, None,
           _types(lambda t: t.mean_precision.at_50)),
    Target("detection, AP50 of the worst type", "0.682 (Faster R-CNN, pituitary)", 0.82, None, _types(_worst_class)),
    Target("segmentation, mean Dice", "0.72 (Badza 2021); 0.828 (Diaz-Pernas 2021)", 0.86, None,
           _outlines(lambda o: o.mean)),
    Target("segmentation, median Dice", "-", 0.90, None, _outlines(lambda o: o.median)),
    Target("type: accuracy where it is not in doubt, if the next row is reached too", "-", 0.98, None,
           _types(lambda t: t.certain_accuracy), IN_DOUBT),
    IN_DOUBT,
    Target("type: calibration error (ECE)", "-", None, 0.03, _types(lambda t: t.reliability.error)),
    *_presence_targets("brain_lgg", 0.95),
    *_presence_targets("brain_br35h", 0.97),
)  # fmt: skip
