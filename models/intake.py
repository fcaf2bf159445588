"""The pipeline's first step: from a file to a scan or volume that waits for the network, or to why it does not."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from models.analysis import Analysis, Source, failed
from models.errors import ScanRejectedError
from models.gate import Gate, choose_kind
from models.preprocessing import Prepared, Recipe, prepare
from models.reading import Scan, Volume, open_scan, open_series
from models.report import Kind, Report, Status
from models.volumes.kind import volume_kind


@dataclass(frozen=True, eq=False)
class Ready:
    """A scan that waits for the network; `timings` in seconds, by stage, grow as it goes on."""

    source: Source
    kind: Kind
    prepared: Prepared
    timings: dict[str, float]


@dataclass(frozen=True, eq=False)
class ReadyVolume:
    """A volume whose slices wait to be read, of a kind that is known."""

    source: Source
    kind: Kind
    volume: Volume
    timings: dict[str, float]


class Intake:
    """Reads scans of at most `max_pixels`, lets the gate (or rules alone) choose who reads them, and prepares them."""

    def __init__(self, recipes: Mapping[Kind, Recipe], max_pixels: int, gate: Gate | None) -> None:
        """`recipes`: how the kinds that there are models for are prepared."""
        self._recipes, self._max_pixels = recipes, max_pixels
        self._choose_kind = partial(gate.choose_kind if gate else choose_kind, readable=recipes)

    def make_ready(self, source: Source) -> Ready | ReadyVolume | Analysis:
        """The scan or volume made ready, or its analysis where it is refused or cannot be read."""
        start = time.perf_counter()
        try:
            scan = self._open(source)
            read = time.perf_counter()
            if isinstance(scan, Volume):
                kind = volume_kind(scan, lambda one: self.choose_kind(one, source.kind))
                return ReadyVolume(source, kind, scan, {"open": read - start, "gate": time.perf_counter() - read})
            kind = self.choose_kind(scan, source.kind)
            judged = time.perf_counter()
            prepared = prepare(scan, self._recipes[kind])
        except ScanRejectedError as error:
            return Analysis(source.name, Report(Status.REJECTED, error.reason, error.kind))
        except Exception as error:
            return failed(source, "reading", error)
        timings = {"read": read - start, "gate": judged - read, "preprocess": time.perf_counter() - judged}
        return Ready(source, kind, prepared, timings)

    def prepare(self, path: Path, kind: Kind | None) -> Prepared:
        """One scan by itself; of a volume the slice in its middle. Raises ScanRejectedError."""
        scan = open_scan(path, self._max_pixels)
        if isinstance(scan, Volume):
            scan = scan.slices[len(scan) // 2].read()
        return prepare(scan, self._recipes[self.choose_kind(scan, kind)])

    def choose_kind(self, scan: Scan, asked: Kind | None) -> Kind:
        """What the gate says, or rules alone. Raises ScanRejectedError."""
        return self._choose_kind(scan, asked)

    def _open(self, source: Source) -> Scan | Volume:
        if source.series:
            return open_series(source.series, self._max_pixels)
        return open_scan(source.path, self._max_pixels)
