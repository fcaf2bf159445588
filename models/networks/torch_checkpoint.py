"""Read tensors from a PyTorch checkpoint of the pre-1.6 format, without PyTorch.

The ImageNet weights of EfficientNet-Lite0 that a package index carries are such a file. The unpickler
below knows four names and refuses every other, so a checkpoint cannot run code.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

_MAGIC = 0x1950A86A20F9469CFC6C
_DTYPES: dict[str, np.dtype] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


@dataclass(frozen=True)
class _Tensor:
    """Where a tensor lies: storage key, first element, shape and strides in elements."""

    storage: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _TensorUnpickler(pickle.Unpickler):
    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.dtypes: dict[str, np.dtype] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: _Tensor(storage, offset, shape, strides)
        if module == "torch" and name in _DTYPES:
            return name
        raise pickle.UnpicklingError(f"a checkpoint may not name {module}.{name}")

    def persistent_load(self, pid: Any) -> str:
        _, storage_type, key, *_ = pid
        self.dtypes[key] = _DTYPES[storage_type]
        return str(key)


def read_torch_checkpoint(path: Path) -> dict[str, np.ndarray]:
    """Tensors by name. Raises `pickle.UnpicklingError` for anything but a plain state dict."""
    with path.open("rb") as file:
        if pickle.load(file) != _MAGIC:  # noqa: S301 - a bare integer, checked
            raise pickle.UnpicklingError(f"{path.name} is not a PyTorch checkpoint of the pre-1.6 format")
        pickle.load(file), pickle.load(file)  # noqa: S301 - protocol version and sizes, plain values
        unpickler = _TensorUnpickler(file)
        tensors: dict[str, _Tensor] = unpickler.load()
        storages = {key: _read_storage(file, unpickler.dtypes[key]) for key in pickle.load(file)}  # noqa: S301
    return {name: _as_array(t, storages[t.storage]) for name, t in tensors.items()}


def _read_storage(file: BinaryIO, dtype: np.dtype) -> np.ndarray:
    count = int.from_bytes(file.read(8), "little")
    return np.frombuffer(file.read(count * dtype.itemsize), dtype)


def _as_array(tensor: _Tensor, storage: np.ndarray) -> np.ndarray:
    strides = [step * storage.itemsize for step in tensor.strides]
    return np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides).copy()
