"""Goals for mammograms and chest X-rays, with published figures."""

from __future__ import annotations

from collections.abc import Callable

from models.collections.chest import CHEST_DRR, FROM_8_MM, FROM_15_MM
from models.collections.chest import SUSPICIOUS as SUSPICIOUS_OPACITY
from models.collections.collection import Collection
from models.collections.mammograms import ALL_LOCATED, MAMMO_MIAS, OF_MASSES
from models.collections.mammograms import SUSPICIOUS as SUSPICIOUS_LESION
from models.evaluation.figures import Evaluation, Figure, Source
from models.evaluation.targets.target import Target, of_source

Read = Callable[[Evaluation], Figure | None]


def _found(of: Collection, group: str, rate: str) -> Read:
    """Share of a group's lesions found at so many false candidates per image."""

    def read(source: Source) -> Figure | None:
        lesions = source.detection.lesions.get(group) if source.detection else None
        return lesions.sensitivity_at.get(rate) if lesions else None

    return of_source(of.folder, read)


def _told(of: Collection, label: str) -> Read:
    """AUC of a type against the rest, over lesions that were found."""

    def read(source: Source) -> Figure | None:
        return source.types.classes[label].auc if source.types and label in source.types.classes else None

    return of_source(of.folder, read)


MAMMOGRAM_TARGETS = (
    Target("mammogram: masses found at 1 false candidate per image",
           "0.90 at 0.3 on INbreast (Ribli 2018); 0.99 malignant, 0.85 benign at 1.0 to 1.2 (Agarwal 2020); both with "
           "far more training data; none sound on mini-MIAS", 0.85, None, _found(MAMMO_MIAS, OF_MASSES, "1")),
    Target("... all located lesions at 2", "-", 0.75, None, _found(MAMMO_MIAS, ALL_LOCATED, "2")),
    Target("mammogram: a malignant finding in the image, AUC",
           "0.88 on CBIS-DDSM, 0.95 on INbreast (Shen 2019, large data)", 0.85, None,
           of_source(MAMMO_MIAS.folder, lambda source: source.malignant.auc if source.malignant else None)),
    Target("mammogram: benign or suspicious, of lesions that are found, AUC", "-", 0.80, None,
           _told(MAMMO_MIAS, SUSPICIOUS_LESION)),
)  # fmt: skip
CHEST_TARGETS = (
    Target("simulated chest X-rays: nodules of 15 mm or more found at 2 false candidates per image",
           "0.714 at 2.0, 0.786 at 5.0 (Chen 2011, JSRT: real films, nodules chosen to be visible)", 0.75, None,
           _found(CHEST_DRR, FROM_15_MM, "2")),
    Target("... of 8 mm or more at 2", "-", 0.50, None, _found(CHEST_DRR, FROM_8_MM, "2")),
    Target("simulated chest X-rays: suspicious or not, of nodules that are found, AUC", "-", 0.80, None,
           _told(CHEST_DRR, SUSPICIOUS_OPACITY)),
)  # fmt: skip
