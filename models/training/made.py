"""What only training knows of a release, for its card and for its figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from models.collections import COLLECTIONS, collection_of, patient_of, several_types
from models.errors import TrainingDataError
from models.evaluation.released import Made
from models.evaluation.words import WORDS
from models.known_patients import KnownPatients
from models.release import NO_FOLD
from models.training.batches import STEP_DROPOUT
from models.training.beginning import find_parent
from models.training.choices import design
from models.training.config import Config, load_config
from models.training.packing import Pack
from models.training.splitting import Split


def known_patients(pack: Pack, parts: Split) -> KnownPatients:
    """Whom training and calibration were given."""
    trained, calibrated = (
        {patient_of(pack.pools[i], pack.groups[i]) for i in part} for part in (parts.train, parts.calibration)
    )
    return KnownPatients.of(trained, calibrated)


def made_by(config: Config, pack: Pack, calibration: Iterable[int]) -> Made:
    """What a card says of training on `pack`; `calibration`: the images that calibration was fitted on."""
    sources = sorted({collection_of(pool) for pool in pack.pools})
    known = [c for c in COLLECTIONS if c.folder in sources]
    return Made(
        config=config.name,
        seed=config.seed,
        epochs=config.epochs,
        size=config.recipe.size,
        fold="none" if config.fold == NO_FOLD else str(config.fold),
        calibration=f"{_counts(pack, calibration)} {WORDS[config.kind].images} of known type",
        synthetic=config.per_epoch.get("synthetic", 0),
        collections=(*(c.about for c in known), *_unknown(sources)),
        notes=config.notes,
        shipped_config=_shipped(config),
        left_out=dict(STEP_DROPOUT),
        limits=tuple(c.limit for c in known),
        sources=tuple(sources),
        design=design(config),
        begins_from=f"{parent.release.name} {parent.release.version}" if (parent := find_parent(config)) else "",
    )


def _shipped(config: Config) -> bool:
    """Whether models/configs has this very config, whatever its fold."""
    try:
        return replace(load_config(config.name), fold=config.fold) == config
    except TrainingDataError:
        return False


def _unknown(sources: list[str]) -> list[str]:
    others = sorted(set(sources) - {c.folder for c in COLLECTIONS})
    return [f"Images listed in a folder {name}, of which nothing else is known here." for name in others]


def _counts(pack: Pack, calibration: Iterable[int]) -> str:
    """How many images of each known type there were: a type that is missing is calibrated by analogy only."""
    typed = several_types(zip(pack.pools, pack.labels, strict=True))
    labels = (pack.labels[i] for i in calibration if pack.pools[i] in typed)
    counts = Counter(label for label in labels if label)
    return ", ".join(f"{counts[label]} {label}" for label in sorted(counts)) or "no"
