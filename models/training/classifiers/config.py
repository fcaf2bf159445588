"""What decides the weights of a classifier."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import Any

from models.errors import TrainingDataError
from models.training.config import CONFIG_FOLDER

SEQUENTIAL, EFFICIENTNET = "sequential", "efficientnet-lite0"


@dataclass(frozen=True)
class ClassifierConfig:
    """The values of `models/configs/classic.toml` and `type.toml`, where they are explained.

    augmentation: ImageDataGenerator's arguments; filters: of the sequential network's blocks.
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
    early_stopping: bool = False
    filters: tuple[int, ...] = ()
    frozen_blocks: int = 0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        if self.network not in (SEQUENTIAL, EFFICIENTNET):
            raise TrainingDataError(f"network is {self.network!r}; it can be {SEQUENTIAL} or {EFFICIENTNET}.")


def load_classifier_config(name: str) -> ClassifierConfig:
    """The shipped configuration of "classic" or "type"."""
    values = tomllib.loads((CONFIG_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    values["filters"] = tuple(values.get("filters", ()))
    return ClassifierConfig(**values)
