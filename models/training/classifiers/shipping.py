"""evaluation.json and the card of a classifier's release."""

from __future__ import annotations

import json
from dataclasses import replace

from models.classifiers.release import LiteRTRelease
from models.digests import values_digest
from models.evaluation.card import EVALUATION_FILE, write_card
from models.evaluation.decoding import encode
from models.training.classifiers.figures import ClassifierFigures
from models.training.files import replaced


def ship(release: LiteRTRelease, figures: ClassifierFigures) -> None:
    """Write both into the release's folder, the figures as those of its release.json of now."""
    values = json.loads((release.folder / "release.json").read_text(encoding="utf-8"))
    of_release = replace(figures, release=release.id, release_digest=values_digest(values))
    with replaced(release.folder / EVALUATION_FILE) as path:
        path.write_text(json.dumps(encode(of_release), indent=1) + "\n", encoding="utf-8")
    write_card(release.folder)
