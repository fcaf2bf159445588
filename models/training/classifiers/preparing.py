"""The pictures of a run, divided and in their places: made once, and only for the run that they were made for."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from dataclasses import replace
from pathlib import Path

from models.errors import TrainingDataError
from models.files import replaced
from models.training.classifiers.config import ClassifierConfig
from models.training.classifiers.division import divide
from models.training.classifiers.folders import Folder
from models.training.classifiers.notes import split_notes
from models.training.classifiers.pictures import Prepared, arrange, readable

log = logging.getLogger(__name__)
BEGUN, PREPARED, PICTURES = "begun.txt", "pictures.json", "pictures"
NAMED = 5  # unreadable files in the log; all are in the run's pictures.json


def prepare_pictures(config: ClassifierConfig, folder: Folder, run: Path) -> Prepared:
    """The pictures of `folder` under `run`. Raises TrainingDataError for a run that was begun with something else."""
    begun, mine = run / BEGUN, _fingerprint(config, folder)
    if begun.exists() and begun.read_text(encoding="utf-8") != mine:
        raise TrainingDataError(
            f"{run} was begun with other pictures or settings; name another folder with --run, or remove it."
        )
    run.mkdir(parents=True, exist_ok=True)
    with replaced(begun) as path:
        path.write_text(mine, encoding="utf-8")
    if not (run / PREPARED).exists():
        good, left_out = readable(folder.pictures, config.size, run / PICTURES)
        divided = divide(good, folder.classes, config.test_share, config.validation_share, config.seed)
        notes = tuple(split_notes(folder, divided))
        Prepared(tuple(arrange(divided, run / PICTURES)), tuple(left_out), notes).save(run / PREPARED)
    prepared = Prepared.load(run / PREPARED)
    _tell(prepared)
    return prepared


def _fingerprint(config: ClassifierConfig, folder: Folder) -> str:
    """Stands for everything that decides the weights, wherever it lies: names and version do not."""
    files = [
        (p.file.name, p.label, p.group, str(p.part), hashlib.sha256(p.file.read_bytes()).hexdigest())
        for p in folder.pictures
    ]
    decisive = replace(config, name="name", version="0", source="")
    return hashlib.sha256(repr((decisive, folder.cut, files)).encode()).hexdigest()


def _tell(prepared: Prepared) -> None:
    counts = Counter((p.part, p.label) for p in prepared.pictures)
    log.info("pictures: %s", ", ".join(f"{part} {label} {count}" for (part, label), count in sorted(counts.items())))
    if prepared.left_out:
        named = "; ".join(f"{left.file}: {left.reason}" for left in prepared.left_out[:NAMED])
        log.warning("%d files cannot be read and are left out: %s", len(prepared.left_out), named)
    for note in prepared.notes:
        log.warning("%s", note)
