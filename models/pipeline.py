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
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, TracebackType

import numpy as np

from models.analysis import Analysis, Source, conclude, failed
from models.classifiers.base import Classifier
from models.classifiers.choice import OWN, load_classifier
from models.engines import Engine, HeadOutputs, load_engine
from models.gate import Gate, load_gate
from models.intake import Intake, Ready
from models.presets import BRAIN_MRI, PRESETS
from models.reading import MAX_PIXELS
from models.release import AnyRelease, ModelCard, Release, load_release, model_set_id
from models.rendering.steps import render_steps
from models.report import Kind

__all__ = ["Analysis", "Pipeline", "Source"]


class Pipeline:
    """One engine with its release, a gate before it and a second stage behind it if there are any, and threads."""

    def __init__(
        self,
        engine: Engine,
        release: Release,
        threads: int,
        max_pixels: int,
        classifier: Classifier | None = None,
        gate: Gate | None = None,
    ) -> None:
        self._engine = engine
        self._release = release
        self._classifier = classifier
        self._gate = gate
        self._intake = Intake(release.recipe, max_pixels, gate)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="scan")
        self._network = ThreadPoolExecutor(1, thread_name_prefix="network")

    @classmethod
    def load(
        cls,
        engine: str = "auto",
        threads: int = 0,
        release: Release | None = None,
        max_pixels: int = MAX_PIXELS,
        classifier: str = OWN,
        gate: bool = True,
    ) -> Pipeline:
        """`threads` 0 takes one per core that this process may use; scans above `max_pixels` are rejected.

        `classifier`: who says the type: "own", the network itself, "classic", or a classifier release's folder.
        Without `gate`, rules alone refuse: what no header names is taken for a brain MRI, whatever it shows.
        Raises EngineError, ReleaseError.
        """
        release = release or load_release(BRAIN_MRI.release or "")
        threads = threads or len(os.sched_getaffinity(0))
        second = load_classifier(classifier, release.types)
        return cls(
            load_engine(release, engine, threads), release, threads, max_pixels, second, load_gate() if gate else None
        )

    @property
    def release(self) -> str:
        """Names exactly what decides a result; results are kept under it."""
        return model_set_id(self._at_work)

    @property
    def cards(self) -> tuple[ModelCard, ...]:
        """The model cards of what is at work."""
        kinds = [kind for kind, preset in PRESETS.items() if preset.release == self._release.name]
        return tuple(release.card(kind) for release in self._at_work for kind in kinds)

    @property
    def _at_work(self) -> tuple[AnyRelease, ...]:
        beside = (stage.release for stage in (self._gate, self._classifier) if stage)
        return (self._release, *beside)

    @property
    def engine(self) -> str:
        """Name of the engine at work."""
        return self._engine.name

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the threads."""
        self._threads.shutdown(cancel_futures=True)
        self._network.shutdown(cancel_futures=True)
        self._engine.close()

    def analyse(self, sources: Iterable[Source]) -> Iterator[Analysis]:
        """One analysis a source, in order; each succeeds or fails alone.

        While the network runs on one batch, threads read the next and finish the one before.
        """
        waiting: deque[Future[Analysis]] = deque()
        for batch in self._ready_batches(sources):
            waiting.extend(self._run(batch))
            while len(waiting) > 2 * self._engine.batch:
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

    def _ready_batches(self, sources: Iterable[Source]) -> Iterator[list[Ready | Analysis]]:
        """Prepared scans in groups of the engine's size, read ahead by one group."""
        pending: deque[Future[Ready | Analysis]] = deque()
        queue = iter(sources)
        while True:
            wanted = 2 * self._engine.batch - len(pending)
            pending.extend(self._threads.submit(self._intake.make_ready, s) for s in itertools.islice(queue, wanted))
            if not pending:
                return
            yield [pending.popleft().result() for _ in range(min(self._engine.batch, len(pending)))]

    def _run(self, batch: list[Ready | Analysis]) -> list[Future[Analysis]]:
        """The network over those that are ready; the rest passes through in its place."""
        outputs = iter(self._predict([item for item in batch if isinstance(item, Ready)]))
        return [
            _completed(item) if isinstance(item, Analysis) else self._conclude(item, next(outputs)) for item in batch
        ]

    def _predict(self, ready: list[Ready]) -> list[HeadOutputs | Exception]:
        """One entry a scan. Where the network fails on several together, each is tried alone."""
        if not ready:
            return []
        start = time.perf_counter()
        # On a thread of its own: a signal that interrupts the caller here is not taken for an error of the network.
        running = self._network.submit(self._engine.predict, np.stack([r.prepared.steps.network_input for r in ready]))
        wait([running])
        error = running.exception()
        if isinstance(error, Exception):
            return [error] if len(ready) == 1 else [self._predict([item])[0] for item in ready]
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
            analysis = conclude(item.source.name, item.prepared, output, self._release, item.preset, self._classifier)
        except Exception as error:
            return failed(item.source, "measuring", error)
        return replace(analysis, timings=MappingProxyType({**item.timings, **analysis.timings}))


def _completed(analysis: Analysis) -> Future[Analysis]:
    future: Future[Analysis] = Future()
    future.set_result(analysis)
    return future
