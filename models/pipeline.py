"""The scan pipeline: read, prepare, run the network, find, classify, measure, explain. Usable alone, as a library.

with Pipeline.load() as pipeline:
    for analysis in pipeline.analyse([Source("a", Path("a.png"))]):
        print(analysis.report)
"""

from __future__ import annotations

import itertools
import os
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, TracebackType

import numpy as np

from models.analysis import Analysis, Source, failed
from models.classifiers.choice import OWN
from models.detector import Detector, load_detectors
from models.engines import HeadOutputs
from models.errors import ScanRejectedError
from models.gate import Gate, load_gate
from models.intake import Intake, Ready, ReadyVolume
from models.preprocessing import Prepared
from models.presets import PRESETS
from models.reading import MAX_PIXELS
from models.release import AnyRelease, ModelCard, Release, load_release, model_set_id
from models.rendering.steps import render_steps
from models.report import Kind, Report, Status
from models.volumes.passing import Network, Passage
from models.volumes.result import analyse_volume

__all__ = ["Analysis", "Pipeline", "Source"]

READING_VERSION = "reading-2"
"""Part of the id that results are kept under: raise it when the same file is read otherwise, or is read at last."""


class Pipeline:
    """A detector for each kind of image, a gate before them if there is one, and threads."""

    def __init__(self, detectors: Sequence[Detector], threads: int, max_pixels: int, gate: Gate | None = None) -> None:
        self._detectors = {detector.release.kind: detector for detector in detectors}
        self._gate = gate
        self._batch = max(detector.engine.batch for detector in detectors)
        self._intake = Intake({kind: d.release.recipe for kind, d in self._detectors.items()}, max_pixels, gate)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="scan")
        self._network = ThreadPoolExecutor(1, thread_name_prefix="network")
        self._volumes = ThreadPoolExecutor(1, thread_name_prefix="volume")

    @classmethod
    def load(
        cls,
        engine: str = "auto",
        threads: int = 0,
        releases: Sequence[Release] = (),
        max_pixels: int = MAX_PIXELS,
        classifier: str = OWN,
        gate: bool = True,
    ) -> Pipeline:
        """`threads` 0 takes one per core that this process may use; scans above `max_pixels` are rejected.

        `releases`: the networks, one a kind of image; those that ship where none is named.
        `classifier`: who says the type: "own", the network itself, "classic", or a classifier release's folder.
        Without `gate`, rules alone refuse: what no header names is taken for a brain MRI, whatever it shows.
        Raises EngineError, ReleaseError.
        """
        releases = releases or [load_release(preset.release) for preset in PRESETS.values() if preset.release]
        threads = threads or len(os.sched_getaffinity(0))
        detectors = load_detectors(releases, engine, threads, classifier)
        return cls(detectors, threads, max_pixels, load_gate() if gate else None)

    @property
    def release(self) -> str:
        """Names exactly what decides a result; results are kept under it."""
        return f"{model_set_id(self._at_work)}+{READING_VERSION}"

    @property
    def cards(self) -> tuple[ModelCard, ...]:
        """The model cards of what is at work."""
        gate = [self._gate.release.card(", ".join(self._detectors))] if self._gate else []
        return (*(card for detector in self._detectors.values() for card in detector.cards), *gate)

    @property
    def _at_work(self) -> tuple[AnyRelease, ...]:
        gate = [self._gate.release] if self._gate else []
        return (*(release for detector in self._detectors.values() for release in detector.releases), *gate)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of image that it reads."""
        return tuple(self._detectors)

    @property
    def engine(self) -> str:
        """Name of the engine at work, the same for all kinds."""
        return next(iter(self._detectors.values())).engine.name

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the threads."""
        self._volumes.shutdown(cancel_futures=True)
        self._threads.shutdown(cancel_futures=True)
        self._network.shutdown(cancel_futures=True)
        for detector in self._detectors.values():
            detector.engine.close()

    def analyse(self, sources: Iterable[Source]) -> Iterator[Analysis]:
        """One analysis a source, in order; each succeeds or fails alone.

        While the network runs on one batch, threads read the next and finish the one before.
        """
        waiting: deque[Future[Analysis]] = deque()
        for batch in self._ready_batches(sources):
            waiting.extend(self._run(batch))
            while len(waiting) > 2 * self._batch:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def write_steps(self, path: Path, folder: Path, kind: Kind | None = None) -> list[Path]:
        """The preprocessing steps of one scan as numbered PNGs in `folder`. Raises ScanRejectedError."""
        prepared = self._intake.prepare(path, kind)
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for number, (name, data) in enumerate(render_steps(prepared)):
            target = folder / f"{path.stem}-{number}-{name}.png"
            target.write_bytes(data)
            written.append(target)
        return written

    def _ready_batches(self, sources: Iterable[Source]) -> Iterator[list[Ready | ReadyVolume | Analysis]]:
        """Prepared scans in groups of the engine's size, read ahead by one group."""
        pending: deque[Future[Ready | ReadyVolume | Analysis]] = deque()
        queue = iter(sources)
        while True:
            wanted = 2 * self._batch - len(pending)
            pending.extend(self._threads.submit(self._intake.make_ready, s) for s in itertools.islice(queue, wanted))
            if not pending:
                return
            yield [pending.popleft().result() for _ in range(min(self._batch, len(pending)))]

    def _run(self, batch: list[Ready | ReadyVolume | Analysis]) -> list[Future[Analysis]]:
        """The network over those that are ready, and over each volume alone; the rest passes through in its place."""
        outputs: dict[int, HeadOutputs | Exception] = {}
        for kind in self._detectors:
            ready = [item for item in batch if isinstance(item, Ready) and item.kind is kind]
            outputs |= {id(item): output for item, output in zip(ready, self._predict(kind, ready), strict=True)}
        return [self._concluded(item, outputs) for item in batch]

    def _concluded(
        self, item: Ready | ReadyVolume | Analysis, outputs: Mapping[int, HeadOutputs | Exception]
    ) -> Future[Analysis]:
        if isinstance(item, Ready):
            return self._conclude(item, outputs[id(item)])
        return _completed(item if isinstance(item, Analysis) else self._analyse_volume(item))

    def _analyse_volume(self, item: ReadyVolume) -> Analysis:
        """On a thread of its own, as the network: the caller may be interrupted; its slices fill the other threads."""
        detector = self._detectors[item.kind]
        passage = Passage(detector, self._intake.choose_kind, self._network_of(detector), self._threads, self._batch)
        running = self._volumes.submit(analyse_volume, item.source, item.volume, passage)
        wait([running])
        error = running.exception()
        if isinstance(error, ScanRejectedError):
            return Analysis(item.source.name, Report(Status.REJECTED, error.reason, error.kind or item.kind))
        if isinstance(error, Exception):
            return failed(item.source, "reading its slices", error)
        analysis = running.result()
        return replace(analysis, timings=MappingProxyType({**item.timings, **analysis.timings}))

    def _network_of(self, detector: Detector) -> Network:
        def run(slices: Sequence[Prepared]) -> Sequence[HeadOutputs]:
            running = self._network.submit(detector.engine.predict, np.stack([s.network_input for s in slices]))
            wait([running])
            outputs = running.result()
            return [outputs.slice(i) for i in range(len(outputs))]

        return run

    def _predict(self, kind: Kind, ready: list[Ready]) -> list[HeadOutputs | Exception]:
        """One entry a scan, all of one kind. Where the network fails on several together, each is tried alone."""
        if not ready:
            return []
        start = time.perf_counter()
        # On a thread of its own: a signal that interrupts the caller here is not taken for an error of the network.
        engine = self._detectors[kind].engine
        running = self._network.submit(engine.predict, np.stack([r.prepared.network_input for r in ready]))
        wait([running])
        error = running.exception()
        if isinstance(error, Exception):
            return [error] if len(ready) == 1 else [self._predict(kind, [item])[0] for item in ready]
        outputs = running.result()
        for item in ready:
            item.timings["network"] = (time.perf_counter() - start) / len(ready)
        return [outputs.slice(i) for i in range(len(ready))]

    def _conclude(self, item: Ready, output: HeadOutputs | Exception) -> Future[Analysis]:
        if isinstance(output, Exception):
            return _completed(failed(item.source, "the network", output))
        return self._threads.submit(self._finish, item, output)

    def _finish(self, item: Ready, output: HeadOutputs) -> Analysis:
        try:
            analysis = self._detectors[item.kind].conclude(item.source.name, item.prepared, output)
        except Exception as error:
            return failed(item.source, "measuring", error)
        return replace(analysis, timings=MappingProxyType({**item.timings, **analysis.timings}))


def _completed(analysis: Analysis) -> Future[Analysis]:
    future: Future[Analysis] = Future()
    future.set_result(analysis)
    return future
