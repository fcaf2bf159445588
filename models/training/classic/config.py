"""What decides the weights of a classic classifier."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import Any

from models.training.config import CONFIG_FOLDER


@dataclass(frozen=True)
class ClassicConfig:
    """The values of `models/configs/classic.toml`, where they are explained. `augmentation`: ImageDataGenerator's."""

    name: str
    version: str
    size: int
    epochs: int
    patience: int
    batch: int
    learning_rate: float
    seed: int
    filters: tuple[int, ...]
    dense: int
    dropout: float
    test_share: float
    validation_share: float
    augmentation: dict[str, Any]
    early_stopping: bool = False


def load_classic_config() -> ClassicConfig:
    """The shipped configuration."""
    values = tomllib.loads((CONFIG_FOLDER / "classic.toml").read_text(encoding="utf-8"))
    values["filters"] = tuple(values["filters"])
    return ClassicConfig(**values)
