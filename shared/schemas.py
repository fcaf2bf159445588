"""What crosses the HTTP boundary and the result contract, as frozen pydantic models."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from shared.states import AlertEventKind, AlertKind, BatchState, DeliveryState, Priority, ScanState

Item = TypeVar("Item")

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of a file's bytes, in hexadecimal.")]
Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$", description="Text without control characters.")]
Fraction = Annotated[float, Field(ge=0, le=1)]
Size = Annotated[float, Field(ge=0)]
Point = tuple[int, int]


class View(BaseModel):
    """Something that is sent out. Unknown keys are ignored on reading: keys may be added later."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Request(BaseModel):
    """Something that comes in: an unknown key is a mistake and is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# The result contract: the object that `predict --json` prints and that the API gives for a scan.


class ModelInfo(View):
    """Which weights made the figures; brain-mri+classic 0.1.0+0.1.0 where two models did."""

    name: str
    version: str

    @property
    def members(self) -> list[ModelInfo]:
        """The models one by one: each has a card of its own."""
        names, versions = self.name.split("+"), self.version.split("+")
        if len(names) != len(versions):
            return [self]
        return [ModelInfo(name=name, version=version) for name, version in zip(names, versions, strict=True)]


class ImageInfo(View):
    """The stored pixels, before any EXIF rotation; spacing is (row, column) in mm.

    `orientation` is the EXIF orientation, 1 to 8, in which locations are told and a viewer shows the image.
    `pixel_aspect`, a pixel's height over its width, counts where no spacing is known.
    """

    width: int
    height: int
    pixel_spacing_mm: tuple[float, float] | None
    orientation: Annotated[int, Field(ge=1, le=8)] = 1
    pixel_aspect: Annotated[float, Field(gt=0)] = 1.0


class Malignancy(View):
    """`probability` is P(malignant)."""

    label: Literal["benign", "malignant", "uncertain"]
    probability: Fraction


class Measurements(View):
    """Lengths in `unit`, the area in `unit` squared; shape figures in 0..1."""

    longest_diameter: Size
    short_axis: Size
    area: Size
    unit: Literal["mm", "px"]
    circularity: float
    eccentricity: float
    solidity: float
    location: str


class Finding(View):
    """One candidate region in stored pixels: box (x0, y0, x1, y1) half-open, contour as (x, y) points."""

    box: tuple[int, int, int, int]
    score: Fraction
    reported: bool
    label: str
    probabilities: dict[str, Fraction]
    certain: bool
    malignancy: Malignancy
    measurements: Measurements
    contour: list[Point]

    @property
    def in_doubt(self) -> bool:
        """Whether its type or its malignancy is in doubt."""
        return not self.certain or self.malignancy.label == "uncertain"

    @property
    def weight(self) -> tuple[float, float]:
        """How much it matters, for comparing: score x P(malignant), where those are equal the score."""
        return self.score * self.malignancy.probability, self.score


class Lesion(View):
    """One lesion through neighbouring slices of a volume; its probabilities mean what a finding's do.

    `slices`: the first and the last that show it, from 1; `largest_slice`: where it is largest, and where its diameters
    and its location are taken.
    """

    label: str
    score: Fraction
    reported: bool
    probabilities: dict[str, Fraction]
    certain: bool
    malignancy: Malignancy
    slices: tuple[int, int]
    largest_slice: int
    volume_ml: Size | None
    craniocaudal_mm: Size | None
    longest_diameter: Size
    short_axis: Size
    unit: Literal["mm", "px"]
    location: str


class VolumeInfo(View):
    """Of many slices that were read together; image and findings of the result are those of `slice`, the most urgent.

    `analysed`: how many of the `slices` went through the network. Numbers count from 1: `slice` in the order from feet
    to head (or back to front, right to left), `frame` in the file. `file`: the one that holds the slice, of a series.
    """

    slices: int
    analysed: int
    slice: int
    slice_spacing_mm: Size | None
    frame: int | None
    file: str | None
    lesions: list[Lesion]

    @property
    def reported(self) -> list[Lesion]:
        """The lesions that are shown and alerted on, best first."""
        return [lesion for lesion in self.lesions if lesion.reported]


class ScanResult(View):
    """How the analysis of one scan ended. Everything but path, status and reason may be absent unless it is done."""

    path: str
    status: Literal["done", "rejected", "failed"]
    reason: str | None = None
    kind: str | None = None
    model: ModelInfo | None = None
    tumor_probability: Fraction | None = None
    urgency: Fraction | None = None
    image: ImageInfo | None = None
    findings: list[Finding] = []
    caveats: list[str] = []
    volume: VolumeInfo | None = None

    @property
    def reported(self) -> list[Finding]:
        """The findings that are shown and alerted on, best first."""
        return [finding for finding in self.findings if finding.reported]

    @property
    def by_weight(self) -> list[Finding]:
        """The reported findings, the one that matters most first: see `Finding.weight`."""
        return sorted(self.reported, key=lambda finding: finding.weight, reverse=True)

    @property
    def leading(self) -> Finding | None:
        """The reported finding that matters most: what is shown where one must stand for the scan.

        Not the first by score: a scan is urgent for its glioma, however surely it has a meningioma as well.
        """
        return next(iter(self.by_weight), None)

    @property
    def in_doubt(self) -> bool:
        """Whether the type or the malignancy of a reported finding is in doubt."""
        return any(finding.in_doubt for finding in self.reported)


# The API.


class BatchCreate(Request):
    """A new batch. An open batch with the same `client_key` is given back instead: a submitter resumes by it."""

    name: Annotated[Line, Field(min_length=1, max_length=200)]
    priority: Priority = Priority.ROUTINE
    client_key: Annotated[Line, Field(min_length=1, max_length=200)] | None = None


class Counts(View):
    """How many scans of a batch are in each state."""

    received: int = 0
    queued: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0
    rejected: int = 0
    cancelled: int = 0


class BatchView(View):
    """A batch and its progress; `version` grows with each change."""

    id: int
    name: str
    priority: Priority
    state: BatchState
    counts: Counts
    total: int
    finished: bool
    created_at: datetime
    closed_at: datetime | None
    version: int


class ScanRegister(Request):
    """A scan whose bytes the store has already."""

    path: Annotated[str, Field(min_length=1, max_length=4096)]
    sha256: Sha256


class RegisteredScan(View):
    """What became of one file that was added: a scan, or the reason why not."""

    path: str
    scan_id: int | None = None
    error: str | None = None


class ScanView(View):
    """One file of a batch. `reason` says why it failed or was rejected; figures are there when it is done."""

    id: int
    batch_id: int
    path: str
    sha256: str
    size: int
    state: ScanState
    priority: Priority
    attempt: int
    reason: str | None
    tumor_probability: float | None
    urgency: float | None
    kind: str | None
    created_at: datetime
    updated_at: datetime


class ScanEvent(View):
    """One change of a scan's state; `from_state` is null for its first."""

    at: datetime
    attempt: int
    from_state: ScanState | None
    to_state: ScanState
    reason: str | None


