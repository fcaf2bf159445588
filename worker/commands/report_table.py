"""Reports for people: a table, or a line of text each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from models.report import Finding, Lesion, Report, Status, VolumeInfo
from shared.figures import percent

COLOURS = {Status.DONE: "green", Status.REJECTED: "yellow", Status.FAILED: "red"}


def report_table(paths: Sequence[str], reports: Iterable[Report]) -> Table:
    """One row a file, in the order given."""
    table = Table("File", "Status", "Tumour", "Urgency", "Findings", caption="Research use only.")
    for path, report in zip(paths, reports, strict=True):
        # As Text, because a file's name may hold what rich takes for markup.
        status = Text(str(report.status), COLOURS[report.status])
        figures = percent(report.tumor_probability), percent(report.urgency)
        table.add_row(Text(path), status, *figures, Text(summary(report)))
    return table


def report_line(path: str, report: Report) -> str:
    """The same as one line of plain text."""
    if report.status is not Status.DONE:
        return f"{path}: {report.status}: {report.reason}"
    return f"{path}: {report.status}: tumour {percent(report.tumor_probability)}: {summary(report)}"


def summary(report: Report) -> str:
    """The reported findings, or why there are none."""
    if report.status is not Status.DONE:
        return report.reason or ""
    if report.volume is not None:
        return volume_summary(report.volume)
    return "; ".join(describe(finding) for finding in report.findings if finding.reported) or "nothing reported"


def volume_summary(volume: VolumeInfo) -> str:
    """The reported lesions of a volume, or that there are none."""
    told = "; ".join(describe_lesion(lesion) for lesion in volume.lesions if lesion.reported) or "nothing reported"
    return f"{volume.analysed} of {volume.slices} slices: {told}"


def describe_lesion(lesion: Lesion) -> str:
    """Type, whether malignant, volume, the slices that show it, and its size on the one where it is largest."""
    label = lesion.label if lesion.certain else f"{lesion.label}?"
    volume = "" if lesion.volume_ml is None else f" {lesion.volume_ml:.1f} ml,"
    extent = f"{lesion.longest_diameter:.1f} x {lesion.short_axis:.1f} {lesion.unit}"
    where = f"slices {lesion.slices[0]} to {lesion.slices[1]}, largest on {lesion.largest_slice}"
    return f"{label} ({lesion.malignancy.label}),{volume} {extent}, {where}"


def describe(finding: Finding) -> str:
    """Type, whether malignant, size and place of one finding."""
    label = finding.label if finding.certain else f"{finding.label}?"
    size = finding.measurements
    extent = f"{size.longest_diameter:.1f} x {size.short_axis:.1f} {size.unit}"
    return f"{label} ({finding.malignancy.label}), {extent}, {size.location}"
