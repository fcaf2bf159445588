"""What a config asks for beside the usual augmentation: other kinds of image, by shares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.errors import TrainingDataError


@dataclass(frozen=True)
class Variation:
    """Shares of the images that training sees without their skull, under another weighting, turned by quarters, upside
    down, with a lesion of another image, with drawn lesions (of X-rays alone), and mirrored left to right.
    """

    stripped: float = 0.0
    reweighted: float = 0.0
    quarter_turned: float = 0.0
    upside_down: float = 0.0
    implanted: float = 0.0
    drawn: float = 0.0
    mirrored: float = 0.5

    def __post_init__(self) -> None:
        """Raises TrainingDataError for what is no share."""
        for name, share in vars(self).items():
            if not 0 <= share <= 1:
                raise TrainingDataError(f"{name} is {share}; it is a share of the images, from 0 to 1.")


UNVARIED = Variation()


def happens(share: float, rng: np.random.Generator) -> bool:
    """Draws nothing for a share of 0: a run without a kind of variation is what it was before there was that kind."""
    return share > 0 and rng.random() < share
