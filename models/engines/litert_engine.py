"""LiteRT: slices are independent, so they are spread over threads; XNNPACK runs the network."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from models.engines.base import HeadOutputs, gather
from models.errors import ReleaseError
from models.litert import LiteRTNetwork
from models.release import Release


class LiteRTEngine:
    """One slice a thread at a time."""

    name = "litert"

    def __init__(self, network: LiteRTNetwork, threads: int) -> None:
        self.batch = 2 * threads
        self._network = network
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="litert")

    def predict(self, images: np.ndarray) -> HeadOutputs:
        """`images` float32 (n, height, width), n of at least 1."""
        outputs = list(self._pool.map(self._network, images))
        return gather({name: np.concatenate([o[name] for o in outputs]) for name in outputs[0]})

    def close(self) -> None:
        """Stop the threads; their interpreters go with them."""
        self._pool.shutdown()


def load(release: Release, threads: int = 0) -> LiteRTEngine:
    """The release's LiteRT export. `threads` 0 takes one per core that this process may use. Raises ReleaseError."""
    try:
        network = LiteRTNetwork(release.litert_path.read_bytes())
    except (OSError, ValueError) as error:
        raise ReleaseError(f"The network of model {release.name!r} cannot be loaded: {error}") from error
    return LiteRTEngine(network, threads or len(os.sched_getaffinity(0)))
