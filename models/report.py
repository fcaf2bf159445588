"""What the pipeline says of one scan, as frozen dataclasses: the result contract without the path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """Kinds of image the system speaks of; not all have a model."""

    BRAIN_MRI = "brain-mri"
    MAMMOGRAM = "mammogram"
    CHEST_XRAY = "chest-xray"


class Status(StrEnum):
    """How the analysis of a scan ended."""

    DONE = "done"
    REJECTED = "rejected"
    FAILED = "failed"


@dataclass(frozen=True)
class ModelInfo:
    """Which weights made the figures."""

    name: str
    version: str


@dataclass(frozen=True)
class ImageInfo:
    """The stored pixels, before any EXIF rotation; spacing is (row, column) in mm.

    `orientation` is the EXIF orientation, 1 to 8, in which locations are told and a viewer shows the image.
    `pixel_aspect`, a pixel's height over its width, counts where no spacing is known.
    """

    width: int
    height: int
    pixel_spacing_mm: tuple[float, float] | None
    orientation: int = 1
    pixel_aspect: float = 1.0


@dataclass(frozen=True)
class Malignancy:
    """`probability` is P(malignant), calibrated through the type probabilities."""

    label: str
    probability: float


@dataclass(frozen=True)
class Measurements:
    """Lengths in `unit`, area in `unit` squared; shape figures in 0..1."""

    longest_diameter: float
    short_axis: float
    area: float
    unit: str
    circularity: float
    eccentricity: float
    solidity: float
    location: str


@dataclass(frozen=True)
class Finding:
    """One candidate region, in stored pixels: box (x0, y0, x1, y1) half-open, contour as (x, y) points."""

    box: tuple[int, int, int, int]
    score: float
    reported: bool
    label: str
    probabilities: Mapping[str, float]
    certain: bool
    malignancy: Malignancy
    measurements: Measurements
    contour: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Lesion:
    """One lesion through neighbouring slices of a volume; its figures of probability mean what a finding's do.

    slices: the first and the last that show it, from 1 in the volume's order; largest_slice: where its area is largest,
    and where the diameters and the location are taken. volume_ml and craniocaudal_mm: None where spacings or the
    orientation are not known.
    """

    label: str
    score: float
    reported: bool
    probabilities: Mapping[str, float]
    certain: bool
    malignancy: Malignancy
    slices: tuple[int, int]
    largest_slice: int
    volume_ml: float | None
    craniocaudal_mm: float | None
    longest_diameter: float
    short_axis: float
    unit: str
    location: str


@dataclass(frozen=True)
class VolumeInfo:
    """What a report of many slices says beside that of its most urgent slice, which its image and findings are of.

    slices: how many there are; analysed: how many went through the network; slice: the most urgent one, from 1 in the
    volume's order; frame: its number in the file, from 1; file: the name of the file that holds it, where each slice
    has its own.
    """

    slices: int
    analysed: int
    slice: int
    slice_spacing_mm: float | None
    frame: int | None
    file: str | None
    lesions: tuple[Lesion, ...]


@dataclass(frozen=True)
class Report:
    """A scan's result, `findings` best first. Where it is not done, only status and reason are sure to be there.

    caveats: what a reader must know beside the figures, a sentence each.
    volume: of many slices that were read together; None of a single image.
    """

    status: Status
    reason: str | None = None
    kind: Kind | None = None
    model: ModelInfo | None = None
    tumor_probability: float | None = None
    urgency: float | None = None
    image: ImageInfo | None = None
    findings: tuple[Finding, ...] = field(default=())
    caveats: tuple[str, ...] = ()
    volume: VolumeInfo | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values under the contract's keys."""
        return asdict(self)
