"""Sources by themselves: types, tumour or none, outlines, sizes, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.evaluation.ablation import ablation_row
from models.evaluation.controls import ControlImages, control_images
from models.evaluation.decoding import decode, to_json
from models.evaluation.figures import Evaluation, Figure
from models.evaluation.outcomes import Outcome, dice_of, reported_mask
from models.evaluation.running import quietly
from models.evaluation.summary import Subject, source_figures, summarise
from models.evaluation.targets.brain import BRAIN_TARGETS
from models.report import Finding, ModelInfo, Status

TYPES = ("glioma", "meningioma")
SUBJECT = Subject(ModelInfo("m", "1"), TYPES, ("m-1-abc",), ("0",), "litert", seen=False, gate_seen=False)
Make = Callable[..., Outcome]
Found = Callable[..., Finding]


@pytest.fixture(scope="session")
def typed(outcome: Make, finding: Found) -> list[Outcome]:
    """Two right, one wrong, one where nothing was found."""
    return [
        outcome(finding(), group="a", dice=0.9, diameter_mm=10),
        outcome(finding(label="meningioma"), label="meningioma", group="b", dice=0.8, diameter_mm=50),
        outcome(finding(label="meningioma"), group="c", dice=0.7, diameter_mm=10),
        outcome(label="meningioma", group="d", dice=0.0, diameter_mm=50, p=0.2),
    ]


@pytest.fixture(scope="session")
def one_source(outcome: Make, finding: Found) -> list[Outcome]:
    with_tumour = [
        outcome(finding(), p=0.9, pool="s/tumour", group="a"), outcome(p=0.6, pool="s/tumour", group="b"),
    ]  # fmt: skip
    free = [
        outcome(truth=None, p=0.1, pool="s/none", group="c"),
        outcome(finding(), truth=None, p=0.7, pool="s/none", group="d"),
    ]
    return with_tumour + free


def test_an_ablation_types_what_has_a_type_as_the_headline_does(typed: list[Outcome], outcome: Make) -> None:
    cases = [*typed, outcome(truth=None, label=None, group="e"), outcome(label="lymphoma", group="f")]
    types = source_figures(cases, TYPES, None).types
    assert types
    assert types.accuracy
    row = ablation_row("", cases, TYPES)
    assert row.type_accuracy == types.accuracy.value == 0.5


def test_the_best_finding_decides_the_type_and_nothing_found_is_wrong(typed: list[Outcome]) -> None:
    types = source_figures(typed, TYPES, None).types
    assert types is not None
    assert types.accuracy is not None
    assert types.accuracy.value == 0.5
    assert types.confusion == {
        "glioma": {"glioma": 1, "meningioma": 1, "none": 0},
        "meningioma": {"glioma": 0, "meningioma": 1, "none": 1},
    }
    sensitivity, specificity = types.classes["meningioma"].sensitivity, types.classes["meningioma"].specificity
    assert sensitivity is not None
    assert specificity is not None
    assert (sensitivity.value, specificity.value) == (0.5, 0.5)
    assert types.doubt[0] == (0, 0.5)
    assert types.doubt[-1] == (0.5, 0.5)


def test_outlines_and_sizes(typed: list[Outcome]) -> None:
    source = source_figures(typed, TYPES, None)
    assert source.outlines is not None
    assert source.outlines.mean is not None
    assert source.outlines.mean.value == pytest.approx(0.6)
    assert sum(source.outlines.histogram) == 4
    small, large = source.sizes
    assert (small.count, large.count) == (2, 2)
    assert [r.found.value for r in source.sizes if r.found] == [1, 0.5]
    assert [r.accuracy.value for r in source.sizes if r.accuracy] == [0.5, 0.5]


def test_tumour_or_none(one_source: list[Outcome]) -> None:
    presence = source_figures(one_source, TYPES, None).presence
    assert presence is not None
    figures = (presence.auc, presence.sensitivity, presence.specificity, presence.false_regions)
    assert [figure.value for figure in figures if figure] == [0.75, 0.5, 0.5, 0.5]


def test_a_refused_tumour_is_a_missed_one_and_a_refused_free_image_is_left_out(
    one_source: list[Outcome], outcome: Make
) -> None:
    refused = [outcome(pool="s/tumour", status=Status.REJECTED), outcome(truth=None, pool="s", status=Status.REJECTED)]
    source = source_figures(one_source + refused, TYPES, None)
    assert (source.refused_tumours, source.refused_free) == (1, 1)
    assert source.presence is not None
    assert source.presence.sensitivity is not None
    assert source.presence.specificity is not None
    assert source.presence.sensitivity.value == pytest.approx(1 / 3)
    assert source.presence.specificity.value == 0.5


def test_a_source_without_tumours_has_its_specificity_and_no_more(outcome: Make, finding: Found) -> None:
    free = [outcome(truth=None, p=0.1, group=str(i)) for i in range(3)]
    source = source_figures([*free, outcome(finding(), truth=None, p=0.5, group="alarm")], TYPES, None)
    presence = source.presence
    assert presence is not None
    assert presence.specificity is not None
    assert presence.false_regions is not None
    assert presence.reliability.error is not None
    assert presence.specificity.value == 0.75
    assert presence.false_regions.value == 0.25
    assert presence.reliability.error.value == pytest.approx((3 * 0.1 + 0.5) / 4)
    assert (presence.auc, presence.sensitivity, presence.roc) == (None, None, ())
    assert (source.types, source.detection, source.outlines) == (None, None, None)


def test_dice_counts_only_reported_regions(outcome: Make, finding: Found) -> None:
    report = outcome(finding(), finding((40, 40, 60, 60), reported=False)).report
    mask = reported_mask(report, (64, 64))
    truth = np.zeros((64, 64), bool)
    truth[10:30, 10:30] = True
    assert dice_of(mask, truth) == pytest.approx(1)
    assert dice_of(mask, np.zeros((64, 64), bool)) == 0
    assert dice_of(np.zeros(4, bool), np.zeros(4, bool)) == 1


def test_an_evaluation_comes_back_from_json_as_it_was(typed: list[Outcome], one_source: list[Outcome]) -> None:
    once = decode(Evaluation, json.loads(to_json(summarise(typed + one_source, SUBJECT))))
    assert decode(Evaluation, json.loads(to_json(once))) == once
    assert list(once.sources) == ["brain_t1ce", "s"]
    assert once.across is None


def test_a_target_is_reached_from_its_goal_on(typed: list[Outcome]) -> None:
    evaluation = summarise(typed, SUBJECT)
    accuracy = BRAIN_TARGETS[0]
    assert accuracy.reached(evaluation) is False
    assert replace(accuracy, least=0.5).reached(evaluation) is True
    assert replace(accuracy, least=None, most=0.4).reached(evaluation) is False
    assert [t.reached(evaluation) for t in BRAIN_TARGETS if "brain_lgg" in t.task] == [None] * 4


def test_the_shortcut_control_finds_a_border_that_gives_the_answer_away_and_nothing_in_noise(
    outcome: Make, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    records = []
    for i in range(60):
        pixels = rng.integers(0, 255, (80, 80)).astype(np.uint8)
        if i % 2:
            pixels[:6] = 255  # a white margin above every tumour
        cv2.imwrite(str(tmp_path / f"{i}.png"), pixels)
        record = outcome(truth=(1, 1, 2, 2) if i % 2 else None, group=str(i)).record
        records.append(replace(record, image=tmp_path / f"{i}.png"))
    images = control_images(records, quietly("", 0))
    every = np.ones(60, bool)
    shuffled = [replace(r, tumour=bool(rng.integers(2))) for r in records]
    given_away, noise = images.tumour_auc(every), replace(images, records=shuffled).tumour_auc(every)
    assert given_away is not None
    assert noise is not None
    assert given_away.value > 0.99
    assert 0.3 < noise.value < 0.7
    assert images.source_accuracy([str(r.tumour) for r in records]) > 0.95


def test_the_curve_of_doubt_sets_the_least_sure_aside_first_and_no_more_than_it_says(
    outcome: Make, finding: Found
) -> None:
    """Four of 14 found nothing: at a tenth one of them is set aside, and the other three still count as wrong."""
    found = [outcome(finding(label=label), label=label, group=f"{label}{i}") for label in TYPES for i in range(5)]
    types = source_figures([*found, *(outcome(group=f"missed {i}") for i in range(4))], TYPES, None).types
    assert types is not None
    assert (dict(types.doubt)[0.1], dict(types.doubt)[0.5]) == (pytest.approx(10 / 13), 1)


def test_the_target_on_doubt_is_read_with_the_threshold_that_ships(outcome: Make, finding: Found) -> None:
    """Both wrong types are the least sure: setting a tenth aside would do, but the threshold leaves one of them in."""
    sure, unsure = finding(), replace(finding(), probabilities={"glioma": 0.4})
    outcomes = [outcome(sure, group=str(i)) for i in range(18)]
    outcomes += [outcome(replace(unsure, certain=i > 0), label="meningioma", group=f"m{i}") for i in range(2)]
    evaluation = summarise(outcomes, SUBJECT)
    source = evaluation.sources["brain_t1ce"]
    assert source.types
    assert dict(source.types.doubt)[0.1] == 1
    found = (source.types.certain_accuracy, source.types.doubt_share)
    assert [figure.value for figure in found if figure] == [pytest.approx(18 / 19), 0.05]

    def judged(accuracy: float, doubted: float) -> list[bool | None]:
        assert source.types
        sure, share = Figure(accuracy, 0, 1, 9), Figure(doubted, 0, 1, 9)
        types = replace(source.types, certain_accuracy=sure, doubt_share=share)
        changed = replace(evaluation, sources={"brain_t1ce": replace(source, types=types)})
        return [t.reached(changed) for t in BRAIN_TARGETS if "in doubt" in t.task]

    assert judged(accuracy=0.98, doubted=0.10) == [True, True]
    assert judged(accuracy=0.99, doubted=0.11) == [False, False]
    assert judged(accuracy=0.97, doubted=0.05) == [False, True]


@pytest.mark.parametrize("name", ["brain_lgg", "brain_br35h"])
def test_the_target_on_sensitivity_is_reached_only_at_few_regions_on_tumour_free_slices(
    one_source: list[Outcome], name: str
) -> None:
    evaluation = summarise(one_source, SUBJECT)
    source = evaluation.sources["s"]

    def judged(sensitivity: float, false_regions: float | None) -> list[bool | None]:
        assert source.presence
        shown, false = (None if v is None else Figure(v, 0, 1, 9) for v in (sensitivity, false_regions))
        presence = replace(source.presence, sensitivity=shown, false_regions=false)
        changed = replace(evaluation, sources={name: replace(source, presence=presence)})
        rows = [t for t in BRAIN_TARGETS if name in t.task and ("sensitivity" in t.task or "regions" in t.task)]
        return [t.reached(changed) for t in rows]

    assert judged(sensitivity=0.90, false_regions=0.1) == [True, True]
    assert judged(sensitivity=0.95, false_regions=0.6) == [False, False]
    assert judged(sensitivity=0.89, false_regions=0.0) == [False, True]
    assert judged(sensitivity=0.95, false_regions=None) == [None, None]


def test_a_region_elsewhere_is_a_report_but_not_one_on_the_tumour(outcome: Make, finding: Found) -> None:
    elsewhere = finding((40, 40, 60, 60))
    cases = [outcome(finding(), group="a"), outcome(elsewhere, group="b"), outcome(truth=None, p=0.1, group="c")]
    source = source_figures(cases, TYPES, None)
    assert source.presence is not None
    assert source.presence.sensitivity is not None
    assert source.detection is not None
    assert source.detection.found is not None
    assert source.presence.sensitivity.value == 1
    assert (source.detection.found.value, source.detection.found.count) == (0.5, 2)


def test_the_score_of_every_candidate_is_held_against_whether_it_is_the_tumour(outcome: Make, finding: Found) -> None:
    sure, unsure = finding(score=0.95), finding((40, 40, 60, 60), score=0.35, reported=False)
    cases = [outcome(sure, unsure, group="a"), outcome(finding(score=0.95), truth=None, group="b")]
    detection = source_figures(cases, TYPES, None).detection
    assert detection is not None
    assert detection.scores is not None
    assert [(b.said, b.seen, b.count) for b in detection.scores.bins] == [
        (pytest.approx(0.35), 0, 1),
        (pytest.approx(0.95), 0.5, 2),
    ]
    assert detection.scores.error is not None
    assert detection.scores.error.value == pytest.approx((0.35 + 2 * 0.45) / 3)


def test_a_control_that_cannot_be_fitted_by_group_is_not_defined(outcome: Make) -> None:
    """Two folds of two groups each would train on tumours alone, or on none."""
    records = [outcome(truth=(1, 1, 2, 2) if group in "ac" else None, group=group).record for group in "abcd"]
    images = ControlImages(records, np.eye(4))
    assert images.tumour_auc(np.ones(4, bool)) is None
    assert images.tumour_auc(np.array([True, False, True, False])) is None
    assert images.source_accuracy(["here", "there", "here", "there"]) is None


def test_refused_tumours_count_as_missed_across_sources_too(outcome: Make) -> None:
    outcomes = [
        outcome(truth=(1, 1, 2, 2) if i % 2 else None, p=0.9 if i % 2 else 0.1, pool=pool, group=f"{pool}{i}")
        for pool in ("a", "b")
        for i in range(8)
    ]
    controls = ControlImages([o.record for o in outcomes], np.random.default_rng(0).random((16, 3)))
    across = summarise(outcomes, SUBJECT, controls).across
    assert across is not None
    assert across.model_auc is not None
    assert across.model_auc.value == 1
    refused = [outcome(pool="a", group=f"refused {i}", status=Status.REJECTED) for i in range(8)]
    across = summarise(outcomes + refused, SUBJECT, controls).across
    assert across is not None
    assert across.model_auc is not None
    assert across.model_auc.value == pytest.approx(0.5)
