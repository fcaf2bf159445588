"""All pictures of a training, read as inference reads them and written once as small grey squares."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2

from models.classifiers.crop import whole_image
from models.errors import ScanRejectedError
from models.reading import read_scan
from models.training.classifiers.folders import Part, Picture


@dataclass(frozen=True)
class LeftOut:
    """A file that is no readable picture, and why."""

    file: str
    reason: str


def readable(pictures: Sequence[Picture], size: int, folder: Path) -> tuple[list[Picture], list[LeftOut]]:
    """Each readable picture, now an 8-bit grey PNG (size, size) in `folder`, and the files that are none.

    A picture of no listed group is of its digest's: copies of one picture stay together.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    good: list[Picture] = []
    left_out: list[LeftOut] = []
    for number, picture in enumerate(pictures):
        try:
            small = whole_image(read_scan(picture.file), size)
        except ScanRejectedError as error:
            left_out.append(LeftOut(str(picture.file), error.reason))
            continue
        target, digest = folder / f"{number:06d}.png", hashlib.sha256(small.tobytes()).hexdigest()[:16]
        cv2.imwrite(str(target), small)
        good.append(replace(picture, file=target, group=picture.group or digest, digest=digest))
    return good, left_out


def arrange(pictures: Sequence[Picture], folder: Path) -> list[Picture]:
    """Move the pictures to `folder`/PART/CLASS, as `flow_from_directory` wants them."""
    arranged = []
    for picture in pictures:
        place = folder / str(picture.part) / picture.label
        place.mkdir(parents=True, exist_ok=True)
        arranged.append(replace(picture, file=picture.file.rename(place / picture.file.name)))
    return arranged


@dataclass(frozen=True)
class Prepared:
    """The pictures of a run in their places. left_out: could not be read; notes: what to know of the split."""

    pictures: tuple[Picture, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]

    def of(self, part: Part) -> list[Picture]:
        """The pictures of one part, in the order in which `flow_from_directory` gives them."""
        return sorted((p for p in self.pictures if p.part is part), key=lambda p: (p.label, p.file.name))

    def save(self, path: Path) -> None:
        """As JSON, whole or not at all; files relative to the JSON's own folder, so that a run can be moved."""
        rows = [
            [p.file.relative_to(path.parent).as_posix(), p.label, p.group, str(p.part), p.digest] for p in self.pictures
        ]
        out = [[left.file, left.reason] for left in self.left_out]
        beside = path.with_suffix(".next")
        beside.write_text(json.dumps({"pictures": rows, "left_out": out, "notes": self.notes}), encoding="utf-8")
        beside.replace(path)

    @classmethod
    def load(cls, path: Path) -> Prepared:
        """The inverse of `save`."""
        values = json.loads(path.read_text(encoding="utf-8"))
        pictures = (
            Picture(path.parent / file, label, group, Part(part), digest)
            for file, label, group, part, digest in values["pictures"]
        )
        return cls(tuple(pictures), tuple(LeftOut(*row) for row in values["left_out"]), tuple(values["notes"]))
