"""What decides the weights of a classifier."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.errors import TrainingDataError
from models.report import Kind
from models.training.config import CONFIG_FOLDER
from models.training.settings import Bounds, require_settings, require_within

SEQUENTIAL, EFFICIENTNET = "sequential", "efficientnet-lite0"
SHIPPED_CONFIGS = {SEQUENTIAL: "classic", EFFICIENTNET: "type"}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # stands in ids, which are joined by +, and names a folder
BOUNDS: Bounds = {
    "size": (32, 512),
    "epochs": (1, 10_000),
    "patience": (1, 10_000),
    "batch": (1, 4096),
    "learning_rate": (1e-7, 1),
    "dense": (1, 65_536),
    "seed": (0, 2**31 - 1),
    "test_share": (0.02, 0.5),
    "validation_share": (0.02, 0.5),
    "dropout": (0, 0.95),
    "reweighted": (0, 1),
}


@dataclass(frozen=True)
class ClassifierConfig:
    """The values of `models/configs/classic.toml` and `type.toml`, where they are explained.

    augmentation: ImageDataGenerator's arguments; reweighted: the share of pictures under another weighting's contrast;
    kind: of the images, unless `oncoqueue cut-regions` noted it; it decides no weights, so no run is known by it.
    filters: of the sequential network's blocks; source: the shipped config's name, or the file of another one. Raises
    TrainingDataError for a value that cannot be.
    """

    network: str
    name: str
    version: str
    size: int
    epochs: int
    patience: int
    batch: int
    learning_rate: float
    seed: int
    dense: int
    dropout: float
    test_share: float
    validation_share: float
    augmentation: dict[str, Any]
    reweighted: float = 0.0
    early_stopping: bool = False
    filters: tuple[int, ...] = ()
    frozen_blocks: int = 0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    source: str = ""
    kind: str = field(default=Kind.BRAIN_MRI, repr=False)

    def __post_init__(self) -> None:
        if self.network not in SHIPPED_CONFIGS:
            raise TrainingDataError(f"network is {self.network!r}; it can be {' or '.join(SHIPPED_CONFIGS)}.")
        if self.kind not in set(Kind):
            raise TrainingDataError(f"kind is {self.kind!r}; it can be {', '.join(Kind)}.")
        for key in ("name", "version"):
            if not NAME.fullmatch(getattr(self, key)):
                raise TrainingDataError(f"{key} is {getattr(self, key)!r}; it takes letters, digits, '.', '_' and '-'.")
        for key, bounds in BOUNDS.items():
            require_within(key, getattr(self, key), bounds)
        if min(self.filters, default=1) < 1:
            raise TrainingDataError(f"filters is {list(self.filters)}; each is 1 at least.")
        if self.size >> len(self.filters) < 1:
            raise TrainingDataError(
                f"{len(self.filters)} blocks halve {self.size} pixels to nothing; take fewer filters."
            )


def load_classifier_config(shipped: str, own: Path | None = None) -> ClassifierConfig:
    """The shipped configuration "classic" or "type"; what the TOML file `own` names, tables whole, replaces its values.

    Raises TrainingDataError where the file cannot be read, or holds what is no setting.
    """
    values = tomllib.loads((CONFIG_FOLDER / f"{shipped}.toml").read_text(encoding="utf-8"))
    if own is not None:
        try:
            values |= tomllib.loads(own.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise TrainingDataError(f"The config {own} cannot be read: {error}.") from error
    try:
        require_settings(ClassifierConfig, values, BOUNDS)
        values["filters"] = tuple(values.get("filters", ()))
        return ClassifierConfig(**{**values, "source": own.name if own else shipped})
    except TrainingDataError as error:
        raise TrainingDataError(f"The config {own or shipped} cannot be used: {error}") from error
