"""A classifier of region crops on LiteRT."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from ai_edge_litert.interpreter import Interpreter, SignatureRunner

from models.calibration import softmax
from models.candidates import Candidate
from models.classifiers.crop import region_box
from models.classifiers.release import LiteRTRelease
from models.errors import ReleaseError
from models.findings import work_frame
from models.preprocessing import Prepared

LEAST_PROBABILITY = 1e-7


class LiteRTClassifier:
    """One single-threaded interpreter for each thread that asks, made when it first does."""

    def __init__(self, release: LiteRTRelease) -> None:
        """Raises ReleaseError for a file that is no network, or one of other crops or types: now, not by every scan."""
        self.release = release
        try:
            self._network = release.network_path.read_bytes()
            interpreter = Interpreter(model_content=self._network)
        except (OSError, ValueError) as error:
            raise ReleaseError(f"The network of classifier {release.name!r} cannot be loaded: {error}") from error
        shapes = [tuple(d[0]["shape"]) for d in (interpreter.get_input_details(), interpreter.get_output_details())]
        if shapes != [(1, release.crop.size, release.crop.size, 1), (1, len(release.types))]:
            raise ReleaseError(f"The network of classifier {release.name!r} does not fit its release's crop or types.")
        self._local = threading.local()

    def probabilities(self, prepared: Prepared, candidates: Sequence[Candidate]) -> np.ndarray:
        """Calibrated probabilities (n, types) of candidates whose masks lie on `work_frame(prepared)`."""
        frame = work_frame(prepared)
        crops = [self.release.crop.cut(prepared, region_box(c.mask, frame)) for c in candidates]
        return self.of_pictures(np.stack(crops))

    def of_pictures(self, pictures: np.ndarray) -> np.ndarray:
        """Calibrated probabilities (n, types) of crops, uint8 (n, size, size)."""
        raw = np.concatenate([self._run(picture) for picture in pictures])
        logits = np.log(np.maximum(raw, LEAST_PROBABILITY)) / self.release.temperature
        return softmax(logits)

    def _run(self, picture: np.ndarray) -> np.ndarray:
        (output,) = self._runner()(image=picture[None, ..., None].astype(np.float32) / 255).values()
        return np.asarray(output)

    def _runner(self) -> SignatureRunner:
        if not hasattr(self._local, "runner"):
            self._local.runner = Interpreter(model_content=self._network, num_threads=1).get_signature_runner()
        return self._local.runner
