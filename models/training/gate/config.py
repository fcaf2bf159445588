"""How the gate is trained: one TOML file as a frozen dataclass."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.training.config import CONFIG_FOLDER


@dataclass(frozen=True)
class GateConfig:
    """`variants`: pictures made of each one, by collection; `unseen`: gathered sources that only test, in words.

    `train_only`: sources too small to hold anything out; left-out kinds are what they are tested by. `notes`, `limits`:
    for the model card.
    """

    name: str
    version: str
    fold: int
    seed: int
    components: int
    hidden: int
    members: int
    weight_decay: float
    epochs: int
    whitened: int
    prototypes: int
    drawn: int
    as_ct: int
    most_gathered: int
    variants: Mapping[str, int]
    train_only: Sequence[str]
    unseen: Mapping[str, str]
    notes: Sequence[str] = ()
    limits: Sequence[str] = ()

    def is_unseen(self, kind: str, source: str) -> bool:
        """Whether a gathered source, or its whole kind, is kept from training."""
        return kind in self.unseen or f"{kind}/{source}" in self.unseen


def load_gate_config(path: Path = CONFIG_FOLDER / "gate.toml") -> GateConfig:
    """Raises OSError, or TypeError for a key that is missing or unknown."""
    return GateConfig(**tomllib.loads(path.read_text(encoding="utf-8")))
