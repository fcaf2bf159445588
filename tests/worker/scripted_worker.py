"""A real analysis worker whose pipeline does what the scans' bytes say: `python scripted_worker.py`.

A scan is JSON: {"seconds": s} takes that long to analyse, {"kill": true} kills the process that reads it,
{"raise": true} breaks the pipeline, {"reject": "why"} and {"fail": "why"} end so, {"hang": true} never ends,
{"probability": p} is what it finds.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from models.pipeline import Analysis, Source
from models.release import ModelCard
from models.report import Report, Status
from shared.processes import die_with_parent
from shared.settings import Settings, load_settings
from worker import engine
from worker.app import run_analysis_worker

WINDOW = 4
PICTURE = b"\x89PNG\r\n\x1a\n"


class ScriptedPipeline:
    """Reads WINDOW files ahead of what it gives back, as the real one does."""

    release = "scripted-1"
    engine = "scripted"
    cards = (ModelCard("scripted", "1", "brain-mri", "# Does as it is told"),)

    def analyse(self, sources: Iterable[Source]) -> Iterator[Analysis]:
        """In input order."""
        sources = iter(sources)
        while window := list(islice(sources, WINDOW)):
            scripts = [(source, self._read(source)) for source in window]
            for source, script in scripts:
                yield self._analysis(source, script)

    def _read(self, source: Source) -> dict[str, Any]:
        script: dict[str, Any] = json.loads(source.path.read_bytes())
        if script.get("kill"):
            os.kill(os.getpid(), signal.SIGKILL)
        if script.get("raise"):
            raise RuntimeError("scripted")
        return script

    def _analysis(self, source: Source, script: dict[str, Any]) -> Analysis:
        time.sleep(3600 if script.get("hang") else script.get("seconds", 0))
        report = Report(Status.DONE, tumor_probability=float(script.get("probability", 0.5)), urgency=0.5)
        for key, status in (("reject", Status.REJECTED), ("fail", Status.FAILED)):
            if key in script:
                report = Report(status, reason=script[key])
        pictures = {"original": PICTURE + source.path.read_bytes()} if report.status is Status.DONE else {}
        return Analysis(source.name, report, pictures, {"read": 0.001})


def load_scripted(settings: Settings) -> ScriptedPipeline:
    """In place of the models."""
    return ScriptedPipeline()


if __name__ == "__main__":
    die_with_parent()
    engine.load_pipeline = load_scripted  # type: ignore[assignment]
    run_analysis_worker(load_settings(), concurrency=1)
