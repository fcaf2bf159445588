"""Several lesions an image, hit by a candidate's centre: FROC by group, types, sizes, malignant or not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.collections import Lesion, Record
from models.collections.hits import is_lesion
from models.evaluation.ablation import ablatable, ablation_row
from models.evaluation.controls import ControlImages
from models.evaluation.decoding import decode, to_json
from models.evaluation.figures import Evaluation, Figure, Source
from models.evaluation.outcomes import Outcome
from models.evaluation.released import AblationRow
from models.evaluation.report.worst import badness, worst_cases
from models.evaluation.summary import Subject, source_figures, summarise
from models.report import Finding, Kind, Malignancy, ModelInfo, Report, Status

TYPES = ("benign lesion", "suspicious lesion")
BENIGN, SUSPICIOUS = TYPES
Found = Callable[..., Finding]


def lesion(x: int, finding: str, label: str = BENIGN, counts: bool = True, mm: float = 10.0) -> Lesion:
    """20 pixels wide around x, 50."""
    return Lesion((x - 10, 40, x + 10, 60), label, mm, counts, finding)


def image(group: str, *lesions: Lesion, findings: tuple[Finding, ...] = (), p: float = 0.5, **of: object) -> Outcome:
    tumour = bool(of.pop("tumour", any(one.counts for one in lesions)))
    labels = [one.label for one in lesions if one.counts]
    record = Record(
        Path("x"), "mammo_mias/lesion", group, 0, tumour, max(labels, default=None), lesions=lesions,
        centre_margin=0.0, malignant=SUSPICIOUS in labels,
    )  # fmt: skip
    record = replace(record, **of)
    report = Report(Status.DONE, model=ModelInfo("m", "1"), tumor_probability=p, findings=findings)
    hits = tuple(is_lesion(record, f.box) for f in findings)
    return Outcome(record, report, None, None, hits=hits)


@pytest.fixture(scope="session")
def at(finding: Found) -> Found:
    """A finding around (x, 50)."""

    def make(x: int, score: float, malignant: float = 0.0, reported: bool = True) -> Finding:
        likely = SUSPICIOUS if malignant > 0.5 else BENIGN
        word = "malignant" if malignant >= 0.7 else "benign"
        probabilities = {BENIGN: 1 - malignant, SUSPICIOUS: malignant}
        made = finding((x - 3, 47, x + 3, 53), likely, score, reported)
        return replace(made, probabilities=probabilities, malignancy=Malignancy(word, malignant))

    return make


@pytest.fixture(scope="session")
def source(at: Found) -> Source:
    """Five images: two lesions, one lesion, nothing, one that does not count, and one of unknown place."""
    two = (at(20, 0.9, 0.9), at(25, 0.8, 0.9), at(60, 0.6, 0.2), at(150, 0.5))
    return source_figures(
        [
            image("a", lesion(20, "CIRC", SUSPICIOUS), lesion(60, "CALC", mm=40), findings=two, p=0.9),
            image("b", lesion(20, "SPIC"), findings=(at(90, 0.7), at(20, 0.3, reported=False)), p=0.4),
            image("c", findings=(at(20, 0.4, 0.95),), p=0.3),
            image("d", lesion(20, "CIRC", counts=False), findings=(at(20, 0.95),), p=0.99),
            image("e", findings=(at(20, 0.75),), p=0.2, tumour=True, label=BENIGN),
        ],
        TYPES,
    )


def values(figures: dict[str, Figure | None]) -> dict[str, float]:
    return {name: round(figure.value, 3) for name, figure in figures.items() if figure}


def test_each_group_has_its_froc_and_other_lesions_count_neither_way(source: Source) -> None:
    """False candidates by score: 0.7, 0.5, 0.4, over the four images where all places are known."""
    assert source.detection
    groups = source.detection.lesions
    assert [(name, group.count, group.groups) for name, group in groups.items()] == [
        ("masses (CIRC, SPIC, MISC)", 2, 2), ("malignant masses", 1, 1), ("all located lesions", 3, 2)
    ]  # fmt: skip
    every = groups["all located lesions"].sensitivity_at
    assert values(every) == {"0.3": 0.667, "0.5": 0.667, "1": 1.0, "2": 1.0, "5": 1.0}
    assert values(source.detection.sensitivity_at) == values(every)
    assert values(groups["malignant masses"].sensitivity_at)["0.3"] == 1


def test_only_a_reported_candidate_finds_a_lesion_for_the_reader(source: Source) -> None:
    assert source.detection
    assert source.detection.found
    assert source.detection.found.value == pytest.approx(2 / 3)
    assert [(row.size, row.count, round(row.found.value, 2)) for row in source.sizes if row.found] == [
        ("small, below 15 mm", 2, 0.5),
        ("large, from 30 mm", 1, 1.0),
    ]


def test_scores_are_held_against_lesions_and_what_cannot_be_said_is_left_out(source: Source) -> None:
    """Of eight candidates one lies on what does not count, and one where the lesion's place is not known."""
    assert source.detection
    assert source.detection.scores
    bins = source.detection.scores.bins
    assert sum(one.count for one in bins) == 7
    assert sum(one.count * one.seen for one in bins) == 4  # a second candidate on a lesion is on a lesion


