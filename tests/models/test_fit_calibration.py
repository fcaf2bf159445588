"""Calibration fitted on made-up outputs whose right answer is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.calibration import UNCALIBRATED, Calibration, Logistic
from models.candidates import Candidate, find_candidates, tumour_features
from models.collections import Lesion, Record
from models.collections.hits import FALSE
from models.engines.base import HeadOutputs
from models.errors import TrainingDataError
from models.geometry import Frame
from models.training.calibrate import fit_calibration
from models.training.examples import Example, LesionsExample
from models.training.operating_point import Point, Wanted, choose_point

TYPES = ("glioma", "meningioma", "pituitary")
TYPED = frozenset({"made"})
GRID, SIZE = 64, 128
FIELD = np.ones((SIZE, SIZE), bool)


def example(rng: np.random.Generator, tumour: bool, seen: bool = True) -> Example:
    """A slice with a blob at its tumour, often a fainter false blob, and type logits that are mostly right."""
    region = rng.normal(-6, 0.5, (1, GRID, GRID)).astype(np.float32)
    truth = np.zeros((SIZE, SIZE), bool)
    kind = int(rng.integers(3))
    if tumour:
        truth[30:70, 40:80] = True
        region[0, 15:35, 20:40] = rng.normal(2.5 if seen else -1.5, 0.3)
    if rng.random() < 0.5:
        region[0, 48:58, 48:58] = rng.normal(-0.5, 0.8)
    types = rng.normal(0, 1, 3) + 4 * (np.arange(3) == kind)
    output = HeadOutputs(
        region,
        np.broadcast_to(types, (1, GRID, GRID, 3)).astype(np.float32),
        np.array([rng.normal(2 if tumour else -2, 0.7)]),
        types[None] + rng.normal(0, 2, (1, 3)),
    )
    pool = "made" if tumour else "free"
    mask = Path("outline.png") if tumour else None
    record = Record(Path("x"), pool, "g", 1, tumour, TYPES[kind] if tumour else None, mask)
    return Example(record, output, truth, FIELD)


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    rng = np.random.default_rng(5)
    return [example(rng, tumour=i % 2 == 0, seen=i % 10 != 0) for i in range(200)]


@pytest.fixture(scope="module")
def calibration(examples: list[Example]) -> Calibration:
    return fit_calibration(examples, TYPES, TYPED)


def test_scores_and_tumour_probabilities_mean_what_they_say(examples: list[Example], calibration: Calibration) -> None:
    said, seen = [], []
    for e in examples:
        found = find_candidates(e.output, FIELD, calibration)
        said.append(float(calibration.tumour(tumour_features(found, e.output)[None])[0]))
        seen.append(e.record.tumour)
    assert np.mean(said) == pytest.approx(np.mean(seen), abs=0.03)
    assert np.mean([p for p, s in zip(said, seen, strict=True) if s]) > 0.8


def test_the_true_region_outscores_the_false_one(examples: list[Example], calibration: Calibration) -> None:
    best = [find_candidates(e.output, FIELD, calibration)[0] for e in examples if e.record.tumour]
    assert np.mean([c.mask[50, 60] for c in best]) > 0.85


def shown_on_free(examples: list[Example], calibration: Calibration) -> float:
    """Regions that are reported, a tumour-free slice."""
    shown = []
    for e in (e for e in examples if not e.record.tumour):
        found = find_candidates(e.output, FIELD, calibration)
        p = float(calibration.tumour(tumour_features(found, e.output)[None])[0])
        shown.append(sum(calibration.reports(rank, c.score, p) for rank, c in enumerate(found)))
    return float(np.mean(shown))


def test_few_regions_are_reported_on_tumour_free_slices_that_were_not_fitted_to(calibration: Calibration) -> None:
    rng = np.random.default_rng(6)
    others = [example(rng, tumour=i % 2 == 0, seen=i % 10 != 0) for i in range(200)]
    assert shown_on_free(others, calibration) <= 2 * Wanted().false_regions
    tumours = [find_candidates(e.output, FIELD, calibration) for e in others if e.record.tumour]
    assert np.mean([any(c.score >= calibration.report_from for c in found) for found in tumours]) > 0.8


@pytest.fixture(scope="module")
def hard(examples: list[Example]) -> list[Example]:
    """Every second tumour-free slice has a region that looks like a tumour, so that the best F1 reports too many."""
    false = np.full((1, GRID, GRID), -6, np.float32)
    false[0, 15:35, 20:40] = 2.5
    free = [i for i, e in enumerate(examples) if not e.record.tumour]
    return [
        replace(e, output=replace(e.output, region=false + 0.01 * i, slice_tumour=np.array([2.0])))
        if i in free[::2]
        else e
        for i, e in enumerate(examples)
    ]


def test_regions_are_reported_from_further_up_where_the_best_f1_reports_too_many(
    hard: list[Example], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    calibration = fit_calibration(hard, TYPES, TYPED)
    assert shown_on_free(hard, calibration) <= Wanted().false_regions
    assert "false regions a tumour-free image (at most 0.05)" in caplog.text


def test_where_every_point_reports_too_many_it_is_the_one_of_fewest_and_the_log_says_so(
    examples: list[Example],
) -> None:
    """Every slice has a region of the same high score."""
    calibration = replace(UNCALIBRATED, report_from=0.5, tumour=Logistic((0.0, 0.0), 0.0))
    sure = Candidate(np.ones((SIZE, SIZE), bool), 0.999, np.full(3, 1 / 3), certain=True)
    point = choose_point(calibration, examples, [[sure]] * len(examples), np.full(len(examples), 0.5))
    assert (point.calibration.report_from, point.holds, point.false_regions) == (0.99, False, 1.0)
    assert "MORE THAN 0.05" in point.in_words()
    assert point.rank < Point(calibration, shown=0.0, false_regions=0.9, most=0.05).rank
    assert point.rank < Point(calibration, shown=0.0, false_regions=0.0, most=0.05).rank


def test_boxes_choose_the_operating_point_where_nothing_is_outlined(examples: list[Example]) -> None:
    boxed = [replace(e, record=replace(e.record, mask=None)) for e in examples]
    assert fit_calibration(boxed, TYPES, TYPED).report_from < 0.95


@pytest.mark.parametrize("typed", [frozenset(), frozenset({"elsewhere"})])
def test_types_are_learnt_only_from_pools_that_hold_several(examples: list[Example], typed: frozenset[str]) -> None:
    with pytest.raises(TrainingDataError, match="finds no tumour of known type"):
        fit_calibration(examples, TYPES, typed)


def test_a_type_that_the_network_does_not_know_is_left_out(examples: list[Example], calibration: Calibration) -> None:
    odd = [replace(e, record=replace(e.record, label="metastasis")) for e in examples[:20:2]]
    assert fit_calibration([*examples, *odd], TYPES, TYPED).type_weights == pytest.approx(
        calibration.type_weights, abs=0.02
    )


def test_nothing_to_calibrate_on_is_said() -> None:
    with pytest.raises(TrainingDataError, match="Not one of the images"):
        fit_calibration([], TYPES, TYPED)


def test_the_types_in_doubt_are_few(examples: list[Example], calibration: Calibration) -> None:
    best = [find_candidates(e.output, FIELD, calibration)[0] for e in examples if e.record.tumour]
    sure = np.array([c.probabilities.max() >= calibration.certain_from for c in best])
    assert (~sure).mean() <= 0.11


def test_a_network_that_finds_nothing_cannot_be_calibrated(examples: list[Example]) -> None:
    blind = [replace(e, output=replace(e.output, region=np.full((1, GRID, GRID), -9, np.float32))) for e in examples]
    with pytest.raises(TrainingDataError, match="finds no tumour of known type"):
        fit_calibration(blind, TYPES, TYPED)


def test_scores_need_wrong_regions_beside_right_ones() -> None:
    rng = np.random.default_rng(1)
    clear = [e for e in (example(rng, tumour=True) for _ in range(40)) if e.output.region[0, 48:58, 48:58].max() < -4]
    with pytest.raises(TrainingDataError, match="right and wrong examples"):
        fit_calibration(clear, TYPES, TYPED)


WHOLE = Frame((SIZE, SIZE), 1, (0, 0, SIZE, SIZE), (SIZE, SIZE))
LARGE = Frame((256, 256), 1, (0, 0, 256, 256), (SIZE, SIZE))  # half the stored resolution
BLOBS = ((10, 10), (10, 40), (40, 10), (40, 40))  # on the network's grid, 10 cells wide


def with_lesions(rng: np.random.Generator, field: np.ndarray = FIELD) -> LesionsExample:
    """One suspicious and one benign lesion, each with the type logits of its own, and two false regions."""
    region, pixel_type = np.full((1, GRID, GRID), -6, np.float32), np.zeros((1, GRID, GRID, 2), np.float32)
    for number, (y, x) in enumerate(BLOBS):
        region[0, y : y + 10, x : x + 10] = rng.normal(2 if number < 2 else -1, 0.5)
        pixel_type[0, y : y + 10, x : x + 10, number % 2] = 4
    boxes = [(2 * x, 2 * y, 2 * x + 20, 2 * y + 20) for y, x in BLOBS[:2]]
    lesions = tuple(Lesion(box, label) for box, label in zip(boxes, TWO_TYPES, strict=True))
    record = Record(Path("x"), "made", "g", 1, True, TWO_TYPES[1], lesions=lesions, centre_margin=0.0)
    output = HeadOutputs(region, pixel_type, rng.normal(2, 1, 1), np.zeros((1, 2)))
    return LesionsExample(record, output, np.zeros((SIZE, SIZE), bool), field, WHOLE)


def without(made: LesionsExample, lesions: tuple[Lesion, ...] = ()) -> LesionsExample:
    """The same image, its slice logit that of one without a tumour."""
    record = replace(made.record, tumour=False, label=None, lesions=lesions)
    return replace(made, record=record, output=replace(made.output, slice_tumour=made.output.slice_tumour - 4))


TWO_TYPES = ("benign lesion", "suspicious lesion")


@pytest.fixture(scope="module")
def lesions() -> list[LesionsExample]:
    rng = np.random.default_rng(3)
    return [with_lesions(rng) if i % 2 else without(with_lesions(rng)) for i in range(40)]


def test_each_lesion_s_type_is_learnt_from_its_own_label_and_not_from_the_image_s(
    lesions: list[LesionsExample],
) -> None:
    """Every lesion's own pixels are right; against the label of the image, half of them would be wrong."""
    fitted = fit_calibration(lesions, TWO_TYPES, TYPED)
    assert fitted.type_weights[0] > 1
    assert fitted.certain_from == 0.4  # the least there is: no best candidate is of another type than its lesion


