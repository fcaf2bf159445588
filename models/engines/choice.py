"""Which engine: TensorFlow where it is installed and sees a GPU, else LiteRT."""

from __future__ import annotations

import importlib
import importlib.util
import logging
from pathlib import Path

from models.engines.base import Engine
from models.errors import EngineError
from models.release import Release

log = logging.getLogger(__name__)
CHOICES = ("auto", "litert", "tensorflow")


def load_engine(release: Release, choice: str = "auto", threads: int = 0) -> Engine:
    """The engine named by `choice`, loaded. `threads` 0 takes one per core. Raises EngineError with what to install."""
    if choice not in CHOICES:
        raise EngineError(f"There is no engine {choice!r}; choose one of {', '.join(CHOICES)}.")
    if choice == "tensorflow" or (choice == "auto" and _gpu_is_there()):
        tensorflow = _load("models.engines.tensorflow_engine", "gpu")
        if choice == "tensorflow" or tensorflow.sees_gpu():
            return tensorflow.load(release)  # type: ignore[no-any-return]
        log.warning("TensorFlow cannot use the GPU that is here; the CPU runs the network")
    return _load("models.engines.litert_engine", "worker").load(release, threads)  # type: ignore[no-any-return]


def _load(module: str, extra: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a module
    """Import here, not at the top: TensorFlow takes seconds and gigabytes that a CPU worker never needs."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise EngineError(
            f"This engine needs {error.name}; install the extra: pip install 'oncoqueue[{extra}]'"
        ) from error


def _gpu_is_there() -> bool:
    """A driver's device file and TensorFlow's package; neither is opened."""
    has_device = any(Path("/dev").glob("nvidia[0-9]*"))
    if has_device and importlib.util.find_spec("tensorflow") is None:
        log.warning("a GPU is here but TensorFlow is not; the CPU runs the network (install the 'gpu' extra)")
        return False
    return has_device
