"""The pipeline's first step: from a file to a scan that waits for the network, or to why it does not."""

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
from models.reading import Scan, read_scan
from models.report import Kind, Report, Status


@dataclass(frozen=True, eq=False)
class Ready:
    """A scan that waits for the network; `timings` in seconds, by stage, grow as it goes on."""

    source: Source
    kind: Kind
    prepared: Prepared
    timings: dict[str, float]


class Intake:
    """Reads scans of at most `max_pixels`, lets the gate (or rules alone) choose who reads them, and prepares them."""

    def __init__(self, recipes: Mapping[Kind, Recipe], max_pixels: int, gate: Gate | None) -> None:
        """`recipes`: how the kinds that there are models for are prepared."""
        self._recipes, self._max_pixels = recipes, max_pixels
        self._choose_kind = partial(gate.choose_kind if gate else choose_kind, readable=recipes)

    def make_ready(self, source: Source) -> Ready | Analysis:
        """The scan made ready, or its analysis where it is refused or cannot be read."""
        start = time.perf_counter()
        try:
            scan = self._read(source.path)
            read = time.perf_counter()
            kind = self._choose_kind(scan, source.kind)
            judged = time.perf_counter()
            prepared = prepare(scan, self._recipes[kind])
        except ScanRejectedError as error:
            return Analysis(source.name, Report(Status.REJECTED, error.reason, error.kind))
        except Exception as error:
            return failed(source, "reading", error)
        timings = {"read": read - start, "gate": judged - read, "preprocess": time.perf_counter() - judged}
        return Ready(source, kind, prepared, timings)

    def prepare(self, path: Path, kind: Kind | None) -> Prepared:
        """One scan by itself. Raises ScanRejectedError."""
        scan = self._read(path)
        return prepare(scan, self._recipes[self._choose_kind(scan, kind)])

    def _read(self, path: Path) -> Scan:
        return read_scan(path, self._max_pixels)
