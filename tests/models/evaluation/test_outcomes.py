"""What a real result is held against: the overlap with the tumour, or the centre of each lesion."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.collections import Lesion, Record
from models.evaluation.outcomes import Outcome, run_outcomes
from models.pipeline import Pipeline
from models.release import Release
from models.report import Kind
from models.synthetic import SyntheticScan


@pytest.fixture(scope="module")
def outcomes(
    release: Release, synthetic: list[SyntheticScan], scan_files: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> list[Outcome]:
    """One slice with a tumour: judged by its outline, by its centre, and as if the lesion did not count."""
    number = next(i for i, scan in enumerate(synthetic) if scan.lesions)
    truth, mask = synthetic[number].lesions[0], tmp_path_factory.mktemp("masks") / "m.png"
    cv2.imwrite(str(mask), truth.mask.astype(np.uint8) * 255)
    lesion = Lesion(truth.box, str(truth.label), 30.0)
    outlined = Record(scan_files[number], "made", "g", 0, True, str(truth.label), mask)
    by_centre = replace(outlined, lesions=(lesion,), centre_margin=0.0)
    uncounted = replace(by_centre, tumour=False, label=None, lesions=(replace(lesion, counts=False),))
    with Pipeline.load("litert", releases=[release]) as pipeline:
        return list(run_outcomes(pipeline, [outlined, by_centre, uncounted]))


def test_by_overlap_there_are_a_box_and_an_outline_and_by_centre_neither(outcomes: list[Outcome]) -> None:
    outlined, by_centre, _ = outcomes
    assert outlined.truth_box is not None
    assert outlined.dice is not None
    assert outlined.dice > 0.5
    assert (by_centre.truth_box, by_centre.dice, by_centre.diameter_mm) == (None, None, None)


def test_a_size_is_guessed_of_heads_alone(
    release: Release, synthetic: list[SyntheticScan], scan_files: list[Path]
) -> None:
    number = next(i for i, scan in enumerate(synthetic) if scan.lesions)
    lesion = Lesion(synthetic[number].lesions[0].box)
    listed = Record(scan_files[number], "made", "g", 0, True, lesions=(lesion,))
    sizes = {}
    for kind in (Kind.BRAIN_MRI, Kind.CHEST_XRAY):
        with Pipeline.load("litert", releases=[replace(release, kind=kind)], gate=False) as pipeline:
            told, guessed = run_outcomes(pipeline, [replace(listed, mm_per_pixel=0.5), listed])
        sizes[kind] = told.diameter_mm, guessed.diameter_mm
    assert None not in sizes[Kind.BRAIN_MRI]
    assert sizes[Kind.CHEST_XRAY] == (sizes[Kind.BRAIN_MRI][0], None)


def test_the_best_finding_hits_by_either_rule_and_what_does_not_count_says_nothing(outcomes: list[Outcome]) -> None:
    outlined, by_centre, uncounted = outcomes
    assert (outlined.hits[0], by_centre.hits[0], uncounted.hits[0]) == (True, True, None)
    assert all(hit in (None, False) for hit in uncounted.hits)
    assert len(by_centre.hits) == len(by_centre.report.findings)
