"""Features of all pictures, computed once by the very network that ships, and kept for the next start."""

from __future__ import annotations

import ast
import hashlib
import logging
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np

from models.files import replaced
from models.gate import view
from models.gate.features import FeatureNetwork
from models.synthetic import brain, fields
from models.training import augmentation, degrading
from models.training.gate import made_up, variation
from models.training.gate.pictures import Picture

log = logging.getLogger(__name__)
_SAVED_EVERY = 5000
SHOWN_BY = (brain, fields, made_up, variation, augmentation, degrading, view)
"""What draws pictures, varies them and makes views of them."""


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
    cache.parent.mkdir(parents=True, exist_ok=True)
    with replaced(cache) as fresh:
        np.savez(fresh, marks=np.array(list(known)), features=np.stack(list(known.values())))


def _marks(pictures: Sequence[Picture], network: bytes, seed: int) -> list[str]:
    """One a picture: its source, place, variant and file; the network, the seed, and the code that shows it."""
    common = f"{_digest(network)}/{code_digest(SHOWN_BY)}/{seed}"
    contents = {path: _digest(path.read_bytes()) for path in {p.path for p in pictures} if path}
    names = (f"{common}/{p.source}/{p.number}/{p.variant}/{contents[p.path] if p.path else ''}" for p in pictures)
    return [_digest(name.encode())[:24] for name in names]


def code_digest(modules: Iterable[ModuleType]) -> str:
    """Of modules and of what packages hold; layout and comments are no part of it."""
    files = [file for module in modules for file in _files(Path(str(module.__file__)))]
    return _digest("".join(ast.dump(ast.parse(file.read_bytes())) for file in files).encode())


def _files(file: Path) -> list[Path]:
    return sorted(file.parent.glob("*.py")) if file.name == "__init__.py" else [file]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
