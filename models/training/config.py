"""One TOML file a model says how it is trained; this module reads it into frozen dataclasses."""

from __future__ import annotations

import itertools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from models.errors import TrainingDataError
from models.preprocessing import Recipe
from models.release import NO_FOLD
from models.report import Kind
from models.training.operating_point import USUAL, Wanted
from models.training.settings import UNBOUNDED, Bounds, require_settings, require_within
from models.training.variation import UNVARIED, Variation

REGION_LOSSES = ("dice", "focal")  # see `losses`, which needs Keras
STRIDES = (2, 4)
PRECISIONS = ("float32", "mixed_bfloat16")
BLOCKS = 16  # of the encoder
BOUNDS: Bounds = {
    "calibration_share": (0.01, 0.5),
    "seed": (0, 2**31 - 1),
    "batch": (1, 4096),
    "weight_decay": (0, 1),
    "frozen_blocks": (0, BLOCKS),
    "packed_height": (32, 4096),
    "workers": (0, 256),
}
STAGE_BOUNDS: Bounds = {
    "size": (32, 4096), "epochs": (1, 10_000), "learning_rate": (1e-7, 1), "window": (32, 4096), "repeats": (1, 1000),
}  # fmt: skip
ALL_FOLDS = "all"  # how a config or a command line says that none is held out
Part = TypeVar("Part")
CONFIG_FOLDER = Path(__file__).parent.parent / "configs"


@dataclass(frozen=True)
class Stage:
    """Epochs at one image height; small images first learn quicker.

    `learning_rate` starts a cosine with a fresh optimizer, which lasts until the next stage that has one.
    window: side of the squares that images of this height are trained in, one of each image; None trains on whole
    images. repeats: how often an epoch takes each image.
    """

    size: int
    epochs: int
    learning_rate: float | None = None
    window: int | None = None
    repeats: int = 1


@dataclass(frozen=True)
class Config:
    """Everything that decides the weights. `per_epoch` counts images by pool name; 0 stands for all of the pool.

    fold: the one held out; `NO_FOLD` trains on all of them.
    kind: of image. packed_height: of images in the pack, above the network's, so that an enlarging augmentation still
    has pixels. precision: float32, or mixed_bfloat16 where the GPU has fast bfloat16 arithmetic.
    begins_from: a release, shipped or in a folder, whose encoder and decoder the network begins with; where none is
    named, the encoder begins with ImageNet's weights, and the decoder afresh. The heads always begin afresh.
    stride: of the network's map of regions; 4 is coarser and cheaper. region_loss: focal for lesions of a few cells.
    workers: processes that augment images; 0 takes what this machine has. Does not touch the weights.
    """

    name: str
    version: str
    types: tuple[str, ...]
    fold: int
    calibration_share: float
    seed: int
    batch: int
    weight_decay: float
    frozen_blocks: int
    stages: tuple[Stage, ...]
    per_epoch: dict[str, int]
    recipe: Recipe
    variation: Variation = UNVARIED
    kind: Kind = Kind.BRAIN_MRI
    wanted: Wanted = USUAL
    packed_height: int = 288
    precision: str = "float32"
    begins_from: str = ""
    stride: int = 2
    region_loss: str = "dice"
    workers: int = 0
    notes: tuple[str, ...] = ()  # what a reader of the model card must know of how these choices came about

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise TrainingDataError(f"precision is {self.precision!r}; it can be {' or '.join(PRECISIONS)}.")
        if self.region_loss not in REGION_LOSSES:
            raise TrainingDataError(f"region_loss is {self.region_loss!r}; it can be {' or '.join(REGION_LOSSES)}.")
        if self.stride not in STRIDES:
            raise TrainingDataError(f"stride is {self.stride}; it can be {' or '.join(map(str, STRIDES))}.")
        if not (self.types and self.stages and self.stages[0].learning_rate):
            raise TrainingDataError("It needs types, and stages, the first of them with a learning_rate.")
        for stage in self.stages:
            if stage.size % 32:
                raise TrainingDataError(f"size is {stage.size}; the images of a stage are multiples of 32 pixels high.")
            if stage.window and (stage.window % 32 or stage.window > min(self.shape(stage))):
                raise TrainingDataError(
                    f"A window of {stage.window} pixels is no multiple of 32, or larger than the images of its stage."
                )

    @property
    def epochs(self) -> int:
        """Over all stages."""
        return sum(stage.epochs for stage in self.stages)

    def shape(self, stage: Stage) -> tuple[int, int]:
        """(height, width) of the images of a stage: the recipe's proportions, in multiples of 32."""
        height, width = self.recipe.shape
        return stage.size, round(stage.size * width / height / 32) * 32

    def cosine_steps(self, index: int, images: int) -> int:
        """How many steps the cosine that stage `index` starts is long, with `images` in a pass over them."""
        later = itertools.takewhile(lambda stage: stage.learning_rate is None, self.stages[index + 1 :])
        return sum(stage.epochs * (images * stage.repeats // self.batch) for stage in (self.stages[index], *later))


def load_config(name_or_path: str, fold: int | str | None = None) -> Config:
    """A config by its name in `models/configs` or a TOML file's path; `fold`, a number or "all", replaces its own.

    Raises TrainingDataError where there is none, or it is damaged.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = CONFIG_FOLDER / f"{name_or_path}.toml"
    try:
        return _config(tomllib.loads(path.read_text(encoding="utf-8")), fold)
    except FileNotFoundError as error:
        raise TrainingDataError(
            f"There is no config {path}; name a model in {CONFIG_FOLDER}, or a .toml file."
        ) from error
    except (OSError, ValueError) as error:
        raise TrainingDataError(f"The config {path} cannot be read: {error}.") from error
    except TrainingDataError as error:
        raise TrainingDataError(f"The config {path} cannot be used: {error}") from error


def _config(values: dict[str, Any], fold: int | str | None) -> Config:
    held_out = values.get("fold", 0) if fold is None else fold
    values["fold"] = NO_FOLD if held_out == ALL_FOLDS else held_out
    require_settings(Config, values, BOUNDS)
    for count in values["per_epoch"].values():
        require_within("An entry of per_epoch", count, (0, 10_000_000))
    values["stages"] = tuple(_part(Stage, stage, STAGE_BOUNDS) for stage in values["stages"])
    values["recipe"] = _part(Recipe, values["recipe"])
    values["wanted"] = _part(Wanted, values.get("wanted", {}))
    values["variation"] = _part(Variation, values.get("variation", {}))
    values["kind"] = _kind(values.get("kind", Kind.BRAIN_MRI))
    return Config(**_with_tuples(values))


def _part(cls: type[Part], values: dict[str, Any], bounds: Bounds = UNBOUNDED) -> Part:
    require_settings(cls, values, bounds)
    return cls(**_with_tuples(values))


def _with_tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}


def _kind(name: str) -> Kind:
    try:
        return Kind(name)
    except ValueError as error:
        raise TrainingDataError(f"kind is {name!r}; it can be {', '.join(Kind)}.") from error
