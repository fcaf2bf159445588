"""The gate's features of a view."""

from __future__ import annotations

import numpy as np

from models.litert import LiteRTNetwork


class FeatureNetwork:
    """The first blocks of an ImageNet network, pooled. Safe to call from any thread."""

    def __init__(self, network: bytes) -> None:
        """Raises ValueError for what is no network."""
        self._network = LiteRTNetwork(network)

    def __call__(self, view: np.ndarray) -> np.ndarray:
        """Features (d,) of one view (SIZE, SIZE)."""
        return np.asarray(self._network(view)["features"][0])
