"""The one place where a worker gets its models from."""

from __future__ import annotations

from models.pipeline import Pipeline
from shared.settings import Settings


def load_pipeline(settings: Settings) -> Pipeline:
    """Load the models. Slow and large: once in a process, and only after its fork."""
    return Pipeline.load(
        engine=settings.engine,
        threads=settings.worker_threads,
        max_pixels=settings.max_pixels,
        classifier=settings.classifier,
        gate=settings.gate,
    )
