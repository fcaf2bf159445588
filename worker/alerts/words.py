"""Results in the words of a message."""

from __future__ import annotations

from datetime import UTC, datetime

from shared.figures import diameters, percent
from shared.schemas import Finding, Measurements, ScanResult
from worker.alerts.content import FindingWords, ScanWords

MAX_FINDINGS = 10
KINDS = {"brain-mri": "Brain MRI", "mammogram": "Mammogram", "chest-xray": "Chest X-ray"}
TYPES = {"pituitary": "Pituitary adenoma"}


def scan_words(scan_id: int, link: str, result: ScanResult, most: int = MAX_FINDINGS) -> ScanWords:
    """A scan's reported findings, the one that matters most first. What was not reported is no finding."""
    findings = result.by_weight
    return ScanWords(
        scan_id,
        link,
        KINDS.get(result.kind or "", result.kind or "Unknown kind of image"),
        urgency_words(result.urgency),
        percent(result.tumor_probability),
        model_words(result),
        tuple(finding_words(finding) for finding in findings[:most]),
        max(0, len(findings) - most),
        any(finding.in_doubt for finding in findings[1:]),
    )


def urgency_words(urgency: float | None) -> str:
    """0 to 1, with two digits; it is a rank and no probability, so no per cents."""
    return "" if urgency is None else f"{urgency:.2f}"


def model_words(result: ScanResult) -> str:
    """Name and version of the model."""
    return f"{result.model.name} {result.model.version}" if result.model else "unknown model"


def finding_words(finding: Finding) -> FindingWords:
    """One finding."""
    return FindingWords(
        type_words(finding.label, finding.certain),
        percent(finding.probabilities.get(finding.label)),
        percent(finding.score),
        f"{percent(finding.malignancy.probability)} ({finding.malignancy.label})",
        size_words(finding.measurements),
        finding.measurements.location,
    )


def type_words(label: str, certain: bool) -> str:
    """A label as a tumour's name; says so where the type is in doubt."""
    name = TYPES.get(label) or label.replace("-", " ").replace("_", " ").capitalize()
    return name if certain else f"{name} (type in doubt)"


def size_words(size: Measurements) -> str:
    """Longest diameter by short axis; in pixels where the scan does not say how large a pixel is."""
    words = diameters(size)
    return words if size.unit == "mm" else f"{words} (pixel spacing not known)"


def time_words(at: datetime) -> str:
    """To the minute, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
