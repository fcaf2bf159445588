"""Reports, cards and tables of X-rays: lesion by lesion, each figure beside what the source is."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from models.evaluation.card.region import region_card
from models.evaluation.decoding import encode
from models.evaluation.figures import (
    Detection,
    Evaluation,
    Figure,
    LesionGroup,
    Precision,
    Presence,
    Reliability,
    SizeRow,
    Source,
    TypeClass,
    Types,
)
from models.evaluation.printing import print_figures
from models.evaluation.released import Made, ReleaseFigures
from models.evaluation.report import render_report
from models.evaluation.targets import TARGETS

NOTHING = Precision(None, None)
UNKNOWN = Reliability(None, ())
GROUPS = ("nodules of 8 mm or more", "nodules of 15 mm or more")


def figure(value: float) -> Figure:
    return Figure(value, value / 2, value, 9)


def chest(found: float = 0.76, told: float = 0.81) -> Source:
    rates = {"0.3": None, "0.5": None, "1": None, "2": figure(found), "5": None}
    presence = Presence(figure(0.61), None, None, None, (), UNKNOWN, figure(0.55))
    suspicious = TypeClass(20, None, None, figure(told), (), NOTHING, None, 18)
    said = {"suspicious opacity": 20, "none": 13}
    confusion = {"suspicious opacity": said}
    doubt = ((0.0, 0.5), (0.5, 0.6))
    classes = {"suspicious opacity": suspicious}
    types = Types(figure(0.7), None, None, doubt, confusion, classes, NOTHING, UNKNOWN, missed=13)
    group = LesionGroup(33, 31, figure(0.41), ((0.0, 0.0), (2.0, found)), rates)
    detection = Detection(NOTHING, group.froc, rates, group.found, UNKNOWN, dict.fromkeys(GROUPS, group))
    sizes = (SizeRow("large, from 30 mm", 5, figure(0.9), None, None, 4),)
    return Source(
        100, 98, 60, 0, 0, sizes, detection, None, types, presence, malignant=replace(presence, auc=figure(0.83)),
        nowhere=2, uncounted=17, remark="simulated X-rays",
    )  # fmt: skip


@pytest.fixture
def evaluation() -> Evaluation:
    return Evaluation(
        "chest", "1", ("chest-1-x",), ("0",), "litert", False, {"chest_drr": chest()}, None, False, "chest-xray"
    )


def page_of(evaluation: Evaluation) -> str:
    return " ".join(render_report(evaluation, [], [], datetime(2026, 1, 1, tzinfo=UTC)).split())


def card_of(evaluation: Evaluation) -> str:
    made = Made("chest", 1, 2, 512, "0", "none", 0, (), (), limits=("Simulated.",))
    figures = ReleaseFigures("region", "chest-1-x", made, (evaluation,), None, ())
    release = {"name": "chest", "version": "1", "types": ["a", "b"], "kind": "chest-xray", "files": {}}
    return region_card(release | {"recipe": {"size": 512, "width": 640}}, encode(figures))


def test_the_report_gives_each_group_of_lesions_and_says_simulated_wherever_a_figure_stands(
    evaluation: Evaluation,
) -> None:
    page = page_of(evaluation)
    for group in GROUPS:
        row = f"<th>{group}</th><td>33</td><td>31</td><td>0.410 <small>0.205 to 0.410</small></td>"
        assert row in page
        assert f"chest_drr (simulated X-rays): {group}, found at 2 false an image</span><b>0.760</b>" in page
    assert page.count("<h3>FROC (simulated X-rays)</h3>") == 1
    assert "2 with a nodule whose place is not known" in page
    assert "17 with none but such as do not count" in page
    assert "<td>nodules that no candidate lies on, in none of these figures</td><td>13</td>" in page
    assert "Tumour" not in page
    assert "mAP" not in page
    assert "IoU" not in page


def test_the_card_gives_lesions_and_speaks_of_the_kind_that_the_release_is_of(evaluation: Evaluation) -> None:
    card = card_of(evaluation)
    assert "in single frontal chest X-rays, types each (a, b)" in " ".join(card.split())
    assert "640 x 512 pixels" in card
    rates = "- | - | - | 0.760 (0.380 to 0.760) | -"
    assert f"| {GROUPS[1]} | 33 | 31 | 0.410 (0.205 to 0.410) | {rates} |" in card
    assert "| chest_drr (simulated X-rays) | 98 | 0.830 (0.415 to 0.830) |" in card  # malignant or not
    assert "| chest_drr (simulated X-rays): large, from 30 mm | 5 | 4 |" in card
    assert "| Lesions that no candidate lies on, in none of these figures | 13 |" in card
    assert "brain" not in card.replace("chest", "")
    assert "| chest_drr (simulated X-rays) | 100 | 98 | 60 | 0 | 0 | 2 | 17 |" in card


def test_the_targets_are_those_of_the_kind_and_are_reached_from_their_goal_on(evaluation: Evaluation) -> None:
    reached = [target.reached(evaluation) for target in TARGETS[evaluation.kind]]
    assert reached == [True, True, True]
    worse = replace(evaluation, sources={"chest_drr": chest(0.6, 0.7)})
    assert [target.reached(worse) for target in TARGETS[evaluation.kind]] == [False, True, False]
    assert [target.reached(evaluation) for target in TARGETS["mammogram"]] == [None] * 4
    assert "simulated chest X-rays: nodules of 15 mm or more found at 2" in card_of(evaluation)


def test_the_console_has_the_groups_beside_what_the_source_is(evaluation: Evaluation) -> None:
    file = io.StringIO()
    print_figures(Console(file=file, width=200), evaluation, ())
    said = file.getvalue()
    assert "chest_drr (simulated X-rays)" in said
    assert said.count("... found at 2 false an image") == 2
    assert "0.830 (0.415 to 0.830)" in said
    assert "nodule or none, AUC" in said
    assert "tumour" not in said


def test_the_console_counts_what_was_refused_and_says_what_came_of_it(evaluation: Evaluation) -> None:
    [(name, source)] = evaluation.sources.items()
    for tumours, free in ((0, 0), (2, 1)):
        refused = replace(source, refused_tumours=tumours, refused_free=free)
        print_figures(
            Console(file=(file := io.StringIO()), width=200), replace(evaluation, sources={name: refused}), ()
        )
        assert ("3: 2 with a nodule, so missed; 1 without, left out" in file.getvalue()) == bool(tumours)
