"""A volume's slices on their way through gate and network, a few at a time."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from enum import StrEnum

from models.detector import Detector
from models.engines import HeadOutputs
from models.errors import ScanRejectedError
from models.preprocessing import Prepared, prepare
from models.reading import Place, Scan, Slice, Volume
from models.reading.tone import BLANK
from models.report import Kind
from models.volumes.sight import Sight, sight_of

Network = Callable[[Sequence[Prepared]], Sequence[HeadOutputs]]
"""Outputs of one slice each."""


class Skipped(StrEnum):
    """Why a slice did not go through the network."""

    BLANK = "blank"
    DAMAGED = "damaged"
    UNLIKE = "unlike"


@dataclass(frozen=True, eq=False)
class Passed:
    """The slices that were analysed, how many were not and why, and what was said of the first damaged one."""

    sights: list[Sight] = field(default_factory=list)
    skipped: Counter[Skipped] = field(default_factory=Counter)
    reasons: dict[Skipped, str] = field(default_factory=dict)
    timings: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))


@dataclass(frozen=True, eq=False)
class Passage:
    """What slices go through. `choose` is the gate, which refuses what is not of the kind that it is told."""

    detector: Detector
    choose: Callable[[Scan, Kind], Kind]
    network: Network
    threads: Executor
    batch: int

    def prepared(self, part: Slice) -> Prepared | tuple[Skipped, str]:
        """One slice made ready, or why not."""
        try:
            scan = part.read()
        except ScanRejectedError as error:
            return Skipped.BLANK if error.reason == BLANK else Skipped.DAMAGED, error.reason
        try:
            self.choose(scan, self.detector.release.kind)
        except ScanRejectedError as error:
            return Skipped.UNLIKE, error.reason
        return prepare(scan, self.detector.release.recipe)

    def run(self, volume: Volume) -> Passed:
        """All slices; while the network runs on some, threads read the next."""
        passed = Passed()
        for first, group in self._read_ahead(volume):
            start = time.perf_counter()
            found = [future.result() for future in group]
            read = time.perf_counter()
            ready = [(first + i, item) for i, item in enumerate(found) if isinstance(item, Prepared)]
            outputs = self.network([item for _, item in ready]) if ready else []
            predicted = time.perf_counter()
            places = [volume.slices[index].place for index, _ in ready]
            passed.sights.extend(self.threads.map(self._sight, ready, outputs, places))
            passed.timings["read"] += read - start
            passed.timings["network"] += predicted - read
            passed.timings["measure"] += time.perf_counter() - predicted
            for item in found:
                if not isinstance(item, Prepared):
                    passed.skipped[item[0]] += 1
                    passed.reasons.setdefault(*item)
        return passed

    def _sight(self, numbered: tuple[int, Prepared], output: HeadOutputs, place: Place) -> Sight:
        index, prepared = numbered
        return sight_of(index, place, self.detector.judge(prepared, output))

    def _read_ahead(self, volume: Volume) -> Iterator[tuple[int, list[Future[Prepared | tuple[Skipped, str]]]]]:
        """Groups of slices in the making, by the index of their first: the one to take, and the next behind it."""
        starts = range(0, len(volume), self.batch)
        groups = (
            (start, [self.threads.submit(self.prepared, part) for part in volume.slices[start : start + self.batch]])
            for start in starts
        )
        ahead = next(groups)
        for following in groups:
            yield ahead
            ahead = following
        yield ahead
