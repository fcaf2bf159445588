"""What a reader of a classifier's figures must know of who was trained and tested on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from models.training.classifiers.folders import Folder, Part, Picture

BY_FILE = (
    "No groups.csv says which pictures belong to one patient, so the split is by file: where one patient has several "
    "pictures, the figures flatter."
)
UNLISTED = (
    "{} of {} pictures are in no groups.csv and count as a patient each: where one patient has several of them, or is "
    "in groups.csv too, the figures flatter."
)
BOTH_SIDES = "{} groups have pictures on both sides of the given split, so the figures flatter."
COPIES = "{} test pictures are copies of pictures that were trained or validated on, so the figures flatter."


def split_notes(folder: Folder, divided: Sequence[Picture]) -> Iterator[str]:
    """The notes on a split; `divided` are the readable pictures of `folder`, each with its part."""
    unlisted = sum(not p.group for p in folder.pictures)
    if unlisted:
        yield BY_FILE if unlisted == len(folder.pictures) else UNLISTED.format(unlisted, len(folder.pictures))
    test, others = ([p for p in divided if (p.part is Part.TEST) is tested] for tested in (True, False))
    listed = {p.group for p in folder.pictures}
    if both := listed & {p.group for p in test} & {p.group for p in others}:
        yield BOTH_SIDES.format(len(both))
    known = {p.digest for p in others}
    if copies := sum(p.digest in known for p in test):
        yield COPIES.format(copies)
