"""From the trained network to a calibrated release, with int8 weights where they say what float16 ones say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import keras
import numpy as np

from models.calibration import log_probabilities
from models.classifiers.litert import LiteRTClassifier
from models.classifiers.release import LiteRTRelease
from models.report import Kind
from models.training.classifiers.config import ClassifierConfig
from models.training.classifiers.folders import Folder, Picture
from models.training.export import export_litert
from models.training.log_pool import fit_log_pool
from models.training.operating_point import certain_threshold

COLDEST, HOTTEST = 0.25, 8.0
MOST_APART = 0.02  # mean difference of a probability that is no difference


def export_release(
    config: ClassifierConfig, model: keras.Model, folder: Folder, kept: Sequence[Picture], out: Path
) -> LiteRTRelease:
    """The release in `out`, calibrated on `kept`, whose groups were not trained on."""
    out.mkdir(parents=True, exist_ok=True)
    release = LiteRTRelease(out, config.name, config.version, folder.classes, folder.crop(config.size))
    release = replace(release, kind=Kind(config.kind))
    pictures, truth = load_pictures(kept), np.array([folder.classes.index(p.label) for p in kept])
    raw = _smaller_export(model, release, pictures, truth)
    release = replace(release, temperature=fit_temperature(raw, truth))
    calibrated = LiteRTClassifier(release).of_pictures(pictures)
    right = calibrated.argmax(axis=1) == truth
    release = replace(release, certain_from=certain_threshold(calibrated.max(axis=1), right))
    release.save()
    return release


def load_pictures(pictures: Sequence[Picture]) -> np.ndarray:
    """uint8 (n, size, size)."""
    return np.stack([np.asarray(cv2.imread(str(p.file), cv2.IMREAD_GRAYSCALE)) for p in pictures])


def _smaller_export(model: keras.Model, release: LiteRTRelease, pictures: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Write the network and give what it says of `pictures`: int8 unless float16 is right more often, or differs."""
    shape = (release.crop.size, release.crop.size)
    export_litert(model, shape, release.network_path, "float16")
    half, half_bytes = LiteRTClassifier(release).of_pictures(pictures), release.network_path.read_bytes()
    export_litert(model, shape, release.network_path, "int8")
    small = LiteRTClassifier(release).of_pictures(pictures)
    worse = (small.argmax(axis=1) == truth).sum() < (half.argmax(axis=1) == truth).sum()
    if not worse and np.abs(small - half).mean() <= MOST_APART:
        return small
    release.network_path.write_bytes(half_bytes)
    return half


def fit_temperature(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """The temperature of least cross-entropy, from uncalibrated probabilities (n, classes) and true classes (n,)."""
    (weight,) = fit_log_pool([log_probabilities(probabilities)], truth, [(1 / HOTTEST, 1 / COLDEST)])
    return round(1 / weight, 4)
