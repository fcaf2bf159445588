"""Weights on disk: float16 arrays by variable path in one .npz, half the size and no loss that a figure shows."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import keras
import numpy as np


def save_half_weights(model: keras.Model, path: Path) -> None:
    """All weights of the model, batch-norm averages included."""
    arrays: dict[str, Any] = {v.path: np.asarray(v).astype(np.float16) for v in model.weights}
    np.savez_compressed(path, **arrays)


def load_half_weights(model: keras.Model, path: Path, but: Collection[str] = ()) -> None:
    """All weights but those of the layers named by `but`.

    Raises KeyError where the file lacks a variable of the model, ValueError where a shape differs.
    """
    with np.load(path) as arrays:
        for variable in model.weights:
            if variable.path.split("/")[0] in but:
                continue
            variable.assign(arrays[variable.path].astype(np.float32))