def test_doubt_is_fitted_on_the_best_candidate_of_each_lesion_whatever_ranks_before_it(
    lesions: list[LesionsExample],
) -> None:
    """In three of the images with lesions a false region is the surest, and the fainter lesion looks like the other
    type, though not by much. Judged by the best candidate of the image, none of their types would count.
    """
    outranked = []
    for e in lesions[1:6:2]:
        region, pixel_type = e.output.region.copy(), e.output.pixel_type.copy()
        for (y, x), logit in zip(BLOBS, (2, 1, 4, -1), strict=True):
            region[0, y : y + 10, x : x + 10] = logit
        y, x = BLOBS[1]
        pixel_type[0, y : y + 10, x : x + 10] = (0.5, 0)
        outranked.append(replace(e, output=replace(e.output, region=region, pixel_type=pixel_type)))
    fitted = fit_calibration([*outranked, *lesions[6:], *lesions[:6:2]], TWO_TYPES, TYPED)
    for e in outranked:
        found = find_candidates(e.output, FIELD, fitted)
        assert e.hits([c.mask for c in found])[:3] == [FALSE, 0, 1]
        assert (found[2].probabilities.argmax(), found[2].certain) == (0, False)
    assert fitted.certain_from > 0.4


def test_what_lies_outside_of_the_field_is_to_calibration_as_if_it_were_not_there(
    lesions: list[LesionsExample],
) -> None:
    """As to what finds regions. Here the field leaves out the two false ones of the images with a tumour."""
    field = FIELD.copy()
    field[70:] = False
    outside, absent = [], []
    for e in lesions:
        region = e.output.region.copy()
        region[:, 35:] = -6
        outside.append(replace(e, field=field) if e.record.tumour else e)
        absent.append(replace(e, output=replace(e.output, region=region)) if e.record.tumour else e)
    fitted = fit_calibration(outside, TWO_TYPES, TYPED)
    assert fitted == fit_calibration(absent, TWO_TYPES, TYPED)
    assert fitted != fit_calibration(lesions, TWO_TYPES, TYPED)


