"""Features of all pictures, computed once by the very network that ships, and kept for the next start."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.gate.features import FeatureNetwork
from models.training.gate.pictures import Picture

log = logging.getLogger(__name__)
_SAVED_EVERY = 5000


def features_of(pictures: Sequence[Picture], network: bytes, seed: int, cache: Path) -> np.ndarray:
    """float32 (n, d). What `cache` holds of a start before, with this network and seed, is not computed again."""
    marks = _marks(pictures, network, seed)
    known = _kept(cache)
    missing = [(mark, picture) for mark, picture in zip(marks, pictures, strict=True) if mark not in known]
    runner, start = FeatureNetwork(network), time.monotonic()
    for number, (mark, picture) in enumerate(missing, 1):
        known[mark] = runner(picture.view(seed)).astype(np.float32)
        if number % _SAVED_EVERY == 0 or number == len(missing):
            log.info("seen %d of %d pictures in %.0f s", number, len(missing), time.monotonic() - start)
            _keep(cache, known)
    return np.stack([known[mark] for mark in marks])


def _kept(cache: Path) -> dict[str, np.ndarray]:
    if not cache.exists():
        return {}
    with np.load(cache) as kept:
        return dict(zip(map(str, kept["marks"]), kept["features"], strict=True))


def _keep(cache: Path, known: dict[str, np.ndarray]) -> None:
    """Written beside and moved into place, so that an interruption leaves the old file."""
    cache.parent.mkdir(parents=True, exist_ok=True)
    partial = cache.with_suffix(".partial.npz")
    np.savez(partial, marks=np.array(list(known)), features=np.stack(list(known.values())))
    partial.replace(cache)


def _marks(pictures: Sequence[Picture], network: bytes, seed: int) -> list[str]:
    """One a picture: its source, place and variant, the network and the seed."""
    common = hashlib.sha256(network).hexdigest()
    names = (f"{common}/{seed}/{p.source}/{p.number}/{p.variant}/{p.path}" for p in pictures)
    return [hashlib.sha256(name.encode()).hexdigest()[:24] for name in names]