class ScanOutcome(View):
    """The result of one scan of a batch."""

    scan_id: int
    result: ScanResult


class AlertView(View):
    """Something that people must know; `rules` are the names of those that wanted it told.

    `rung` counts the steps of escalation taken, `escalate_at` is when the next is due. `last_at_once`: a rule has now
    sent as many messages of their own from this batch as it may, so what follows waits for the digest.
    """

    id: int
    kind: AlertKind
    rules: list[str]
    batch_id: int
    scan_id: int | None
    result_id: int | None
    rung: int
    escalate_at: datetime | None
    last_at_once: bool
    created_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None


class DeliveryView(View):
    """An alert on its way to one recipient; `reason` says why the last try failed, or why there is none any more."""

    id: int
    alert_id: int
    channel: str
    recipient: str
    key: str
    state: DeliveryState
    rung: int
    attempt: int
    repeat: bool
    due_at: datetime
    sent_at: datetime | None
    reason: str | None
    created_at: datetime


class AlertListItem(AlertView):
    """An alert in a list: of how many scans it tells, the highest urgency among them, and whom it was sent to.

    `finding` is the reported one that matters most (highest score x P(malignant)) where it tells of one scan, with the
    model that made its figures.
    """

    scans: int
    urgency: float | None
    finding: Finding | None
    model: ModelInfo | None
    deliveries: list[DeliveryView]


class AlertEventView(View):
    """One thing that happened to an alert."""

    id: int
    delivery_id: int | None
    at: datetime
    kind: AlertEventKind
    detail: str | None


class AlertDetails(View):
    """An alert with all that is known of it; deliveries and events oldest first.

    `scans` counts those that it tells of; `scan_ids` names the most urgent of them first, and at most 200.
    """

    alert: AlertView
    deliveries: list[DeliveryView]
    events: list[AlertEventView]
    scan_ids: list[int]
    scans: int


class Page(View, Generic[Item]):
    """A part of a listing; `next` is the `after` of the part that follows, null at the end."""

    items: list[Item]
    next: str | None = None
