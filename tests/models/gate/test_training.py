"""Training of the gate, small: drawn pictures and a few synthetic slices in the place of collections."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from matplotlib.figure import Figure

from models.evaluation.card import render_card
from models.gate.decision import CLASSES, Limits
from models.gate.head import GateHead, load_head
from models.gate.release import GATE_FOLDER, NETWORK_FILE, load_gate_release
from models.report import Kind
from models.synthetic import generate_slice
from models.training.augmentation import brain_mask
from models.training.gate.config import GateConfig, load_gate_config
from models.training.gate.heads import fit_head, fit_with_losses
from models.training.gate.judging import wilson
from models.training.gate.limits import LEAST_KNOWN, MOST_KNOWN, PASSING, choose_limits
from models.training.gate.made_up import DRAWERS
from models.training.gate.pictures import all_pictures
from models.training.gate.variation import shrunk, vary


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder laid out like brain_br35h with eight synthetic slices of eight groups."""
    folder = tmp_path / "data" / "brain_br35h"
    (folder / "none").mkdir(parents=True)
    with (folder / "images.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("image", "group", "fold", "label", "x0", "y0", "x1", "y1"))
        for number in range(8):
            cv2.imwrite(str(folder / "none" / f"{number}.png"), generate_slice(number, size=128).pixels)
            table.writerow((f"none/{number}.png", number, number % 4, "none", "", "", "", ""))
    return tmp_path / "data"


@pytest.fixture
def config() -> GateConfig:
    return replace(load_gate_config(), drawn=4, components=24, hidden=16, members=2, epochs=3, whitened=4, prototypes=2)


@pytest.mark.parametrize("name", DRAWERS)
def test_a_drawn_picture_follows_from_its_seed(name: str) -> None:
    kind, draw = DRAWERS[name]
    first, again, other = (draw(np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert kind in CLASSES
    assert kind not in list(Kind)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)


def test_a_variation_is_a_picture_of_its_own_in_range() -> None:
    image = shrunk(np.asarray(generate_slice(1, size=256).pixels))
    seen = [vary(image, np.random.default_rng(seed), Kind.BRAIN_MRI) for seed in range(40)]
    assert all(v.min() >= 0 and v.max() <= 1 and v.dtype == np.float32 and min(v.shape) > 40 for v in seen)
    assert len({v.tobytes() for v in seen}) == 40


def test_stripping_takes_the_scalp_and_leaves_the_brain() -> None:
    image = shrunk(np.asarray(generate_slice(1, size=256).pixels))
    stripped = image * brain_mask(image, np.random.default_rng(0))
    middle = tuple(slice(s // 2 - 15, s // 2 + 15) for s in image.shape)
    assert np.array_equal(stripped[middle], image[middle])
    assert stripped.sum() < 0.8 * image.sum()


def test_pictures_of_unseen_sources_are_marked_and_none_is_varied(
    data: Path, tmp_path: Path, config: GateConfig
) -> None:
    for place in ("chart/any", "photograph/any"):
        (tmp_path / "others" / place).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "others" / place / "0.png"), np.eye(64, dtype=np.uint8) * 255)
    found = [p for p in all_pictures(config, data, tmp_path / "others") if p.path and "others" in str(p.path)]
    assert {(p.source, p.unseen) for p in found} == {("chart/any", True), ("photograph/any", False)}
    assert sum(p.source == "chart/any" for p in found) == 1
    assert sum(p.source == "photograph/any" for p in found) == config.variants["photograph"]


def test_a_head_tells_its_classes_apart_and_is_far_from_what_it_never_saw(config: GateConfig) -> None:
    rng = np.random.default_rng(0)
    brain, photograph, strange = (
        rng.normal(0, 1, (80, 40)) + shift * np.eye(40)[i] for i, shift in enumerate((8, 8, 40))
    )
    kinds = ["brain-mri"] * 80 + ["photograph"] * 80
    config = replace(config, epochs=400, weight_decay=1e-3)
    head = fit_head(np.concatenate([brain, photograph]), kinds, config)
    named = np.array(CLASSES)[head.probabilities(np.concatenate([brain, photograph])).argmax(axis=1)]
    assert (named == kinds).mean() > 0.95
    assert head.distances(brain).mean() == pytest.approx(1, abs=0.3)
    assert np.median(head.distances(strange)) > 2


def test_each_member_has_losses_of_its_own_that_fall_and_tell_of_the_head_that_is_fitted(config: GateConfig) -> None:
    features = np.concatenate([np.random.default_rng(0).normal(shift, 1, (80, 40)) for shift in (0, 2)])
    kinds = ["brain-mri"] * 80 + ["photograph"] * 80
    head, losses = fit_with_losses(features, kinds, config)
    assert [len(member) for member in losses] == [config.epochs] * config.members
    assert all(member[0] > member[-1] > 0 for member in losses)
    assert losses[0] != losses[1]
    assert np.array_equal(fit_head(features, kinds, config).output, head.output)


def test_limits_let_known_kinds_pass_and_stay_within_bounds() -> None:
    known, near = np.full(1000, 0.99), np.linspace(0.5, 1.5, 1000)
    easy = choose_limits(known, near, np.full(500, 0.01), np.full(500, 9.0))
    hard = choose_limits(known, near, np.full(500, 0.9), np.full(500, 1.0))
    assert (easy.known_from, hard.known_from) == (LEAST_KNOWN, MOST_KNOWN)
    assert (near <= easy.farthest).mean() == pytest.approx(PASSING, abs=0.001)


def test_an_interval_is_none_too_narrow_where_all_is_right() -> None:
    figure = wilson(1.0, 20, 400)
    assert figure.high == pytest.approx(1)
    assert figure.low == pytest.approx(0.839, abs=0.001)


def test_training_ends_in_a_release_with_a_card_and_is_the_same_again(
    data: Path, tmp_path: Path, config: GateConfig
) -> None:
    from models.training.gate.run import train_gate

    (tmp_path / "run").mkdir()
    (tmp_path / "run" / NETWORK_FILE).write_bytes((GATE_FOLDER / NETWORK_FILE).read_bytes())
    ids = [train_gate(config, data, None, tmp_path / "run", tmp_path / out).id for out in ("first", "second")]
    assert ids[0] == ids[1]
    release = load_gate_release(tmp_path / "first")
    assert isinstance(release.limits, Limits)
    assert release.card("brain-mri").text == render_card(tmp_path / "first")
    assert "Research use only" in release.card("brain-mri").text


def test_training_leaves_the_losses_of_each_member_of_the_shipped_head_and_no_older_ones(
    data: Path, tmp_path: Path, config: GateConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.training.gate import run as training

    run, fitted, drawn = tmp_path / "run", [], []
    run.mkdir()
    (run / NETWORK_FILE).write_bytes((GATE_FOLDER / NETWORK_FILE).read_bytes())
    (run / "history.jsonl").write_text('{"epoch": 1, "member_1_loss": 9}\n' * 5)

    def remember_fit(*given: Any) -> tuple[GateHead, list[Sequence[float]]]:
        fitted.append(fit_with_losses(*given))
        return fitted[-1]

    def remember_figure(figure: Figure, path: Path, **options: Any) -> None:
        drawn.append(figure)
        save(figure, path, **options)

    save = Figure.savefig
    monkeypatch.setattr(training, "fit_with_losses", remember_fit)
    monkeypatch.setattr(Figure, "savefig", remember_figure)
    release = training.train_gate(config, data, None, run, tmp_path / "out")
    [(head, losses)] = fitted
    assert np.array_equal(load_head(release.head_path).output, head.output.astype(np.float16))
    history = [json.loads(line) for line in (run / "history.jsonl").read_text(encoding="utf-8").splitlines()]
    assert history == [
        {"epoch": n + 1, "member_1_loss": round(losses[0][n], 5), "member_2_loss": round(losses[1][n], 5)}
        for n in range(config.epochs)
    ]
    [axes] = drawn[0].axes
    assert axes.get_ylabel() == "loss"
    assert {line.get_label(): list(line.get_ydata()) for line in axes.lines} == {
        f"member {n} loss": [line[f"member_{n}_loss"] for line in history] for n in (1, 2)
    }
    assert (run / "curves.png").read_bytes().startswith(b"\x89PNG")
