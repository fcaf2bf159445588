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
from models.release import CARD_FILE
from models.training.classifiers.figures import CARD as CLASSIFIER_CARD
from models.training.gate.figures import CARD as GATE_CARD

EVALUATION_FILE = "evaluation.json"
CardWriter = Callable[[Mapping[str, Any], Mapping[str, Any]], str]
"""From the values of release.json and of evaluation.json to Markdown."""

WRITERS: Mapping[str, CardWriter] = {CARD: region_card, CLASSIFIER_CARD: classifier_card, GATE_CARD: gate_card}


def render_card(folder: Path) -> str:
    """The card of the release in `folder`.

    Raises ReleaseError where its two JSON files do not make one, or the evaluation is of another release.json.
    """
    try:
        release = json.loads((folder / "release.json").read_text(encoding="utf-8"))
        evaluation = json.loads((folder / EVALUATION_FILE).read_text(encoding="utf-8"))
        if evaluation["release_digest"] != values_digest(release):
            raise ValueError("the evaluation was made of another release.json")
        return WRITERS[evaluation["card"]](release, evaluation)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ReleaseError(f"No model card can be made of {folder}: {error!r}") from error


def write_card(folder: Path) -> Path:
    """Write MODEL_CARD.md of the release in `folder`. Raises ReleaseError."""
    path = folder / CARD_FILE
    path.write_text(render_card(folder), encoding="utf-8")
    return path
