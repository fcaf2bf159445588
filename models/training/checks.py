"""What would show only after hours of training, asked before it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from models.collections import UNFOLDED
from models.errors import TrainingDataError
from models.release import NO_FOLD
from models.report import Kind
from models.training.config import Config
from models.training.packing import Pack
from models.training.splitting import Split

log = logging.getLogger(__name__)
SYNTHETIC = "synthetic"  # the pool that is drawn anew for each run
PACK_SAYS_ALL = frozenset({Kind.BRAIN_MRI})  # in images of other kinds, calibration goes lesion by lesion


def require_lesions(config: Config, data: Path | None, backend: str) -> None:
    """Raises TrainingDataError where a command without `data` would end with a calibration that needs it.

    Under a backend other than TensorFlow it only fits: a pack is enough for that.
    """
    if data is None and backend == "tensorflow" and config.kind not in PACK_SAYS_ALL:
        raise TrainingDataError(
            f"The score of a {config.kind.value} finding is calibrated lesion by lesion, and a pack does not say where "
            "each of them lies: name the collections with --data as well."
        )


def require_trainable(config: Config, pack: Pack, parts: Split, typed: Collection[str]) -> None:
    """Raises TrainingDataError where the images cannot give the release that the config asks for.

    typed: the pools whose types can be learnt from. What is missing and can be done without is logged.
    """
    _require_fold(config, pack, parts)
    _require_pools(config, pack)
    _require_calibration(config, pack, parts, typed)
    drawn = {pack.pools[i] for i in parts.train} | {SYNTHETIC}
    if missing := sorted(set(config.per_epoch) - drawn):
        log.warning("no image to train on of %s, which the config names", ", ".join(missing))
    if unknown := sorted({label for label in pack.labels if label} - set(config.types)):
        log.warning("%s is no type of the config: the place is learnt, the type not", ", ".join(unknown))


def _require_fold(config: Config, pack: Pack, parts: Split) -> None:
    """Where nobody would be held out, though the release would say so."""
    if config.fold != NO_FOLD and not parts.test:
        there = ", ".join(map(str, sorted({fold for fold in pack.folds if fold != UNFOLDED}))) or "none"
        raise TrainingDataError(
            f"No image lies in fold {config.fold}, which was to be held out (folds here: {there}); --fold names "
            "another, and --fold all holds nobody out."
        )


def _require_pools(config: Config, pack: Pack) -> None:
    """Where images are there that no epoch would draw."""
    unnamed = {pool: n for pool, n in Counter(pack.pools).items() if pool not in config.per_epoch}
    if unnamed:
        counts = ", ".join(f"{n} images of {pool!r}" for pool, n in unnamed.items())
        lines = ", ".join(f'"{pool}" = 0' for pool in unnamed)
        raise TrainingDataError(
            f"The config {config.name!r} would train on none of {counts}: add {lines} to [per_epoch] in a copy of its "
            "file, and train that file. 0 takes all of them once an epoch, another number that many."
        )


def _require_calibration(config: Config, pack: Pack, parts: Split, typed: Collection[str]) -> None:
    """Where those kept aside leave a figure of the calibration open."""
    kept = parts.calibration
    kinds = {pack.tumours[i] for i in kept}
    if kinds != {True, False}:
        there = "none of either" if not kinds else f"only those {'with' if kinds == {True} else 'without'}"
        raise TrainingDataError(
            f"Calibration needs slices with and without a tumour, and among the {len(kept)} that are kept aside for it "
            f"(a share of {config.calibration_share} of the groups of each kind) there are {there}."
        )
    if not any(pack.labels[i] in config.types and pack.pools[i] in typed for i in kept):
        raise TrainingDataError(
            f"Calibration needs tumours of known type ({', '.join(config.types)}), from a collection that has two "
            f"types or more, and there are none among the {len(kept)} slices that are kept aside for it."
        )
