"""A run: the same seed gives the same weights, whatever stopped it in between, and leaves its figures behind.

A network of a few layers stands in for the region network, whose graph alone takes most of a minute.
"""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from models.calibration import UNCALIBRATED
from models.errors import ReleaseError, TrainingDataError
from models.known_patients import KnownPatients
from models.networks.region_net import HEADS
from models.networks.weights import save_half_weights
from models.preprocessing import Recipe
from models.release import NO_FOLD, Release
from models.training.batches import Feed, ValidationBatches, choose_feed
from models.training.config import Config, Stage, load_config
from models.training.curves import draw_curves
from models.training.fit import FITTED, _batches, _load, _start, fit
from models.training.packed_synthetic import pack_synthetic
from models.training.packing import Pack
from models.training.progress import CHECKPOINT, Events
from models.training.run import export_release
from models.training.variation import UNVARIED, Variation

ROOT = Path(__file__).parents[2]
TRAIN, VALIDATION = list(range(8)), [8, 9, 10]


def small_net(types: int, shape: object = None, stride: int = 2) -> keras.Model:
    image = keras.Input((None, None, 1), name="image")
    x = layers.Conv2D(4, 3, 2, "same", name="stem_conv")(image)
    x = layers.BatchNormalization(name="stem_bn")(x)
    pooled = layers.Dropout(0.5)(layers.GlobalAveragePooling2D()(x))
    outputs = {
        HEADS.region: layers.Conv2D(1, 1, name=HEADS.region, dtype="float32")(x),
        HEADS.pixel_type: layers.Conv2D(types, 1, name=HEADS.pixel_type, dtype="float32")(x),
        HEADS.slice_tumour: layers.Dense(1, name=HEADS.slice_tumour, dtype="float32")(pooled),
        HEADS.slice_type: layers.Dense(types, name=HEADS.slice_type, dtype="float32")(pooled),
    }
    return keras.Model(image, outputs)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return pack_synthetic(11, Recipe(), seed=1, height=288)


@pytest.fixture(scope="module")
def config() -> Config:
    stages = (Stage(32, 2, 1e-2), Stage(64, 1))
    return replace(
        load_config("brain-mri"),
        batch=4, frozen_blocks=0, stages=stages, per_epoch={"synthetic": 0}, recipe=Recipe(64), workers=1,
        variation=UNVARIED,
    )  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _small_network() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.training.fit.build_region_net", small_net)
        patch.setattr("models.training.fit.load_imagenet", lambda model: None)
        yield


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs") / "whole"


@pytest.fixture(scope="module")
def weights(config: Config, pack: Pack, run: Path) -> list[np.ndarray]:
    """Of a run that nothing stopped."""
    fit(config, pack, TRAIN, run, VALIDATION)
    return kept(run).get_weights()


def kept(run: Path) -> keras.Model:
    """The checkpoint: weights as they were trained, not yet rounded."""
    return keras.saving.load_model(run / CHECKPOINT, compile=False)


