"""What the tests of the models share: the shipped release, and synthetic scans as files."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.release import Release, load_release
from models.synthetic import SyntheticScan, generate_slice


@pytest.fixture(scope="session")
def release() -> Release:
    return load_release("brain-mri")


@pytest.fixture(scope="session")
def synthetic() -> list[SyntheticScan]:
    return [generate_slice(seed) for seed in range(8)]


@pytest.fixture(scope="session")
def scan_files(synthetic: list[SyntheticScan], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("scans")
    files = []
    for number, scan in enumerate(synthetic):
        file = folder / f"scan{number}.png"
        cv2.imwrite(str(file), np.asarray(scan.pixels))
        files.append(file)
    return files
