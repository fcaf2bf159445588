"""What the pipeline takes and gives, and its last step: from the network's outputs to a report with pictures."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
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
from models.report import ImageInfo, Kind, ModelInfo, Report, Status

log = logging.getLogger(__name__)
SIZES_OF_SHADOWS = (
    "Sizes are those of the shadow on the detector (ImagerPixelSpacing): in the patient they are smaller, by a "
    "magnification that the file does not state."
)


@dataclass(frozen=True)
class Source:
    """A scan to analyse: `name` comes back with the result; `kind` where the caller knows it."""

    name: str
    path: Path
    kind: Kind | None = None


@dataclass(frozen=True, eq=False)
class Analysis:
    """A scan's report, its pictures and seconds by stage.

    Pictures are PNG, by name: original, overlay, heatmap, mask, thumbnail, steps.
    """

    name: str
    report: Report
    images: Mapping[str, bytes] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)


def conclude(
    name: str,
    prepared: Prepared,
    output: HeadOutputs,
    release: Release,
    preset: Preset,
    classifier: Classifier | None = None,
) -> Analysis:
    """Find, classify, measure and draw. `output` holds this one slice; `classifier` is the second stage, if any."""
    start = time.perf_counter()
    output = output.mirrored() if prepared.subject.mirrored else output  # from here on as displayed
    frame = work_frame(prepared)
    candidates = find_candidates(output, field_on(prepared, frame), release.calibration)
    if classifier is not None:
        candidates = classify(candidates, prepared, classifier, release.types)
    info = joint_info(release.info, classifier)
    report = _report(prepared, frame, candidates, output, release, preset, info)
    measured = time.perf_counter()
    images = _draw(prepared, frame, output, report, info)
    return Analysis(name, report, images, {"measure": measured - start, "render": time.perf_counter() - measured})


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


def _draw(
    prepared: Prepared, frame: Frame, output: HeadOutputs, report: Report, info: ModelInfo
) -> Mapping[str, bytes]:
    activation = 1 / (1 + np.exp(-np.clip(output.region[0], -30, 30)))
    return {
        "original": render_original(prepared.scan),
        "overlay": render_overlay(prepared.scan, report.findings, info),
        "heatmap": render_heatmap(prepared.scan, frame.unwarp(activation), info),
        "mask": render_mask(prepared.scan, report.findings),
        "thumbnail": render_thumbnail(prepared.scan, report.findings),
        "steps": render_step_strip(prepared),
    }
