"""LiteRT: one single-threaded interpreter a thread, which beats one with many threads and needs no batch."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from models.engines.base import HeadOutputs, gather
from models.errors import ReleaseError
from models.release import Release

Outputs = dict[str, np.ndarray]


class LiteRTEngine:
    """Slices of a call are spread over the threads; XNNPACK runs the network."""

    name = "litert"

    def __init__(self, network: bytes, threads: int) -> None:
        self.batch = 2 * threads
        self._network = network
        self._local = threading.local()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="litert", initializer=self._load_interpreter)

    def predict(self, images: np.ndarray) -> HeadOutputs:
        """`images` float32 (n, size, size), n of at least 1."""
        outputs = list(self._pool.map(self._predict_one, images))
        return gather({name: np.concatenate([o[name] for o in outputs]) for name in outputs[0]})

    def close(self) -> None:
        """Stop the threads; their interpreters go with them."""
        self._pool.shutdown()

    def _load_interpreter(self) -> None:
        interpreter = Interpreter(model_content=self._network, num_threads=1)
        self._local.runner = interpreter.get_signature_runner()

    def _predict_one(self, image: np.ndarray) -> Outputs:
        return self._local.runner(image=image[None, ..., None])  # type: ignore[no-any-return]


def load(release: Release, threads: int = 0) -> LiteRTEngine:
    """The release's LiteRT export. `threads` 0 takes one per core that this process may use. Raises ReleaseError."""
    try:
        network = release.litert_path.read_bytes()
        Interpreter(model_content=network)  # a damaged file must be found now, not by every scan
    except (OSError, ValueError) as error:
        raise ReleaseError(f"The network of model {release.name!r} cannot be loaded: {error}") from error
    return LiteRTEngine(network, threads or len(os.sched_getaffinity(0)))
