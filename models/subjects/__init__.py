"""What an image shows: the head, a breast, the lungs. One file each, found by classic image processing."""

from __future__ import annotations

from models.subjects.breast import find_breast
from models.subjects.subject import Subject

__all__ = ["Subject", "find_breast"]