def test_an_image_of_which_nobody_knows_whether_it_holds_a_tumour_does_not_say_what_a_tumour_is(
    lesions: list[LesionsExample],
) -> None:
    uncounted = tuple(replace(lesion, counts=False) for lesion in lesions[1].record.lesions)
    nowhere = np.zeros_like(FIELD)  # so that no score of a region is fitted on them either
    doubtful = [replace(without(e, uncounted), field=nowhere) for e in lesions[1::2]]
    for e in doubtful:
        e.output.slice_tumour[:] = 9  # as high as they could be
    assert fit_calibration([*lesions, *doubtful], TWO_TYPES, TYPED).tumour == (
        fit_calibration(lesions, TWO_TYPES, TYPED).tumour
    )


def test_regions_are_judged_lesion_by_lesion_where_the_truth_is() -> None:
    made = example(np.random.default_rng(0), tumour=True)
    wanted, doubtful = Lesion((80, 60, 160, 140), "glioma"), Lesion((200, 200, 220, 220), counts=False)
    record = replace(made.record, lesions=(wanted, doubtful), centre_margin=0.0)
    judged = LesionsExample(record, made.output, made.truth, FIELD, LARGE)

    def at(x: int, y: int) -> np.ndarray:
        region = np.zeros((SIZE, SIZE), bool)
        region[y - 2 : y + 3, x - 2 : x + 3] = True
        return region

    hit, unclear, false = at(60, 50), at(105, 105), at(10, 10)
    assert judged.located
    assert judged.hits([hit, unclear, false]) == [0, None, FALSE]
    assert [judged.label(number) for number in (0, None, FALSE)] == ["glioma", None, None]
    assert judged.judged([unclear, false, hit, at(61, 50)]) == [(2, 0)]
    assert Example(record, made.output, made.truth, FIELD).judged([false, hit]) == [(0, FALSE)]
    assert [judged.shown_by(regions) for regions in ([hit, false], [false], [])] == [1, 0, 0]
