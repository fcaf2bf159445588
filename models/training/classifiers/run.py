"""The whole of `oncoqueue train classic` and `train type`: from a folder of pictures to a release with its card."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from models.classifiers.release import LiteRTRelease
from models.collections import patient_of
from models.evaluation.card import write_figures
from models.known_patients import KnownPatients
from models.training.classifiers.at_work import measure_in_pipeline
from models.training.classifiers.beside import Beside, require_fit
from models.training.classifiers.blending import Opinions, blend_with, opinions_of
from models.training.classifiers.config import ClassifierConfig
from models.training.classifiers.drawing import draw_confusion
from models.training.classifiers.export import export_release
from models.training.classifiers.fit import fit
from models.training.classifiers.folders import Folder, Part, read_folder
from models.training.classifiers.generators import training_generator
from models.training.classifiers.measure import figures_of
from models.training.classifiers.pictures import Prepared
from models.training.classifiers.preparing import PICTURES, prepare_pictures
from models.training.curves import draw_curves
from models.training.progress import read_history

log = logging.getLogger(__name__)


def train_classifier(
    config: ClassifierConfig, data: Path, test: Path | None, run: Path, out: Path, beside: Beside | None
) -> LiteRTRelease:
    """A finished release in `out`, from a folder of pictures for each class; goes on where `run` stopped.

    `beside`: weigh it against a network, and measure it at work in the pipeline, on the fold that both left out.
    Raises TrainingDataError for what cannot be trained on, before it is.
    """
    folder = read_folder(data, test)
    config = config if folder.cut is None else replace(config, size=folder.cut.crop.size, kind=folder.cut.kind)
    training_generator(config)  # refuses what it does not take now, not after minutes of reading pictures
    own = _require_beside(beside, folder, data) if beside else None
    prepared = prepare_pictures(config, folder, run)
    model = fit(config, run / PICTURES, folder.classes, run)
    draw_curves(run)
    release = export_release(config, model, folder, prepared.of(Part.VALIDATION), out)
    _known_patients(folder, prepared, data).save(out)
    figures = figures_of(release, config, folder, prepared, read_history(run))  # of itself, before it is weighed
    if beside and own:
        release = blend_with(release, own)
        figures = replace(figures, in_pipeline=measure_in_pipeline(release, beside))
    write_figures(out, replace(figures, release=release.id))
    draw_confusion(figures.test.confusion, f"{release.id}, test. Research use only.", run / "confusion.png")
    log.info("right on %d test pictures: %s", figures.test.pictures, figures.test.accuracy)
    return release


def _require_beside(beside: Beside, folder: Folder, data: Path) -> Opinions:
    require_fit(beside, folder, data)
    return opinions_of(beside)


def _known_patients(folder: Folder, prepared: Prepared, data: Path) -> KnownPatients:
    """Cut pictures name patients as collections do; others are told by the folder that they came from."""
    names = {p: p.group if folder.cut else patient_of(data.resolve().name, p.group) for p in prepared.pictures}
    return KnownPatients.of(
        (name for p, name in names.items() if p.part is Part.TRAIN),
        (name for p, name in names.items() if p.part is Part.VALIDATION),
    )
