"""What a run was begun with, noted in its folder: nothing else goes on with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import MISSING, asdict, fields, replace
from pathlib import Path
from typing import Any

from models.errors import ReleaseError
from models.files import replaced
from models.preprocessing import Recipe
from models.training.augmentation import UNVARIED
from models.training.config import Config, Stage
from models.training.packing import Pack
from models.training.progress import epochs_done

NOTE = "config.json"
USUAL_STAGE = {field.name: field.default for field in fields(Stage) if field.default is not MISSING}
Values = dict[str, Any]


def require_same_run(config: Config, pack: Pack, train: Sequence[int], run: Path) -> None:
    """Note in a fresh `run` what decides its weights: the config, and the images `train` of the pack.

    Raises ReleaseError where `run` was begun with something else: no run mixes two.
    """
    note, mine = run / NOTE, _decisive(config, pack, train)
    if not note.exists() and not epochs_done(run):
        with replaced(note) as fresh:
            fresh.write_text(json.dumps(mine, indent=1) + "\n", encoding="utf-8")
    elif not note.exists() or not _same(_read(note), mine, config):
        raise ReleaseError(
            f"{run} was begun with another config or other images; name another folder with --run, or remove it."
        )


def _decisive(config: Config, pack: Pack, train: Sequence[int]) -> Values:
    """As JSON values. `images` stands for what is known of them, `pixels` for themselves."""
    images = [(pack.pools[i], pack.groups[i], pack.tumours[i], pack.labels[i]) for i in train]
    facts = hashlib.sha256(repr((pack.images.shape[1:], images)).encode()).hexdigest()
    values = {**asdict(replace(config, notes=(), workers=0)), "images": facts, "pixels": pack.digest}
    return dict(json.loads(json.dumps(values)))


def _same(begun: Values, mine: Values, config: Config) -> bool:
    """Whether both give the same weights; runs from before pixels were noted are told apart by `images` alone."""
    return _compared({"pixels": mine["pixels"], **begun}, config) == _compared(mine, config)


def _compared(noted: Values, config: Config) -> Values:
    """Without what stands at its default, and so may be missing in the note of a run from before there was a choice."""
    optional = {f.name: f.default for f in fields(config) if f.default is not MISSING}
    usual = json.loads(json.dumps(asdict(replace(config, **optional))))
    kept = {key: value for key, value in noted.items() if key not in optional or value != usual[key]}
    parts = {"recipe": asdict(Recipe()), "variation": asdict(UNVARIED)}
    changed = {name: _unusual(noted.get(name, {}), plain) for name, plain in parts.items()}
    return kept | changed | {"stages": [_unusual(stage, USUAL_STAGE) for stage in noted.get("stages", ())]}


def _unusual(values: Values, usual: Values) -> Values:
    """What does not stand at its default."""
    return {key: value for key, value in values.items() if key not in usual or value != usual[key]}


def _read(note: Path) -> Values:
    try:
        return dict(json.loads(note.read_text(encoding="utf-8")))
    except ValueError:
        return {}
