"""The whole of `oncoqueue train`: pack, fit, export, calibrate, evaluate, write the card."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import keras

from models.calibration import UNCALIBRATED
from models.engines import load_engine
from models.evaluation.ablation import ablate
from models.evaluation.card import write_card
from models.evaluation.outcomes import run_outcomes
from models.evaluation.summary import Summary, summarise
from models.networks.region_net import build_region_net
from models.networks.weights import load_half_weights, save_half_weights
from models.pipeline import Pipeline
from models.release import Release
from models.training.calibrate import fit_calibration, run_examples
from models.training.config import Config, load_config
from models.training.curves import draw_curves
from models.training.export import export_litert
from models.training.fit import fit
from models.training.packing import Pack, pack_records, pack_synthetic
from models.training.sources import TYPED_POOL, Record, read_sources, split

log = logging.getLogger(__name__)


def train_release(name: str, data: Path, run: Path, out: Path, packed: Path) -> Release:
    """A finished release in `out`, from the config called `name` and the collections in `data`."""
    config = load_config(name)
    records = read_sources(data)
    pack = pack_records(records, config.recipe, packed)
    parts = split([r.group for r in records], [r.fold for r in records], config.fold, config.calibration_share)
    model = fit(config, *_with_synthetic(config, pack, records), run)
    draw_curves(run)
    release = export_release(config, model, out)
    release = calibrate_release(release, [records[i] for i in parts.calibration])
    held_out, kept = ([records[i] for i in part] for part in (parts.test, parts.calibration))
    evaluate_release(config, release, held_out, kept)
    return release


def _with_synthetic(config: Config, pack: Pack, records: Sequence[Record]) -> tuple[Pack, list[int]]:
    """The pack with synthetic slices joined on, and the indices that training may use."""
    train = split(pack.groups, pack.folds, config.fold, config.calibration_share).train
    made = pack_synthetic(config.per_epoch.get("synthetic", 0), config.recipe, config.seed)
    return pack.join(made), train + list(range(len(pack.pools), len(pack.pools) + len(made.pools)))


def export_release(config: Config, model: keras.Model, out: Path) -> Release:
    """Weights in float16 and their LiteRT export, both from the same rounded values; not yet calibrated."""
    release = Release(out, config.name, config.version, config.types, config.fold, config.recipe, UNCALIBRATED)
    out.mkdir(parents=True, exist_ok=True)
    save_half_weights(model, release.weights_path)
    fixed = build_region_net(len(config.types), config.recipe.size)
    load_half_weights(fixed, release.weights_path)
    export_litert(fixed, config.recipe.size, release.litert_path)
    release.save()
    return release


def calibrate_release(release: Release, records: Sequence[Record]) -> Release:
    """The release with its calibration fitted on `records`, and saved."""
    engine = load_engine(release, "litert")
    examples = run_examples(records, release, engine)
    engine.close()
    calibrated = replace(release, calibration=fit_calibration(examples, release.types))
    calibrated.save()
    log.info("calibrated on %d slices: %s", len(examples), calibrated.calibration)
    return calibrated


def evaluate_release(
    config: Config, release: Release, records: Sequence[Record], calibration: Sequence[Record]
) -> Summary:
    """Evaluate both engines and the ablation on `records`; write evaluation.json and the model card."""
    summaries = {name: _summary(release, records, name) for name in ("litert", "tensorflow")}
    typed = [r for r in records if r.pool == TYPED_POOL]
    ablation = ablate(release, typed)
    pools = {r.pool for r in records}
    card = write_card(release, config, pools, calibration, summaries["litert"], summaries["tensorflow"], ablation)
    (release.folder / "MODEL_CARD.md").write_text(card, encoding="utf-8")
    figures = {name: summary.to_dict() for name, summary in summaries.items()}
    (release.folder / "evaluation.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return summaries["litert"]


def _summary(release: Release, records: Sequence[Record], engine: str) -> Summary:
    with Pipeline.load(engine, release=release) as pipeline:
        return summarise(run_outcomes(pipeline, records), release.types, engine)
