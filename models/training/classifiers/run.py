"""The whole of `oncoqueue train classic` and `train type`: from a folder of pictures to a release with its card."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from models.classifiers.crop import CropRecipe
from models.classifiers.litert import LiteRTClassifier
from models.classifiers.release import LiteRTRelease
from models.collections import patient_of
from models.errors import TrainingDataError
from models.evaluation.card import EVALUATION_FILE, write_card
from models.evaluation.decoding import encode
from models.known_patients import KnownPatients
from models.release import Release
from models.training.classifiers.blending import Beside, blend_with
from models.training.classifiers.config import ClassifierConfig
from models.training.classifiers.division import divide, split_notes
from models.training.classifiers.drawing import draw_confusion, draw_curves
from models.training.classifiers.export import export_release
from models.training.classifiers.figures import CARD, ClassifierFigures
from models.training.classifiers.fit import best_epoch, fit, read_history
from models.training.classifiers.folders import Cut, Folder, Part, read_folder
from models.training.classifiers.measure import measure, measure_in_pipeline
from models.training.classifiers.pictures import Prepared, arrange, readable

log = logging.getLogger(__name__)
NAMED = 5  # unreadable files in the log; all are in the run's pictures.json


def train_classifier(
    config: ClassifierConfig, data: Path, test: Path | None, run: Path, out: Path, beside: Beside | None
) -> LiteRTRelease:
    """A finished release in `out`, from a folder of pictures for each class; goes on where `run` stopped.

    `beside`: weigh it against a network, and measure it at work in the pipeline, on the fold that both left out.
    Raises TrainingDataError.
    """
    folder = read_folder(data, test)
    config = _sized(config, folder)
    if beside is not None:
        _require_cut_for(beside.network, folder.cut, data)
    prepared = _prepare(config, folder, run)
    notes = split_notes(folder, prepared.pictures)
    _tell(prepared, notes)
    model = fit(config, run / "pictures", folder.classes, run)
    draw_curves(read_history(run), run / "curves.png")
    crop = folder.cut.crop if folder.cut else CropRecipe(config.size)
    release = export_release(config, model, folder.classes, crop, prepared.of(Part.VALIDATION), out)
    _known_patients(folder, prepared, data).save(out)
    if beside is not None:
        release = blend_with(release, beside.network, beside.collections)
    figures = _figures(config, folder, prepared, run, release, notes)
    if beside is not None:
        figures = replace(figures, in_pipeline=measure_in_pipeline(release, beside.network, beside.collections))
    (out / EVALUATION_FILE).write_text(json.dumps(encode(figures), indent=1) + "\n", encoding="utf-8")
    title = f"{release.name} {release.version}, test. Research use only."
    draw_confusion(figures.test.confusion, title, run / "confusion.png")
    write_card(out)
    log.info("right on %d test pictures: %s", figures.test.pictures, figures.test.accuracy)
    return release


def _require_cut_for(network: Release, cut: Cut | None, data: Path) -> None:
    """Raises TrainingDataError where the pictures were not divided by the network's own note of whom it knows."""
    if cut is None:
        raise TrainingDataError(f"Nothing in {data} says who was left out; `oncoqueue cut-regions` notes it.")
    if cut.network != network.id:
        raise TrainingDataError(
            f"The pictures were cut for the network {cut.network}, not for {network.id}, which knows other patients; "
            "cut them again with --network."
        )


def _known_patients(folder: Folder, prepared: Prepared, data: Path) -> KnownPatients:
    """Cut pictures name patients as collections do; others are told by the folder that they came from."""
    names = {p: p.group if folder.cut else patient_of(data.resolve().name, p.group) for p in prepared.pictures}
    return KnownPatients.of(
        (name for p, name in names.items() if p.part is Part.TRAIN),
        (name for p, name in names.items() if p.part is Part.VALIDATION),
    )


def _sized(config: ClassifierConfig, folder: Folder) -> ClassifierConfig:
    """Pictures that were cut are used at the size at which inference will cut them."""
    return config if folder.cut is None else replace(config, size=folder.cut.crop.size)


def _prepare(config: ClassifierConfig, folder: Folder, run: Path) -> Prepared:
    """The pictures in their places under `run`, made once. Raises TrainingDataError for a run of something else."""
    begun, place = run / "begun.txt", run / "pictures.json"
    mine = _fingerprint(config, folder)
    if begun.exists() and begun.read_text(encoding="utf-8") != mine:
        raise TrainingDataError(
            f"{run} was begun with other pictures or settings; name another folder with --run, or remove it."
        )
    if not place.exists():
        good, left_out = readable(folder.pictures, config.size, run / "pictures")
        divided = divide(good, folder.classes, config.test_share, config.validation_share, config.seed)
        Prepared(tuple(arrange(divided, run / "pictures")), tuple(left_out)).save(place)
        begun.write_text(mine, encoding="utf-8")
    return Prepared.load(place)


def _fingerprint(config: ClassifierConfig, folder: Folder) -> str:
    """Stands for everything that decides the weights; file sizes stand for contents."""
    files = [(str(p.file), p.group, str(p.part), p.file.stat().st_size) for p in folder.pictures]
    return hashlib.sha256(repr((config, folder.cut, files)).encode()).hexdigest()


def _tell(prepared: Prepared, notes: Sequence[str]) -> None:
    counts = Counter((p.part, p.label) for p in prepared.pictures)
    log.info("pictures: %s", ", ".join(f"{part} {label} {count}" for (part, label), count in sorted(counts.items())))
    if prepared.left_out:
        named = "; ".join(f"{left.file}: {left.reason}" for left in prepared.left_out[:NAMED])
        log.warning("%d files cannot be read and are left out: %s", len(prepared.left_out), named)
    for note in notes:
        log.warning("%s", note)


def _figures(
    config: ClassifierConfig,
    folder: Folder,
    prepared: Prepared,
    run: Path,
    release: LiteRTRelease,
    notes: Sequence[str],
) -> ClassifierFigures:
    classifier, history = LiteRTClassifier(release), read_history(run)
    trained = Counter(p.label for p in prepared.of(Part.TRAIN))
    return ClassifierFigures(
        card=CARD,
        network=config.network,
        release=release.id,
        trained_on={label: trained[label] for label in folder.classes},
        epochs=best_epoch(history) if config.early_stopping else len(history),
        early_stopping=config.early_stopping,
        seed=config.seed,
        fold=folder.cut.fold if folder.cut else None,
        test=measure(classifier, prepared.of(Part.TEST)),
        validation=measure(classifier, prepared.of(Part.VALIDATION)),
        in_pipeline=None,
        left_out=len(prepared.left_out),
        notes=(*(folder.cut.sources if folder.cut else ()), *notes),
    )
