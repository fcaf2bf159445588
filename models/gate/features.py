"""The gate's features of a view, by LiteRT: one single-threaded interpreter a calling thread."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter


class FeatureNetwork:
    """The first blocks of an ImageNet network, pooled. Safe to call from any thread."""

    def __init__(self, network: bytes) -> None:
        self._network = network
        self._local = threading.local()
        self._runner()  # a damaged file must be found now, not by every scan

    def __call__(self, view: np.ndarray) -> np.ndarray:
        """Features (d,) of one view (SIZE, SIZE)."""
        return np.asarray(self._runner()(image=view[None, ..., None])["features"][0])

    def _runner(self) -> Any:
        if not hasattr(self._local, "runner"):
            interpreter = Interpreter(model_content=self._network, num_threads=1)
            self._local.runner = interpreter.get_signature_runner()
        return self._local.runner
