"""What the printed page says, in the words of the other pages."""

from __future__ import annotations

from shared.figures import diameters, percent
from shared.schemas import Finding
from worker.objects.case import Case
from worker.objects.structured_report import NONE_REPORTED

HEADINGS = ("", "Most likely", "Type", "Score", "Malignant", "Longest x short", "Area", "Location")
MOST_ROWS = 12
_IN_DOUBT = "A question mark stands where the model is in doubt about the type."
_CALIBRATED = "Type, score and malignant are calibrated probabilities, measured on the collections of the model card."


def facts(case: Case) -> list[tuple[str, str]]:
    """What is said of the image as a whole, as (name, value)."""
    result = case.result
    found = [
        ("Tumour", f"{percent(result.tumor_probability)} (probability of at least one)"),
        ("Urgency", "" if result.urgency is None else f"{result.urgency:.2f} of 1"),
        ("Regions reported", str(len(case.lesions))),
        ("Kind", result.kind or ""),
        ("Spacing", _spacing(case)),
        ("Model", f"{case.model.name} {case.model.version}"),
        ("Release", case.identity.release),
        ("File, SHA-256", case.identity.sha256),
    ]
    return [(name, value) for name, value in found if value]


def lesion_rows(case: Case) -> list[tuple[str, ...]]:
    """A row for each of the first lesions, under `HEADINGS`."""
    return [_row(number, finding) for number, finding in enumerate(case.lesions[:MOST_ROWS], 1)]


def remarks(case: Case) -> list[str]:
    """Sentences below the table."""
    more = len(case.lesions) - MOST_ROWS
    return [
        *([] if case.lesions else [NONE_REPORTED]),
        *([f"And {more} more regions, with a lower score: see the result."] if more > 0 else []),
        *([_IN_DOUBT] if any(not finding.certain for finding in case.lesions) else []),
        *([_CALIBRATED] if case.lesions else []),
        *case.result.caveats,
    ]


def _row(number: int, finding: Finding) -> tuple[str, ...]:
    measured = finding.measurements
    area = f"{measured.area:.0f} {'mm2' if measured.unit == 'mm' else 'px'}"
    return (
        str(number),
        finding.label if finding.certain else f"{finding.label}?",
        percent(finding.probabilities.get(finding.label)),
        percent(finding.score),
        f"{percent(finding.malignancy.probability)} {finding.malignancy.label}",
        diameters(measured),
        area,
        measured.location,
    )


def _spacing(case: Case) -> str:
    image = case.result.image
    if image is None or image.pixel_spacing_mm is None:
        return "not known: sizes in pixels"
    return "{:.3g} x {:.3g} mm between rows x columns".format(*image.pixel_spacing_mm)
