"""The whole of `oncoqueue train gate`: features once, heads without each kind in turn, limits, release, evaluation."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from models.evaluation.card import write_figures
from models.files import replaced
from models.gate.decision import Limits
from models.gate.head import GateHead, load_head
from models.gate.release import NETWORK_FILE, GateRelease
from models.report import Kind
from models.training.curves import draw_curves
from models.training.gate.config import GateConfig
from models.training.gate.extract import features_of
from models.training.gate.figures import CARD, Design, GateFigures, Rate
from models.training.gate.folds import Answers, Seen, ask, left_out_answers
from models.training.gate.heads import fit_with_losses
from models.training.gate.judging import judge_design, left_out_rates, rates
from models.training.gate.limits import choose_limits, require_left_out
from models.training.gate.network import export_features
from models.training.gate.pictures import all_pictures
from models.training.progress import HISTORY

log = logging.getLogger(__name__)


def train_gate(config: GateConfig, data: Path, others: Path | None, run: Path, out: Path) -> GateRelease:
    """A finished release in `out`. `run` keeps the features, and how the head was fitted.

    Started again, only features of what changed are computed; heads, which take minutes, are fitted anew.
    """
    for folder in (run, out):
        folder.mkdir(parents=True, exist_ok=True)
    pictures = all_pictures(config, data, others)
    require_left_out(pictures, config.fold)
    network = _network(run)
    seen = Seen(pictures, features_of(pictures, network, config.seed, run / "features.npz"))
    left_out = left_out_answers(seen, config)
    limits = limits_from(left_out)
    log.info("limits: %s", limits)
    train, test = seen.of_folds(config.fold)
    head, losses = fit_with_losses(train.features, list(train.kinds()), config)
    _write_history(run, losses)
    draw_curves(run)
    release = GateRelease(out, config.name, config.version, config.fold, limits)
    (out / NETWORK_FILE).write_bytes(network)
    head.save(release.head_path)
    release.save()
    _evaluate(release, config, load_head(release.head_path), (train, test), left_out)
    return release


def _network(run: Path) -> bytes:
    path = run / NETWORK_FILE
    if not path.exists():
        export_features(path)
    return path.read_bytes()


def _write_history(run: Path, losses: Sequence[Sequence[float]]) -> None:
    """A line an epoch with each member's loss, as `read_history` reads it, in the place of an earlier fit's."""
    with replaced(run / HISTORY) as path, path.open("w", encoding="utf-8") as file:
        for epoch, line in enumerate(zip(*losses, strict=True), 1):
            members = {f"member_{number}_loss": round(float(loss), 5) for number, loss in enumerate(line, 1)}
            file.write(json.dumps({"epoch": epoch, **members}) + "\n")


def limits_from(left_out: Mapping[str, Answers]) -> Limits:
    """Limits that suit collections and kinds which training went without."""
    known = [a for a in left_out.values() if a.pictures[0].kind in list(Kind)]
    others = [a for a in left_out.values() if a.pictures[0].kind not in list(Kind)]
    return choose_limits(
        np.concatenate([a.known for a in known]),
        np.concatenate([a.distances for a in known]),
        np.concatenate([a.known for a in others]),
        np.concatenate([a.distances for a in others]),
    )


def _evaluate(
    release: GateRelease, config: GateConfig, head: GateHead, parts: tuple[Seen, Seen], left_out: Mapping[str, Answers]
) -> None:
    """evaluation.json and the card, of these very weights but for what is left out on purpose."""
    train, test = parts
    found = list(rates(ask(head, test), release.limits))
    unseen = {p.source for p in test.pictures if p.unseen}
    figures = GateFigures(
        CARD,
        release.id,
        config.fold,
        config.seed,
        dict(sorted(Counter(map(str, train.kinds())).items())),
        tuple(r for r in found if r.source not in unseen),
        tuple(_described(r, config) for r in found if r.source in unseen),
        tuple(left_out_rates(left_out, release.limits)),
        tuple(_designs(left_out, release.limits)),
        tuple(config.notes),
        tuple(config.limits),
    )
    write_figures(release.folder, figures)


def _described(rate: Rate, config: GateConfig) -> Rate:
    """An unseen source under the words that the config has for it."""
    return replace(rate, source=config.unseen.get(rate.source) or config.unseen[rate.source.split("/")[0]])


def _designs(left_out: Mapping[str, Answers], limits: Limits) -> list[Design]:
    """The shipped way to decide, and each half of it alone."""
    return [
        judge_design("class and distance", left_out, limits),
        judge_design("class alone", left_out, replace(limits, farthest=float("inf"))),
        judge_design("distance alone", left_out, replace(limits, known_from=0.0)),
    ]
