"""What every engine offers: images in, the four heads of the region network out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True, eq=False)
class HeadOutputs:
    """Logits of n slices on the network's grid (rows, columns), its input over the network's stride.

    region (n, rows, columns); pixel_type (n, rows, columns, types); slice_tumour (n,); slice_type (n, types).
    """

    region: np.ndarray
    pixel_type: np.ndarray
    slice_tumour: np.ndarray
    slice_type: np.ndarray

    def __len__(self) -> int:
        return len(self.region)

    def slice(self, index: int) -> HeadOutputs:
        """One slice's outputs, n = 1."""
        part = np.s_[index : index + 1]
        return HeadOutputs(self.region[part], self.pixel_type[part], self.slice_tumour[part], self.slice_type[part])

    def mirrored(self) -> HeadOutputs:
        """The outputs of the same slices mirrored left to right."""
        return HeadOutputs(self.region[:, :, ::-1], self.pixel_type[:, :, ::-1], self.slice_tumour, self.slice_type)


class Engine(Protocol):
    """Runs the network of one release. Safe to call from one thread at a time."""

    name: str
    batch: int  # slices a call should hold to be quick

    def predict(self, images: np.ndarray) -> HeadOutputs:
        """`images` float32 (n, height, width), as `preprocessing` makes them."""
        ...

    def close(self) -> None:
        """Free threads and memory."""
        ...


def gather(outputs: dict[str, np.ndarray]) -> HeadOutputs:
    """From the network's outputs by head name, batch first, to `HeadOutputs`."""
    return HeadOutputs(
        region=outputs["region"][..., 0],
        pixel_type=outputs["pixel_type"],
        slice_tumour=outputs["slice_tumour"][..., 0],
        slice_type=outputs["slice_type"],
    )
