"""A classifier of region crops on LiteRT."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.calibration import log_probabilities, softmax
from models.candidates import Candidate
from models.classifiers.crop import region_box
from models.classifiers.release import LiteRTRelease
from models.errors import ReleaseError
from models.findings import work_frame
from models.litert import LiteRTNetwork
from models.preprocessing import Prepared


class LiteRTClassifier:
    """Any thread may ask it."""

    def __init__(self, release: LiteRTRelease) -> None:
        """Raises ReleaseError for a file that is no network, or one of other crops or types: now, not by every scan."""
        self.release = release
        try:
            self._network = LiteRTNetwork(release.network_path.read_bytes())
        except (OSError, ValueError) as error:
            raise ReleaseError(f"The network of classifier {release.name!r} cannot be loaded: {error}") from error
        crop, types = (1, release.crop.size, release.crop.size, 1), (1, len(release.types))
        if self._network.input_shape != crop or self._network.output_shapes != [types]:
            raise ReleaseError(f"The network of classifier {release.name!r} does not fit its release's crop or types.")

    def probabilities(self, prepared: Prepared, candidates: Sequence[Candidate]) -> np.ndarray:
        """Calibrated probabilities (n, types) of candidates whose masks lie on `work_frame(prepared)`."""
        frame = work_frame(prepared)
        crops = [self.release.crop.cut(prepared, region_box(c.mask, frame)) for c in candidates]
        return self.of_pictures(np.stack(crops))

    def of_pictures(self, pictures: np.ndarray) -> np.ndarray:
        """Calibrated probabilities (n, types) of crops, uint8 (n, size, size)."""
        raw = np.concatenate([self._run(picture) for picture in pictures])
        return softmax(log_probabilities(raw) / self.release.temperature)

    def _run(self, picture: np.ndarray) -> np.ndarray:
        (output,) = self._network(picture.astype(np.float32) / 255).values()
        return output
