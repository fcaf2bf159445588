"""Who is trained, validated and tested on for a classifier behind a network: the note of the network decides."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from models.collections import Record, read_sources, several_types
from models.errors import TrainingDataError
from models.known_patients import KnownPatients, load_known_patients
from models.release import NO_FOLD, Release

TRAIN, VALIDATION, TEST = "train", "validation", "test"


def tested_fold(network: Release) -> int:
    """The fold that a classifier behind it is tested on: the one that it held out, or the first where it held out none.

    A network that was trained on every fold of its collections still knows nobody in another.
    """
    return 0 if network.held_out_fold == NO_FOLD else network.held_out_fold


def parts_of(records: Iterable[Record], network: Release) -> dict[Record, str]:
    """The part of each record, as the network's own note has it: neither learns from whom the other is calibrated on.

    Raises TrainingDataError where the network does not say whom it knows.
    """
    patients = load_known_patients(network.folder)
    if patients is None:
        raise TrainingDataError(
            f"{network.folder} does not say with whose images it was made, so nothing can be weighed or tested beside "
            "it; train it again."
        )
    return {record: _part(record, patients, tested_fold(network)) for record in records}


def _part(record: Record, patients: KnownPatients, tested: int) -> str:
    if patients.calibrated_on(record.patient):
        return VALIDATION
    return TEST if record.fold == tested and not patients.knows(record.patient) else TRAIN


def records_of(part: str, network: Release, collections: Path) -> list[Record]:
    """Images of known type of one part. Raises TrainingDataError where there are none."""
    records = [r for r, p in parts_of(typed_records(collections, network), network).items() if p == part]
    if not records:
        raise TrainingDataError(
            f"{collections} has no image of known type of a patient whom {network.id} keeps for it."
        )
    return records


def typed_records(data: Path, network: Release) -> list[Record]:
    """Images of the network's kind with a known place and type, of collections with two types or more.

    One type alone shows the source. Raises TrainingDataError where there are none.
    """
    records = [r for r in read_sources(data, network.kind) if r.tumour and r.label and (r.mask or r.lesions)]
    several = several_types((r.pool, label) for r in records for label in _types(r))
    if not several:
        raise TrainingDataError(f"No collection in {data} has tumours of several types.")
    return [r for r in records if r.pool in several]


def _types(record: Record) -> list[str | None]:
    return [lesion.label for lesion in record.lesions if lesion.counts] if record.by_centre else [record.label]
