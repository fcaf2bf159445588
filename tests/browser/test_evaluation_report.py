"""An evaluation's report in a real browser: nothing wider than the page, legible, and usable by keyboard."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from looking import Watch, accessibility, settle, too_wide
from playwright.sync_api import Browser

from models.evaluation.figures import Evaluation
from models.evaluation.released import AblationRow
from models.evaluation.report import render_report
from models.evaluation.shipping import read_figures
from models.release import WEIGHTS_FOLDER


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of the shipped network's figures, with all that a report can say beside them, as a URL."""
    figures = read_figures(WEIGHTS_FOLDER / "brain-mri")
    shipped = (*figures.evaluations, figures.cross_validation)[0]
    assert shipped
    sources = {name: replace(s, unknown_types={"a type of a long name": 3}) for name, s in shipped.sources.items()}
    told: Evaluation = replace(
        shipped,
        sources=sources,
        seen=True,
        gate_seen=True,
        releases=shipped.releases[:1] * 4,
        folds=("0", "1", "2", "3"),
    )
    page = tmp_path_factory.mktemp("report") / "report.html"
    ablation = [AblationRow("", 0.9, 0.8), AblationRow("crop", 0.8, 0.7)]
    page.write_text(render_report(told, [], ablation, datetime(2026, 1, 1, tzinfo=UTC)), encoding="utf-8")
    return Path(page).as_uri()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_report_fits_its_window_and_can_be_read(browser: Browser, report: str, width: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    try:
        watch = Watch.attach(context.new_page())
        watch.page.goto(report)
        settle(watch.page)
        assert too_wide(watch.page) == []
        assert accessibility(watch.page) == []
        assert watch.complaints == []
        assert len(watch.requests) == 1
    finally:
        context.close()
