"""The files of a directory sorted into DICOM series, and a series as a volume. No names or numbers of files count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydicom.dataset import Dataset

from models.errors import ScanRejectedError
from models.reading.dicom import checked, order_notes
from models.reading.dicom_frames import geometry_of
from models.reading.dicom_header import DAMAGED_HEADER, DICOM_ERRORS, detail_of, read_header
from models.reading.dicom_values import numbers
from models.reading.rejection import as_rejection
from models.reading.scan import Scan
from models.reading.signatures import HEAD_BYTES, Format, recognise
from models.reading.stacking import Geometry, stacked
from models.reading.volume import Place, Slice, Volume, check_volume
from models.report import Kind

Read = Callable[[Path, int], Scan]


@dataclass(frozen=True, eq=False)
class SeriesFile:
    """A file with one image, as far as its header tells; `instance` and `series` are its UIDs, empty if it has none."""

    path: Path
    series: str
    instance: str
    number: float
    geometry: Geometry
    kind: Kind | None


def grouped(paths: Iterable[Path], max_pixels: int) -> list[tuple[Path, ...]]:
    """Files that belong together, in the order in which each group is met.

    Single-frame DICOM files of one SeriesInstanceUID are a group; every other file is one by itself.
    """
    groups: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        try:
            series = _read_file(path, max_pixels).series
        except ScanRejectedError:  # said again, with its reason, when it is read by itself
            series = ""
        groups[series or f"file {path}"].append(path)
    return [tuple(group) for group in groups.values()]


def volume_of(paths: Sequence[Path], max_pixels: int, read: Read) -> Volume:
    """The images of one series, ordered by where they lie, else by their numbers. Copies of an image are read once.

    `read` reads one file when its turn comes. Raises ScanRejectedError where the series is too large or no file is
    readable.
    """
    files, reasons = _readable(paths, max_pixels)
    if not files:
        raise ScanRejectedError(reasons[0])
    files.sort(key=lambda file: (file.number, file.path.name))
    unique = list({file.instance or str(file.path): file for file in files}.values())
    check_volume(len(unique), max(file.geometry.shape[0] * file.geometry.shape[1] for file in unique), max_pixels)
    order = stacked([file.geometry for file in unique])
    return Volume(
        slices=tuple(_slice(unique[index], place, max_pixels, read) for index, place in order.order),
        kind=next((file.kind for file in unique if file.kind), None),
        format=Format.DICOM.value,
        notes=(*order_notes(order), *_unreadable_note(reasons)),
    )


def _slice(file: SeriesFile, place: Place, max_pixels: int, read: Read) -> Slice:
    return Slice(partial(read, file.path, max_pixels), place, file=file.path.name)


def _readable(paths: Sequence[Path], max_pixels: int) -> tuple[list[SeriesFile], list[str]]:
    files, reasons = [], []
    for path in paths:
        try:
            files.append(_read_file(path, max_pixels))
        except ScanRejectedError as error:
            reasons.append(error.reason)
    return files, reasons


def _unreadable_note(reasons: Sequence[str]) -> tuple[str, ...]:
    return (f"{len(reasons)} files of the series could not be read; of the first: {reasons[0]}",) if reasons else ()


def _read_file(path: Path, max_pixels: int) -> SeriesFile:
    """What the header says. Raises ScanRejectedError where the file holds no single DICOM image of a readable kind."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise ScanRejectedError("The file cannot be opened.") from error
    with file:
        if recognise(file.read(HEAD_BYTES)) is not Format.DICOM:
            raise ScanRejectedError("The file is no DICOM file.")
        with as_rejection(DAMAGED_HEADER, DICOM_ERRORS, detail_of):
            header = read_header(file)[0]
            kind, frames = checked(header, max_pixels)
            if frames > 1:
                raise ScanRejectedError("The file holds several images.")
            return _described(path, header, kind)


def _described(path: Path, header: Dataset, kind: Kind | None) -> SeriesFile:
    number = numbers(header, "InstanceNumber")
    return SeriesFile(
        path=path,
        series=str(header.get("SeriesInstanceUID") or ""),
        instance=str(header.get("SOPInstanceUID") or ""),
        number=number[0] if number else 0.0,
        geometry=geometry_of(header),
        kind=kind,
    )