def test_a_run_stopped_twice_gives_the_very_weights_of_an_uninterrupted_one(
    config: Config, pack: Pack, weights: list[np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inside a stage, and between two; and whether threads augment, or processes, as in the second part."""

    def stop(self: Events, epoch: int, logs: object = None) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Events, "on_epoch_end", stop)
        for workers in (1, 3):
            with pytest.raises(KeyboardInterrupt):
                fit(replace(config, workers=workers), pack, TRAIN, tmp_path, VALIDATION)
    fit(config, pack, TRAIN, tmp_path, VALIDATION)
    resumed = kept(tmp_path).get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(resumed, weights, strict=True))
    assert len((tmp_path / "history.jsonl").read_text().splitlines()) == 3


@pytest.mark.usefixtures("weights")
def test_a_finished_run_leaves_history_events_and_curves(run: Path) -> None:
    lines = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    for part, prefix in (("training", ""), ("validation", "val_")):
        events = EventAccumulator(str(run / "events" / part))
        events.Reload()
        drawn = [(event.step, event.tensor_proto.float_val[0]) for event in events.Tensors("loss")]
        assert drawn == [(line["epoch"], pytest.approx(line[f"{prefix}loss"], abs=1e-4)) for line in lines]
    assert draw_curves(run).read_bytes().startswith(b"\x89PNG")


def test_mixed_precision_is_the_networks_alone(config: Config, pack: Pack, tmp_path: Path) -> None:
    short = replace(config, precision="mixed_bfloat16", stages=(Stage(32, 1, 1e-2),))
    fit(short, pack, TRAIN[:4], tmp_path)
    model = kept(tmp_path)
    assert model.get_layer("stem_conv").compute_dtype == "bfloat16"
    assert model.get_layer("stem_conv").kernel.dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"


def test_the_fitted_weights_alone_stand_for_a_finished_run(
    config: Config, pack: Pack, run: Path, weights: list[np.ndarray], tmp_path: Path
) -> None:
    for name in ("config.json", FITTED):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    model = fit(config, pack, TRAIN, tmp_path)
    assert not (tmp_path / CHECKPOINT).exists()  # nothing was trained
    for moved, rounded in zip(model.get_weights(), fit(config, pack, TRAIN, run).get_weights(), strict=True):
        np.testing.assert_array_equal(moved, rounded)


def test_a_run_killed_while_it_writes_its_last_file_ends_well_when_it_is_started_again(
    config: Config, pack: Pack, run: Path, weights: list[np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("config.json", "history.jsonl", CHECKPOINT):
        (tmp_path / name).write_bytes((run / name).read_bytes())

    def dies(model: keras.Model, path: Path) -> None:
        path.write_bytes(b"half of it")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("models.training.fit.save_half_weights", dies)
        with pytest.raises(KeyboardInterrupt):
            fit(config, pack, TRAIN, tmp_path)
    fit(config, pack, TRAIN, tmp_path)
    with np.load(tmp_path / FITTED) as ended, np.load(run / FITTED) as whole:
        assert all(np.array_equal(ended[name], whole[name]) for name in whole.files)


def test_the_configs_variation_reaches_the_images(config: Config, pack: Pack) -> None:
    """Checked on the batches that fitting takes."""
    varied = replace(config, variation=Variation(stripped=1, reweighted=1, quarter_turned=1))
    usual, other = (_batches(c, c.stages[0], pack, TRAIN, 0)[0] for c in (config, varied))
    assert not np.array_equal(usual[0], other[0])


def test_a_run_begins_with_the_body_of_another_release_and_heads_of_its_own(config: Config, tmp_path: Path) -> None:
    other = small_net(2)
    other.get_layer("stem_conv").set_weights([np.full((3, 3, 1, 4), 0.25), np.full(4, 0.5)])
    other.get_layer(HEADS.region).set_weights([np.full((1, 1, 4, 1), 7.0), np.full(1, 7.0)])
    release = Release(tmp_path, "other", "1", ("a", "b"), 0, config.recipe, UNCALIBRATED)
    release.litert_path.touch()
    save_half_weights(other, release.weights_path)
    release.save()
    KnownPatients.of([], []).save(tmp_path)
    begun = _start(replace(config, begins_from=str(tmp_path)))  # of three types
    assert (begun.get_layer("stem_conv").get_weights()[0] == 0.25).all()
    assert not (begun.get_layer(HEADS.region).get_weights()[0] == 7.0).any()


def test_the_learning_rate_falls_to_the_end_of_stages_of_unlike_length(
    config: Config, pack: Pack, tmp_path: Path
) -> None:
    windows = replace(config, stages=(Stage(32, 2, 1e-2), Stage(64, 1, window=32, repeats=3)))
    assert windows.cosine_steps(0, len(TRAIN)) == 2 * 2 + 6
    fit(windows, pack, TRAIN, tmp_path)
    optimizer = _load(tmp_path).optimizer
    assert int(optimizer.iterations) == windows.cosine_steps(0, len(TRAIN))
    assert float(optimizer.learning_rate) == pytest.approx(0, abs=1e-5)


def test_fewer_images_than_a_batch_are_refused(config: Config, pack: Pack, tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="fewer than a batch of 4"):
        fit(config, pack, TRAIN[:3], tmp_path)


def test_an_unknown_precision_is_refused(config: Config) -> None:
    with pytest.raises(TrainingDataError, match="it can be float32 or mixed_bfloat16"):
        replace(config, precision="float16")


def test_what_is_no_share_of_the_slices_is_refused() -> None:
    with pytest.raises(TrainingDataError, match=r"stripped is 20; it is a share of the images, from 0 to 1"):
        Variation(stripped=20)


@pytest.mark.parametrize(("asked", "fold"), [(None, 0), (3, 3), ("all", NO_FOLD)])
def test_the_command_lines_fold_replaces_the_configs(asked: int | str | None, fold: int) -> None:
    assert load_config("brain-mri", asked).fold == fold


def test_validation_sees_each_image_once_as_inference_does(pack: Pack) -> None:
    batches = ValidationBatches(pack, VALIDATION, ("glioma", "meningioma", "pituitary"), Recipe(64), (64, 64), 2)
    sizes = [len(batches[i][0]) for i in range(len(batches))]
    assert sizes == [2, 1]
    assert np.array_equal(batches[0][0], batches[0][0])
    assert batches[1][1][HEADS.slice_tumour].tolist() == [[float(pack.tumours[10])]]


def test_a_machine_of_many_cores_is_fed_by_processes() -> None:
    assert choose_feed(0, 2) == Feed(2, processes=False)
    assert choose_feed(0, 16) == Feed(15, processes=True)
    assert choose_feed(4, 16) == Feed(4, processes=True)


def reached(module: str, found: set[str]) -> set[str]:
    """Adds to `found` every module that is imported while `module` is: by the import lines of ours, followed on."""
    place = ROOT / module.replace(".", "/")
    file = next((f for f in (place.with_suffix(".py"), place / "__init__.py") if f.is_file()), None)
    if module in found or (file is None and module.startswith("models.")):  # a name in a module, no module
        return found
    found.add(module)
    for node in ast.parse(file.read_text(encoding="utf-8")).body if file else ():
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            reached(name, found)
    return found


def test_nothing_of_ours_that_fitting_needs_imports_tensorflow() -> None:
    """Keras does, as its backend here; under JAX nobody would."""
    needed = reached("models.training.run", set())
    assert {"models.training.fit", "models.engines.choice", "keras"} <= needed
    assert not [name for name in needed if name.split(".")[0] == "tensorflow"]
    assert "tensorflow" in reached("models.training.export", set())


def test_another_backend_stops_before_the_export_and_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keras.backend.backend", lambda: "jax")
    with pytest.raises(ReleaseError, match=r"export needs TensorFlow: .* KERAS_BACKEND=tensorflow"):
        export_release(load_config("brain-mri"), keras.Model(), Path("nowhere"))
