"""What calibration is fitted on: slices of patients whom training never saw, run through the very engine that ships."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.collections import Record, truth_mask
from models.engines import Engine, HeadOutputs
from models.errors import ScanRejectedError
from models.preprocessing import Prepared, prepare
from models.reading import read_scan
from models.release import Release


@dataclass(frozen=True, eq=False)
class Example:
    """One calibration slice, run: the network's outputs and the truth, bool (size, size), in the network's frame."""

    record: Record
    output: HeadOutputs
    truth: np.ndarray

    @property
    def outlined(self) -> bool:
        """Whether the truth is an outline and not a box."""
        return self.record.mask is not None


def run_examples(records: Sequence[Record], release: Release, engine: Engine) -> list[Example]:
    """Read, prepare and run every record; those that a reader would refuse are left out."""
    return [
        Example(record, _run(prepared, engine), _truth_in(record, prepared))
        for record, prepared in _prepared(records, release)
    ]


def _run(prepared: Prepared, engine: Engine) -> HeadOutputs:
    output = engine.predict(prepared.network_input[None])
    return output.mirrored() if prepared.subject.mirrored else output


def _prepared(records: Sequence[Record], release: Release) -> Iterator[tuple[Record, Prepared]]:
    for record in records:
        try:
            yield record, prepare(read_scan(record.image), release.recipe)
        except ScanRejectedError:
            continue  # blank slices hold nothing to calibrate on


def _truth_in(record: Record, prepared: Prepared) -> np.ndarray:
    return prepared.frame.warp(truth_mask(record, prepared.scan.pixels.shape).astype(np.float32)) > 0.5
