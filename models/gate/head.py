"""The gate's last layers, small enough for NumPy: what the features look like, and how far they lie from what is known.

A distance refuses what no class foresaw: Mahalanobis to prototypes, after Lee 2018 (arXiv:1807.03888).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from models.calibration import softmax


@dataclass(frozen=True, eq=False)
class GateHead:
    """Standardised features through one hidden layer to classes; whitened ones to the nearest prototype.

    mean, scale (d,); hidden (d, h) and output (h, classes) with their biases; whitening (d, m); prototypes (p, m).
    """

    mean: np.ndarray
    scale: np.ndarray
    hidden: np.ndarray
    hidden_bias: np.ndarray
    output: np.ndarray
    output_bias: np.ndarray
    whitening: np.ndarray
    prototypes: np.ndarray

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """(n, classes) from features (n, d)."""
        inner = np.maximum(self._standard(features) @ self.hidden + self.hidden_bias, 0)
        return softmax(inner @ self.output + self.output_bias)

    def distances(self, features: np.ndarray) -> np.ndarray:
        """(n,) distance to the nearest prototype, in standard deviations of a known kind, 1 being usual."""
        places = self._standard(features) @ self.whitening
        squares = (places**2).sum(1)[:, None] - 2 * places @ self.prototypes.T + (self.prototypes**2).sum(1)
        return np.asarray(np.sqrt(np.maximum(squares.min(axis=1), 0) / self.prototypes.shape[1]))

    def save(self, path: Path) -> None:
        """float16 arrays by field name, packed, in one .npz: half the size, and no figure that shows it."""
        arrays = {f.name: getattr(self, f.name).astype(np.float16) for f in fields(self)}
        np.savez_compressed(path, **arrays)

    def _standard(self, features: np.ndarray) -> np.ndarray:
        return np.asarray((features - self.mean) / self.scale)


def load_head(path: Path) -> GateHead:
    """Raises OSError, ValueError or KeyError where the file is missing, damaged or another one."""
    with np.load(path) as arrays:
        return GateHead(**{f.name: arrays[f.name].astype(np.float32) for f in fields(GateHead)})
