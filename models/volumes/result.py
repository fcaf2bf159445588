"""The one result of a volume: that of its most urgent slice, with the lesions of all of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from models.analysis import Analysis, Judged, Source
from models.detector import Detector
from models.errors import ScanRejectedError
from models.judgement import urgency
from models.reading import Volume
from models.rendering import label_colour, sheet_footer
from models.rendering.sheet import SheetOutline, SheetSlice, render_sheet, spread
from models.report import Finding, Lesion, Report, VolumeInfo
from models.volumes.joining import Joined, join, supported
from models.volumes.measuring import measured
from models.volumes.passing import Passage, Passed, Skipped
from models.volumes.sight import Sight

NOT_CALIBRATED = (
    "The figures of a volume follow from those of its slices and are not calibrated for volumes: a region or a "
    "probability counts fully where two neighbouring slices have it, and half where one alone does."
)
Labelled = tuple[Joined, str]
"""A reported lesion and its type."""


def analyse_volume(source: Source, volume: Volume, passage: Passage) -> Analysis:
    """Every slice through the network, and one result. Raises ScanRejectedError where no slice can be analysed."""
    passed = passage.run(volume)
    if not passed.sights:
        raise ScanRejectedError(next(iter(passed.reasons.values())))
    start = time.perf_counter()
    detector = passage.detector
    joined = join(passed.sights)
    lesions = [measured(lesion, detector.release.calibration, detector.preset) for lesion in joined]
    labelled = [(lesion, told.label) for lesion, told in zip(joined, lesions, strict=True) if told.reported]
    reported = [lesion for lesion, _ in labelled]
    shown = _most_urgent(passed.sights, reported)
    judged = _again(volume, shown, passage)
    report = _report(judged, volume, shown, passed, lesions, reported, detector)
    images = judged.draw(report.findings) | {"slices": _sheet(passed.sights, labelled, shown, report)}
    timings = {**passed.timings, "render": time.perf_counter() - start}
    return Analysis(source.name, report, images, MappingProxyType(timings))


def _most_urgent(sights: Sequence[Sight], reported: Sequence[Joined]) -> Sight:
    """Of the slices that report a region of a reported lesion; of all, where there is none."""
    showing = [sight for lesion in reported for sight, spot in lesion.parts if spot.finding.reported] or sights
    return max(showing, key=lambda sight: sight.urgency)


def _again(volume: Volume, shown: Sight, passage: Passage) -> Judged:
    """The slice to show once more, now to be drawn: while the others had their turn, it was not kept."""
    prepared = passage.prepared(volume.slices[shown.index])
    if isinstance(prepared, tuple):
        raise ScanRejectedError(prepared[1])
    return passage.detector.judge(prepared, passage.network([prepared])[0])


def _report(
    judged: Judged,
    volume: Volume,
    shown: Sight,
    passed: Passed,
    lesions: Sequence[Lesion],
    reported: Sequence[Joined],
    detector: Detector,
) -> Report:
    part = volume.slices[shown.index]
    findings = _findings(judged.report.findings, shown, reported)
    probability = volume_probability(passed.sights, reported)
    longer_side = judged.prepared.subject.longer_side
    return replace(
        judged.report,
        tumor_probability=probability,
        urgency=urgency(probability, findings, detector.preset, longer_side),
        findings=findings,
        caveats=(*judged.report.caveats, NOT_CALIBRATED, *volume.notes, *skipped_notes(passed)),
        volume=VolumeInfo(
            slices=len(volume),
            analysed=len(passed.sights),
            slice=shown.index + 1,
            slice_spacing_mm=part.place.spacing_mm,
            frame=part.frame,
            file=part.file,
            lesions=tuple(sorted(lesions, key=lambda lesion: not lesion.reported)),
        ),
    )


def volume_probability(sights: Sequence[Sight], reported: Sequence[Joined]) -> float:
    """P(at least one tumour): what two neighbouring slices of a reported lesion say, or of the whole where none is.

    One slice alone counts half; but fully where there is no other.
    """
    if len(sights) == 1:
        return sights[0].probability
    groups: list[Sequence[Sight]] = [lesion.sights for lesion in reported] or [sights]
    return max(supported(group, [sight.probability for sight in group]) for group in groups)


def skipped_notes(passed: Passed) -> tuple[str, ...]:
    """What a reader must know of slices that were not analysed; blank ones hold nothing and need no word."""
    notes = []
    if damaged := passed.skipped[Skipped.DAMAGED]:
        notes.append(f"{damaged} slices could not be read; of the first: {passed.reasons[Skipped.DAMAGED]}")
    if unlike := passed.skipped[Skipped.UNLIKE]:
        notes.append(f"{unlike} slices were passed over, as their pixels do not look like this kind of image.")
    return tuple(notes)


def _findings(findings: Sequence[Finding], shown: Sight, reported: Sequence[Joined]) -> tuple[Finding, ...]:
    """The slice's findings; those are reported that belong to a lesion which is."""
    told = {spot.index for lesion in reported for sight, spot in lesion.parts if sight is shown}
    return tuple(
        replace(finding, reported=finding.reported and number in told) for number, finding in enumerate(findings)
    )


def _sheet(sights: Sequence[Sight], labelled: Sequence[Labelled], shown: Sight, report: Report) -> bytes:
    by_index = {sight.index: number for number, sight in enumerate(sights)}
    wanted = [by_index[s.index] for s in (shown, *(lesion.largest[0] for lesion, _ in labelled))]
    assert report.model is not None  # noqa: S101 - judged reports name their model
    slices = [_sheet_slice(sights[number], labelled, shown) for number in spread(len(sights), wanted)]
    return render_sheet(slices, sheet_footer(report.model))


def _sheet_slice(sight: Sight, labelled: Sequence[Labelled], shown: Sight) -> SheetSlice:
    outlines = tuple(
        SheetOutline(spot.outline, label_colour(label), not spot.finding.certain)
        for lesion, label in labelled
        for other, spot in lesion.parts
        if other is sight
    )
    return SheetSlice(sight.index + 1, sight.picture, sight.stored_size, sight.orientation, outlines, sight is shown)
