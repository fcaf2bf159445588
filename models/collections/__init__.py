"""Annotated images: from the CSV files of a collection to records with a patient, a fold and the truth.

Training and evaluation read the same ones, and neither needs the other for it.
"""

from __future__ import annotations

from models.collections.collection import Collection
from models.collections.listed import LIST_FILE, UNFOLDED, UNTYPED
from models.collections.ours import COLLECTIONS
from models.collections.reading import read_sources
from models.collections.record import Box, Lesion, Record, collection_of, patient_of, several_types
from models.collections.truth import boxes_of, lesion_masks, outline_of, read_outline, truth_mask

__all__ = [
    "COLLECTIONS",
    "LIST_FILE",
    "UNFOLDED",
    "UNTYPED",
    "Box",
    "Collection",
    "Lesion",
    "Record",
    "boxes_of",
    "collection_of",
    "lesion_masks",
    "outline_of",
    "patient_of",
    "read_outline",
    "read_sources",
    "several_types",
    "truth_mask",
]
