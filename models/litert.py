"""LiteRT: networks of one picture on a CPU, one single-threaded interpreter for each thread that asks.

That beats one interpreter with many threads, and needs no batch.
"""

from __future__ import annotations

import threading

import numpy as np
from ai_edge_litert.interpreter import Interpreter, SignatureRunner


class LiteRTNetwork:
    """A network from a grey picture, its input "image", to outputs by name. Safe to call from any thread."""

    def __init__(self, network: bytes) -> None:
        """Raises ValueError for what is no network: now, and not by every scan."""
        self._network = network
        self._local = threading.local()
        interpreter = Interpreter(model_content=network)
        self.input_shape = _shape(interpreter.get_input_details()[0])
        self.output_shapes = [_shape(details) for details in interpreter.get_output_details()]

    def __call__(self, picture: np.ndarray) -> dict[str, np.ndarray]:
        """`picture` float32 (height, width) -> each output by its name, the first axis 1."""
        outputs: dict[str, np.ndarray] = self._runner()(image=picture[None, ..., None])
        return outputs

    def _runner(self) -> SignatureRunner:
        if not hasattr(self._local, "runner"):
            self._local.runner = Interpreter(model_content=self._network, num_threads=1).get_signature_runner()
        return self._local.runner


def _shape(details: dict[str, np.ndarray]) -> tuple[int, ...]:
    return tuple(map(int, details["shape"]))
