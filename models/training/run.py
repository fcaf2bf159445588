"""The whole of `oncoqueue train`: pack, fit, export, calibrate, evaluate, write the card."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import keras

from models.calibration import UNCALIBRATED
from models.collections import Record, patient_of, read_sources, several_types
from models.engines import Engine, load_engine
from models.errors import ReleaseError, TrainingDataError
from models.evaluation.shipping import ship_figures
from models.networks.region_net import build_region_net
from models.networks.weights import load_half_weights, save_half_weights
from models.release import Release
from models.training.beginning import find_parent, require_unknown_to
from models.training.calibrate import fit_calibration
from models.training.checks import require_lesions, require_trainable
from models.training.config import Config
from models.training.curves import draw_curves
from models.training.examples import Example, run_examples
from models.training.fit import fit
from models.training.made import known_patients, made_by
from models.training.operating_point import Wanted
from models.training.packed_examples import run_packed
from models.training.packed_records import pack_records
from models.training.packed_synthetic import pack_synthetic
from models.training.packing import Pack, is_pack, load_pack
from models.training.splitting import Split, split

log = logging.getLogger(__name__)


def train_release(config: Config, data: Path | None, packed: Path, run: Path, out: Path) -> Release:
    """A finished release in `out`, from the collections in `data`.

    `packed` is one pack, or the folder that packs are kept in. Without `data` the pack has to do: the release is
    calibrated on packed images, which X-rays cannot be, and not evaluated. Raises ReleaseError, TrainingDataError.
    """
    require_lesions(config, data, keras.backend.backend())
    parent = find_parent(config)
    records = read_sources(data, config.kind) if data else []
    pack = load_pack(packed) if is_pack(packed) else pack_records(records, config.recipe, config.packed_height, packed)
    parts = split(pack.groups, pack.folds, pack.kinds, config.fold, config.calibration_share)
    typed = several_types(zip(pack.pools, pack.labels, strict=True))
    require_trainable(config, pack, parts, typed)
    require_unknown_to(parent, pack, parts)
    kept = _calibrating(records, pack, parts) if records else []
    model = fit(config, *_with_synthetic(config, pack, parts.train), run, parts.calibration)
    draw_curves(run)
    release = export_release(config, model, out)
    known = known_patients(pack, parts)
    (known.also_of(parent.patients) if parent else known).save(out)
    made = made_by(config, pack, parts.calibration)
    if not kept:
        log.info("calibrating on packed images; `oncoqueue evaluate --into` measures the release with the collections")
    examples = partial(run_examples, kept) if kept else partial(run_packed, pack, parts.calibration)
    release = calibrate_release(release, examples, typed, config.wanted)
    ship_figures(release, made, records)  # of whom it does not know: the pack may be older than their folds
    return release


def _calibrating(records: Sequence[Record], pack: Pack, parts: Split) -> list[Record]:
    """Those of patients whom the pack keeps aside. Raises TrainingDataError where both have nobody in common."""
    patients = {patient_of(pack.pools[i], pack.groups[i]) for i in parts.calibration}
    kept = [record for record in records if record.patient in patients]
    if not kept:
        raise TrainingDataError("The pack is of other collections than --data: nobody to calibrate on is in both.")
    return kept


def _with_synthetic(config: Config, pack: Pack, train: list[int]) -> tuple[Pack, list[int]]:
    """The pack with the synthetic images that the config asks for, and the indices that training may use."""
    count = config.per_epoch.get("synthetic", 0)
    if not count:
        return pack, train
    made = pack_synthetic(count, config.recipe, config.seed, pack.images.shape[1], config.kind)
    return pack.join(made), train + list(range(len(pack.pools), len(pack.pools) + len(made.pools)))


def export_release(config: Config, model: keras.Model, out: Path) -> Release:
    """Weights in float16 and their LiteRT export, both from the same rounded values; not yet calibrated.

    Raises ReleaseError under a backend that cannot export.
    """
    if keras.backend.backend() != "tensorflow":
        raise ReleaseError(
            "The network is fitted; its export needs TensorFlow: start the same command once more with "
            "KERAS_BACKEND=tensorflow, here or where you copy the run's folder to; for X-rays with --data as well."
        )
    from models.training.export import export_litert  # TensorFlow, which fitting does without

    release = Release(
        out, config.name, config.version, config.types, config.fold, config.recipe, UNCALIBRATED, config.kind,
        config.stride,
    )  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    save_half_weights(model, release.weights_path)
    fixed = build_region_net(len(config.types), config.recipe.shape, config.stride)
    load_half_weights(fixed, release.weights_path)
    export_litert(fixed, config.recipe.shape, release.litert_path)
    release.save()
    return release


def calibrate_release(
    release: Release, run: Callable[[Release, Engine], list[Example]], typed: Collection[str], wanted: Wanted
) -> Release:
    """The release with its calibration fitted on the examples that `run` gives, and saved; types on pools `typed`."""
    engine = load_engine(release, "litert")
    examples = run(release, engine)
    engine.close()
    calibrated = replace(release, calibration=fit_calibration(examples, release.types, typed, wanted))
    calibrated.save()
    log.info("calibrated on %d slices: %s", len(examples), calibrated.calibration)
    return calibrated
