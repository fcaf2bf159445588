"""Model cards: MODEL_CARD.md is a function of release.json and evaluation.json alone, so that it cannot drift.

evaluation.json names under "card" which of `WRITERS` writes it. A new model adds its writer here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from models.digests import values_digest
from models.errors import ReleaseError
from models.evaluation.card.classifier import classifier_card
from models.evaluation.card.gate import gate_card
from models.evaluation.card.region import CARD, region_card
from models.evaluation.decoding import encode, to_json
from models.evaluation.released import ReleaseFigures
from models.files import replaced
from models.release import CARD_FILE
from models.training.classifiers.figures import CARD as CLASSIFIER_CARD
from models.training.classifiers.figures import ClassifierFigures
from models.training.gate.figures import CARD as GATE_CARD
from models.training.gate.figures import GateFigures

EVALUATION_FILE = "evaluation.json"
CardWriter = Callable[[Mapping[str, Any], Mapping[str, Any]], str]
"""From the values of release.json and of evaluation.json to Markdown."""

WRITERS: Mapping[str, CardWriter] = {CARD: region_card, CLASSIFIER_CARD: classifier_card, GATE_CARD: gate_card}


def render_card(folder: Path, evaluation_file: str = EVALUATION_FILE) -> str:
    """The card of the release in `folder`.

    Raises ReleaseError where its two JSON files do not make one, or the evaluation is of another release.json.
    """
    try:
        release, evaluation = _values(folder / "release.json"), _values(folder / evaluation_file)
        if evaluation["release_digest"] != values_digest(release):
            raise ValueError("the evaluation was made of another release.json")
        return WRITERS[evaluation["card"]](release, evaluation)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ReleaseError(f"No model card can be made of {folder}: {error!r}") from error


def write_figures(folder: Path, figures: ReleaseFigures | ClassifierFigures | GateFigures) -> None:
    """evaluation.json, with the digest of the release.json that `folder` has now, and from both the card.

    Each file is whole or as it was, whenever this is stopped. Raises ReleaseError where they make no card.
    """
    digest = values_digest(_values(folder / "release.json"))
    with replaced(folder / CARD_FILE) as card, replaced(folder / EVALUATION_FILE) as evaluation:
        evaluation.write_text(to_json({"release_digest": digest, **encode(figures)}), encoding="utf-8")
        card.write_text(render_card(folder, evaluation.name), encoding="utf-8")


def _values(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))