def test_the_type_is_judged_by_the_best_candidate_on_each_lesion_and_the_missed_are_counted(at: Found) -> None:
    cases = [
        image("a", lesion(20, "CIRC", SUSPICIOUS), lesion(60, "CIRC"), findings=(at(60, 0.9, 0.3), at(20, 0.8, 0.6))),
        image("b", lesion(20, "CIRC"), findings=(at(150, 0.99, 0.9), at(20, 0.5, 0.8), at(21, 0.4, 0.1))),
        image("c", lesion(20, "CIRC", SUSPICIOUS)),
        image("d", lesion(20, "CIRC", SUSPICIOUS), findings=(at(20, 0.5, 0.7),)),
    ]
    types = source_figures(cases, TYPES).types
    assert types
    assert types.missed == 1
    assert types.confusion == {
        BENIGN: {BENIGN: 1, SUSPICIOUS: 1, "none": 0},
        SUSPICIOUS: {BENIGN: 0, SUSPICIOUS: 2, "none": 1},
    }
    suspicious = types.classes[SUSPICIOUS]
    assert types.accuracy
    assert suspicious.auc
    assert (types.accuracy.value, suspicious.auc.value, suspicious.count) == (0.75, 0.5, 2)


def test_a_malignant_finding_in_the_image_is_told_by_score_and_malignancy_together(source: Source) -> None:
    """Malignant: 0.9 x 0.9; not: at most 0.4 x 0.95, and what does not count is in neither."""
    malignant, presence = source.malignant, source.presence
    assert malignant
    assert presence
    assert malignant.auc
    assert presence.auc
    assert malignant.specificity
    assert malignant.sensitivity
    assert (malignant.auc.value, malignant.sensitivity.value, malignant.sensitivity.count) == (1, 1, 1)
    assert malignant.specificity.value == pytest.approx(2 / 3)  # one region on a clean image is said to be malignant
    assert (presence.auc.value, presence.auc.count) == (pytest.approx(2 / 3), 4)
    assert (source.tumours, source.nowhere, source.uncounted, source.slices) == (3, 1, 1, 5)


def test_the_control_is_asked_the_same_question(at: Found) -> None:
    """A border that gives the malignant ones away, but not who has a lesion."""
    rng = np.random.default_rng(3)
    cases = [
        image(str(i), *[lesion(20, "CIRC", (BENIGN, SUSPICIOUS)[i % 2])][: i % 4 < 3], findings=(at(20, 0.5),))
        for i in range(80)
    ]
    features = rng.normal(size=(80, 3)) + 4 * np.array([[bool(c.record.malignant)] * 3 for c in cases])
    subject = Subject(ModelInfo("m", "1"), TYPES, ("m-1",), ("0",), "litert", False, False, Kind.MAMMOGRAM)
    evaluation = summarise(cases, subject, ControlImages([c.record for c in cases], features))
    found = evaluation.sources["mammo_mias"]
    assert found.malignant
    assert found.malignant.control_auc
    assert found.malignant.control_auc.value > 0.99
    assert found.presence
    assert found.presence.control_auc
    assert found.presence.control_auc.value < 0.9
    assert evaluation.kind == "mammogram"
    assert decode(Evaluation, json.loads(to_json(evaluation))).sources["mammo_mias"].detection is not None


def test_a_source_says_beside_its_name_what_it_is(source: Source) -> None:
    assert source.titled("mammo_mias") == "mammo_mias (mini-MIAS, Suckling 1994)"
    chest = image("a", pool="chest_drr/free")
    assert source_figures([chest], TYPES).titled("chest_drr") == "chest_drr (simulated X-rays)"


def test_a_missed_lesion_is_worse_than_a_found_one_and_one_that_does_not_count_is_no_fault(
    at: Found, tmp_path: Path
) -> None:
    missed = image("a", lesion(20, "CIRC"), lesion(60, "CIRC"), findings=(at(20, 0.9),))
    assert badness(missed, TYPES) == pytest.approx(0.5)
    assert badness(image("a", lesion(20, "CIRC"), findings=(at(20, 0.9),)), TYPES) == 0
    assert badness(image("a", lesion(20, "CIRC"), findings=(at(20, 0.9, 0.8),)), TYPES) == pytest.approx(0.8)
    assert badness(image("a", lesion(20, "CIRC", counts=False), p=0.9), TYPES) == 0
    assert badness(image("a", tumour=True, label=BENIGN), TYPES) == 0
    cv2.imwrite(str(tmp_path / "x.png"), np.zeros((100, 200), np.uint8))
    [case] = worst_cases([replace(missed, record=replace(missed.record, image=tmp_path / "x.png"))], TYPES)
    assert (case.truth, case.picture[:22]) == ("2 lesions, benign lesion", "data:image/jpeg;base64")


def test_an_ablation_is_judged_by_what_is_found_among_all_images_and_none_is_made_of_one_type(at: Found) -> None:
    cases = [
        image("a", lesion(20, "CIRC", SUSPICIOUS), lesion(60, "CIRC"), findings=(at(60, 0.9, 0.3), at(20, 0.3, 0.1))),
        image("b", findings=(at(20, 0.8), at(50, 0.7), at(90, 0.6)), pool="mammo_mias/normal"),
    ]
    assert ablation_row("crop", cases, TYPES) == AblationRow("crop", 0.5, None, 0.5)
    records = [case.record for case in cases]
    other = replace(records[0], label=BENIGN)
    assert ablatable([*records, other]) == [*records, other]
    assert ablatable(records) == []
