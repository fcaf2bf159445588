"""What a run was begun with, noted in its folder: nothing else goes on with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from models.errors import ReleaseError
from models.files import replaced
from models.training.beginning import find_parent
from models.training.choices import Values, choices, unusual
from models.training.config import Config
from models.training.packing import Pack
from models.training.progress import epochs_done

NOTE = "config.json"


def require_same_run(config: Config, pack: Pack, train: Sequence[int], run: Path) -> None:
    """Note in a fresh `run` what decides its weights: the config, and the images `train` of the pack.

    Raises ReleaseError where `run` was begun with something else: no run mixes two.
    """
    note, mine = run / NOTE, _decisive(config, pack, train)
    if not note.exists() and not epochs_done(run):
        with replaced(note) as fresh:
            fresh.write_text(json.dumps(mine, indent=1) + "\n", encoding="utf-8")
    elif not note.exists() or not _same(_read(note), mine):
        raise ReleaseError(
            f"{run} was begun with another config or other images; name another folder with --run, or remove it."
        )


def _decisive(config: Config, pack: Pack, train: Sequence[int]) -> Values:
    """As JSON values. `images` stands for what is known of them, `pixels` for themselves."""
    images = [(pack.pools[i], pack.groups[i], pack.tumours[i], pack.labels[i]) for i in train]
    facts = hashlib.sha256(repr((pack.images.shape[1:], images)).encode()).hexdigest()
    values = {**choices(config), "images": facts, "pixels": pack.digest}
    parent = find_parent(config)  # by its id: a name may stand for other weights tomorrow
    return values | {"begins_from": parent.release.id} if parent else values


def _same(begun: Values, mine: Values) -> bool:
    """Whether both give the same weights; runs from before pixels were noted are told apart by `images` alone.

    What stands at its default may be missing in the note of a run from before there was a choice.
    """
    return unusual({"pixels": mine["pixels"], **begun}) == unusual(mine)


def _read(note: Path) -> Values:
    try:
        return dict(json.loads(note.read_text(encoding="utf-8")))
    except ValueError:
        return {}
