"""The old place of models.collections, for modules that are being worked on."""

from __future__ import annotations

from models.collections import TYPED_POOL, Record, outline_of, read_outline, read_sources

__all__ = ["TYPED_POOL", "Record", "outline_of", "read_outline", "read_sources"]
