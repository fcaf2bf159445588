"""What the pipeline takes and gives, and its last step: from the network's outputs to a report with pictures."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from models.candidates import Candidate, find_candidates, tumour_features
from models.classifiers.base import Classifier
from models.classifiers.second_stage import classify, joint_info
from models.engines.base import HeadOutputs
from models.findings import describe, field_on, work_frame
from models.geometry import Frame
from models.judgement import urgency
from models.preprocessing import Prepared
from models.presets import Preset
from models.reading import Scan
from models.reading.scan import AT_DETECTOR
from models.release import Release
from models.rendering import render_heatmap, render_mask, render_original, render_overlay, render_thumbnail
from models.rendering.steps import render_step_strip
from models.report import Finding, ImageInfo, Kind, ModelInfo, Report, Status

log = logging.getLogger(__name__)
SIZES_OF_SHADOWS = (
    "Sizes are those of the shadow on the detector (ImagerPixelSpacing): in the patient they are smaller, by a "
    "magnification that the file does not state."
)


@dataclass(frozen=True)
class Source:
    """A scan to analyse: `name` comes back with the result; `kind` where the caller knows it.

    series: all files of a series that is to be read as one volume; then `path` is the first of them.
    """

    name: str
    path: Path
    kind: Kind | None = None
    series: tuple[Path, ...] = ()


@dataclass(frozen=True, eq=False)
class Analysis:
    """A scan's report, its pictures and seconds by stage.

    Pictures are PNG, by name: original, overlay, heatmap, mask, thumbnail, steps; of a volume slices too.
    """

    name: str
    report: Report
    images: Mapping[str, bytes] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Judged:
    """What the network's output means: the report of one image, and what its pictures are drawn from."""

    prepared: Prepared
    frame: Frame
    output: HeadOutputs
    report: Report

    def draw(self, findings: Sequence[Finding] | None = None) -> dict[str, bytes]:
        """The pictures, by name; `findings` in the place of those of the report."""
        scan, info = self.prepared.scan, self.report.model
        assert info is not None  # noqa: S101 - judged reports name their model
        shown = self.report.findings if findings is None else findings
        activation = 1 / (1 + np.exp(-np.clip(self.output.region[0], -30, 30)))
        return {
            "original": render_original(scan),
            "overlay": render_overlay(scan, shown, info),
            "heatmap": render_heatmap(scan, self.frame.unwarp(activation), info),
            "mask": render_mask(scan, shown),
            "thumbnail": render_thumbnail(scan, shown),
            "steps": render_step_strip(self.prepared),
        }


def judge(
    prepared: Prepared,
    output: HeadOutputs,
    release: Release,
    preset: Preset,
    classifier: Classifier | None = None,
) -> Judged:
    """Find, classify and measure. `output` holds this one slice; `classifier` is the second stage, if any."""
    output = output.mirrored() if prepared.subject.mirrored else output  # from here on as displayed
    frame = work_frame(prepared)
    candidates = find_candidates(output, field_on(prepared, frame), release.calibration)
    if classifier is not None:
        candidates = classify(candidates, prepared, classifier, release.types)
    info = joint_info(release.info, classifier)
    return Judged(prepared, frame, output, _report(prepared, frame, candidates, output, release, preset, info))


def conclude(
    name: str,
    prepared: Prepared,
    output: HeadOutputs,
    release: Release,
    preset: Preset,
    classifier: Classifier | None = None,
) -> Analysis:
    """Judge the image `name` and draw its pictures."""
    start = time.perf_counter()
    judged = judge(prepared, output, release, preset, classifier)
    measured = time.perf_counter()
    images = judged.draw()
    timings = {"measure": measured - start, "render": time.perf_counter() - measured}
    return Analysis(name, judged.report, images, timings)


def failed(source: Source, stage: str, error: Exception) -> Analysis:
    """Our fault, not the scan's: the log has the trace, the reader one sentence."""
    log.error("a scan failed in %s", stage, exc_info=error)
    return Analysis(source.name, Report(Status.FAILED, f"An error inside OncoQueue stopped this scan in {stage}."))


def _report(
    prepared: Prepared,
    frame: Frame,
    candidates: list[Candidate],
    output: HeadOutputs,
    release: Release,
    preset: Preset,
    info: ModelInfo,
) -> Report:
    probability = float(release.calibration.tumour(tumour_features(candidates, output)[None])[0])
    described = (
        describe(c, release.calibration.reports(rank, c.score, probability), prepared, frame, release, preset)
        for rank, c in enumerate(candidates)
    )
    findings = tuple(finding for finding in described if finding)
    return Report(
        status=Status.DONE,
        kind=preset.kind,
        model=info,
        tumor_probability=probability,
        urgency=urgency(probability, findings, preset, prepared.subject.longer_side),
        image=_image_info(prepared.scan),
        findings=findings,
        caveats=(*preset.caveats, *_size_caveats(prepared.scan)),
    )


def _image_info(scan: Scan) -> ImageInfo:
    height, width = scan.pixels.shape
    return ImageInfo(width, height, scan.spacing_mm, scan.orientation, scan.stated_aspect)


def _size_caveats(scan: Scan) -> tuple[str, ...]:
    return (SIZES_OF_SHADOWS,) if scan.spacing_source == AT_DETECTOR else ()
