"""The curves of a run, drawn from its history."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from models.training.curves import draw_curves


@pytest.mark.parametrize(("validation", "title"), [({}, "loss"), ({"val_loss": 0.6}, "loss (dashed: validation)")])
def test_the_axis_speaks_of_validation_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, validation: dict[str, float], title: str
) -> None:
    drawn: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_to, **_how: drawn.append(figure))
    (tmp_path / "history.jsonl").write_text(json.dumps({"epoch": 1, "loss": 0.5, **validation}) + "\n")
    draw_curves(tmp_path)
    [axes] = drawn[0].axes
    assert axes.get_ylabel() == title
    assert [line.get_linestyle() for line in axes.lines] == ["-", "--"][: 1 + len(validation)]
