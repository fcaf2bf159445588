"""What goes wrong between a file and its findings."""

from __future__ import annotations

from models.report import Kind


class ModelsError(Exception):
    """Root of the errors that the image side raises on purpose."""


class ScanRejectedError(ModelsError):
    """The file is at fault; `reason` is one sentence that a person can act on, `kind` what the image is, if known."""

    def __init__(self, reason: str, kind: Kind | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind


class EngineError(ModelsError):
    """No engine can run the network here; the text says what to install or choose."""


class ReleaseError(ModelsError):
    """A model's files are missing or do not belong together."""


class TrainingDataError(ModelsError):
    """What was given to train on cannot be learnt from; the text says what to change."""


class EvaluationError(ModelsError):
    """What was given cannot be evaluated; the text says what to change."""
