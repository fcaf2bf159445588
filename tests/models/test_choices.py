"""A config's digest: the same of sister trainings, whatever a later version adds, and another of any other choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from models.preprocessing import Recipe
from models.report import Kind
from models.training.choices import choices, design, unusual
from models.training.config import Config, Stage
from models.training.operating_point import Wanted
from models.training.variation import Variation

CONFIG = Config(
    name="mine", version="1", types=("a", "b"), fold=0, calibration_share=0.1, seed=20, batch=8, weight_decay=1e-4,
    frozen_blocks=3, stages=(Stage(64, 3, 1e-3), Stage(96, 2)), per_epoch={"mine/a": 0}, recipe=Recipe(size=128),
    variation=Variation(stripped=0.2), wanted=Wanted(false_regions=0.3),
)  # fmt: skip
Change = Callable[[Config], Config]


def test_sister_trainings_are_of_one_design() -> None:
    sister = replace(CONFIG, fold=3, seed=21, notes=("said later",), workers=7)
    assert design(sister) == design(CONFIG)


@pytest.mark.parametrize(
    "change",
    [
        lambda c: replace(c, variation=Variation(stripped=0.3)),
        lambda c: replace(c, variation=Variation()),
        lambda c: replace(c, stages=(Stage(64, 3, 2e-3), *c.stages[1:])),
        lambda c: replace(c, stages=(Stage(64, 4, 1e-3), Stage(96, 1))),
        lambda c: replace(c, stages=(replace(c.stages[0], window=32), *c.stages[1:])),
        lambda c: replace(c, batch=16),
        lambda c: replace(c, weight_decay=2e-4),
        lambda c: replace(c, calibration_share=0.2),
        lambda c: replace(c, per_epoch={"mine/a": 9}),
        lambda c: replace(c, recipe=replace(c.recipe, denoise=False)),
        lambda c: replace(c, wanted=Wanted()),
        lambda c: replace(c, wanted=replace(c.wanted, faint=(0.2, 0.1))),
        lambda c: replace(c, kind=Kind.MAMMOGRAM),
        lambda c: replace(c, begins_from="brain-mri"),
    ],
)
def test_any_other_choice_makes_another_design(change: Change) -> None:
    assert design(change(CONFIG)) != design(CONFIG)


def test_what_a_version_lacks_stands_at_its_default() -> None:
    """These are the values as a version would have made them that knew none of the choices that CONFIG leaves open."""
    older = {key: value for key, value in choices(CONFIG).items() if key not in ("kind", "precision", "begins_from")}
    older["stages"] = [{"size": 64, "epochs": 3, "learning_rate": 1e-3}, {"size": 96, "epochs": 2}]
    older["recipe"] = {"size": 128}
    older["variation"] = {"stripped": 0.2}
    older["wanted"] = {"false_regions": 0.3}
    assert unusual(older) == unusual(choices(CONFIG))
    plain = replace(CONFIG, recipe=Recipe(), variation=Variation(), wanted=Wanted())
    without = {key: v for key, v in choices(plain).items() if key not in ("recipe", "variation", "wanted")}
    assert unusual(without) == unusual(choices(plain))


def test_a_design_stays_what_releases_have_noted() -> None:
    """It changes with the digest of every release: none could be held against those of before."""
    assert design(CONFIG) == "99b2bd004b18ed1e1b67750abb3ff120ce65bddd2f0b12d265582fc3e73d4273"
