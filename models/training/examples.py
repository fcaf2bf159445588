"""What calibration is fitted on: slices of patients whom training never saw, run through the very engine that ships."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models.collections import Box, Record, truth_mask
from models.collections.hits import FALSE, HIT_IOU, lesion_at, lesions_hit, shared_with_truth
from models.engines import Engine, HeadOutputs
from models.errors import ScanRejectedError
from models.findings import field_on
from models.geometry import Frame
from models.preprocessing import Prepared, prepare
from models.reading import read_scan
from models.release import Release


@dataclass(frozen=True, eq=False)
class Example:
    """One calibration image, run: the network's outputs, the truth, and where the centre of a finding can lie, both
    bool (height, width), in the network's frame.
    """

    record: Record
    output: HeadOutputs
    truth: np.ndarray
    field: np.ndarray

    @property
    def outlined(self) -> bool:
        """Whether the truth is an outline and not a box."""
        return self.record.mask is not None

    @property
    def located(self) -> bool:
        """Whether the place of its tumour is known well enough to judge by it what is reported."""
        return self.outlined

    def hits(self, regions: Sequence[np.ndarray]) -> Sequence[int | None]:
        """Of regions, bool (height, width), the number of the tumour that each is; FALSE: none; None: nobody knows."""
        shares = (shared_with_truth(region, self.truth, self.outlined) for region in regions)
        return [0 if share >= HIT_IOU else FALSE for share in shares]

    def label(self, hit: int | None) -> str | None:
        """The type that a region of this hit should have, where it is known: one image, one type."""
        return self.record.label

    def judged(self, regions: Sequence[np.ndarray]) -> list[tuple[int, int | None]]:
        """Of regions, best first, the number and the hit of each that a type is judged by: the best of the image."""
        return list(enumerate(self.hits(regions[:1])))

    def shown_by(self, regions: Sequence[np.ndarray]) -> float:
        """How well these regions show the tumour, 0 to 1: their Dice with it."""
        return _dice(np.any(regions, axis=0), self.truth) if regions else 0.0


@dataclass(frozen=True, eq=False)
class LesionsExample(Example):
    """One whose truth is known lesion by lesion, in the stored image."""

    frame: Frame

    @property
    def located(self) -> bool:
        """Whether it has a lesion that counts, at a known place."""
        return any(lesion.counts for lesion in self.record.lesions)

    def hits(self, regions: Sequence[np.ndarray]) -> Sequence[int | None]:
        """Of regions, bool (height, width), the lesion's number that each lies on by its centre; see `lesion_at`."""
        return [lesion_at(self.record, box) for box in map(self._stored_box, regions)]

    def label(self, hit: int | None) -> str | None:
        """That of the lesion itself: an image may hold several types."""
        return None if hit in (None, FALSE) else self.record.lesions[hit].label

    def judged(self, regions: Sequence[np.ndarray]) -> list[tuple[int, int | None]]:
        """Of regions, best first, the number and the hit of each that a type is judged by: the best on each lesion."""
        hits = self.hits(regions)
        return [(hits.index(hit), hit) for hit in dict.fromkeys(hits) if hit not in (None, FALSE)]

    def shown_by(self, regions: Sequence[np.ndarray]) -> float:
        """The share of its lesions that these regions hit."""
        hits = lesions_hit(self.record, list(map(self._stored_box, regions)))
        return sum(hit not in (None, FALSE) for hit in hits) / sum(lesion.counts for lesion in self.record.lesions)

    def _stored_box(self, region: np.ndarray) -> Box:
        x, y, width, height = cv2.boundingRect(region.astype(np.uint8))
        corners = self.frame.to_stored(np.array([[x, y], [x + width, y + height]], np.float64) - 0.5) + 0.5
        x0, y0, x1, y1 = (round(float(v)) for v in (*corners.min(axis=0), *corners.max(axis=0)))
        return x0, y0, x1, y1


def _dice(a: np.ndarray, b: np.ndarray) -> float:
    return float(2 * (a & b).sum() / max(a.sum() + b.sum(), 1))


def run_examples(records: Sequence[Record], release: Release, engine: Engine) -> list[Example]:
    """Read, prepare and run every record; those that a reader would refuse are left out."""
    return [_example(record, prepared, engine) for record, prepared in _prepared(records, release)]


def _example(record: Record, prepared: Prepared, engine: Engine) -> Example:
    output, truth, field = _run(prepared, engine), _truth_in(record, prepared), field_on(prepared, prepared.frame)
    if record.by_centre:
        return LesionsExample(record, output, truth, field, prepared.frame)
    return Example(record, output, truth, field)


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
