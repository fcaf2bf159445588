"""A network on LiteRT: any thread may ask, and each gets what the others get."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import models.litert
from models.litert import LiteRTNetwork
from models.release import Release


@pytest.fixture(scope="module")
def network(release: Release) -> LiteRTNetwork:
    return LiteRTNetwork(release.litert_path.read_bytes())


def test_it_tells_its_shapes_and_names_its_outputs(network: LiteRTNetwork, release: Release) -> None:
    size = release.recipe.size
    assert network.input_shape == (1, size, size, 1)
    assert (1, len(release.types)) in network.output_shapes
    outputs = network(np.zeros((size, size), np.float32))
    assert {name: value.shape[1:3] for name, value in outputs.items() if value.ndim == 4} == {
        "region": (size // 2, size // 2),
        "pixel_type": (size // 2, size // 2),
    }


def test_each_thread_has_one_interpreter_and_they_agree(
    network: LiteRTNetwork, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    real = models.litert.Interpreter

    def counted(**arguments: object) -> object:
        made.append(threading.get_ident())
        return real(**arguments)

    monkeypatch.setattr(models.litert, "Interpreter", counted)
    picture = np.random.default_rng(0).normal(size=network.input_shape[1:3]).astype(np.float32)
    together = threading.Barrier(2)

    def ask(_: int) -> np.ndarray:
        together.wait(30)
        return network(picture)["slice_type"]

    with ThreadPoolExecutor(2) as pool:
        first, *others = pool.map(ask, range(6))
    assert len(made) == len(set(made)) == 2
    assert all(np.array_equal(first, other) for other in others)


def test_what_is_no_network_is_found_at_once() -> None:
    with pytest.raises(ValueError, match="not a valid"):
        LiteRTNetwork(b"no network")
