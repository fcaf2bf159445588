"""The gate: which kind of image a scan is, and whether a model here knows it. Refuses rather than guesses."""

from __future__ import annotations

from models.gate.gate import Gate, load_gate
from models.gate.rules import choose_kind

__all__ = ["Gate", "choose_kind", "load_gate"]
