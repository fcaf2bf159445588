"""The two engines are one model: the CPU's export says what the Keras weights say."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from models.engines import load_engine
from models.errors import EngineError
from models.preprocessing import prepare
from models.reading import Scan
from models.release import Release
from models.synthetic import SyntheticScan


@pytest.fixture(scope="module")
def inputs(synthetic: list[SyntheticScan], release: Release) -> np.ndarray:
    scans = (Scan(s.pixels.astype(np.float32) / 255, 1, None, None, None, 0.0, "PNG") for s in synthetic)
    return np.stack([prepare(scan, release.recipe).steps.network_input for scan in scans])


def test_litert_says_what_tensorflow_says(inputs: np.ndarray, release: Release) -> None:
    export, reference = load_engine(release, "litert"), load_engine(release, "tensorflow")
    a, b = export.predict(inputs), reference.predict(inputs)
    export.close()
    probability_a, probability_b = (1 / (1 + np.exp(-x.region)) for x in (a, b))
    assert np.abs(probability_a - probability_b).max() < 0.05
    assert np.abs(a.slice_tumour - b.slice_tumour).max() < 0.1
    assert np.abs(a.slice_type - b.slice_type).max() < 0.1
    inside = probability_b > 0.5
    assert np.abs(a.pixel_type - b.pixel_type)[inside].max() < 0.2


def test_a_batch_gives_what_its_slices_give_alone(inputs: np.ndarray, release: Release) -> None:
    engine = load_engine(release, "litert", threads=2)
    together = engine.predict(inputs)
    alone = engine.predict(inputs[3:4])
    engine.close()
    assert np.array_equal(together.slice(3).region, alone.region)
    assert len(together) == len(inputs)


def test_an_unknown_engine_is_refused_with_the_known_ones(release: Release) -> None:
    with pytest.raises(EngineError, match="litert, tensorflow"):
        load_engine(release, "onnx")


def test_the_cpu_pipeline_never_loads_tensorflow() -> None:
    program = (
        "import sys; from models.pipeline import Pipeline; Pipeline.load('litert').close();"
        "print([m for m in ('tensorflow', 'keras', 'torch', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
