"""What the HTML report shows of an evaluation, beside the figures themselves."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from models.evaluation.figures import Bin, Evaluation, Figure
from models.evaluation.report import render_report
from models.evaluation.report.charts import curves, reliability
from models.evaluation.shipping import read_figures
from models.release import Release

MANY = [f"type {i}" for i in range(6)]


@pytest.fixture
def evaluation(release: Release) -> Evaluation:
    figures = read_figures(release.folder)
    shipped = (*figures.evaluations, figures.cross_validation)[0]
    assert shipped
    return shipped


def page_of(evaluation: Evaluation) -> str:
    return " ".join(render_report(evaluation, [], [], datetime(2026, 1, 1, tzinfo=UTC)).split())


def lines_of(svg: str) -> set[str]:
    """Colour and dash of each line in a series' colour."""
    return set(re.findall(r'style="(fill: none; [^"]*var\(--series-[^"]*)"', svg))


def test_every_series_of_a_chart_is_drawn_and_told_apart() -> None:
    for svg in (
        curves({name: [(0, 0), (1, 1)] for name in MANY}, "x", "y"),
        reliability({name: [Bin(0.2, 0.1, 5), Bin(0.9, 0.8, 5)] for name in MANY}),
    ):
        assert all(f">{name}</text>" in svg for name in MANY)
        assert len(lines_of(svg)) >= len(MANY)


def test_the_report_says_what_flatters_and_what_is_left_out(evaluation: Evaluation) -> None:
    """Of a source without charts, which take their time."""
    source = replace(next(iter(evaluation.sources.values())), types=None, presence=None, detection=None, outlines=None)
    quiet = replace(evaluation, sources={"mine": source}, gate_seen=False)
    assert "The gate was trained" not in page_of(quiet)
    page = page_of(replace(quiet, sources={"mine": replace(source, unknown_types={"lymphoma": 7})}, gate_seen=True))
    assert "The gate was trained on some of these images" in page
    assert "in no figure by type: 7 lymphoma." in page
    assert "were trained on" not in page
    assert "These images were trained on: every figure below flatters." in page_of(replace(quiet, seen=True))


def test_a_region_on_the_tumour_stands_beside_any_region_with_the_groups_that_intervals_rest_on(
    evaluation: Evaluation,
) -> None:
    name, source = next((n, s) for n, s in evaluation.sources.items() if s.presence and s.detection)
    assert source.detection
    detection = replace(source.detection, found=Figure(0.123, 0.045, 0.678, 9))
    sizes = tuple(replace(row, groups=77) for row in source.sizes)
    page = page_of(replace(evaluation, sources={name: replace(source, detection=detection, sizes=sizes, groups=88)}))
    assert "a region on the tumour (IoU 0.5)</td><td>0.123 <small>0.045 to 0.678</small>" in page
    assert page.count("<td>77</td>") == len(sizes)
    assert page.count("<small>88 groups</small>") == 2


def test_a_source_without_any_tumour_has_its_false_regions_and_no_undefined_rows(evaluation: Evaluation) -> None:
    source = next(s for s in evaluation.sources.values() if s.presence)
    assert source.presence
    presence = replace(source.presence, auc=None, sensitivity=None, control_auc=None, roc=())
    free = replace(source, tumours=0, types=None, detection=None, outlines=None, sizes=(), presence=presence)
    page = page_of(replace(evaluation, sources={"free": free}, across=None))
    assert "reported regions per tumour-free image" in page
    assert "not defined" not in page
