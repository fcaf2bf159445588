"""Features are kept for the very pictures that they are of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

from models.gate.features import FeatureNetwork
from models.gate.release import GATE_FOLDER, NETWORK_FILE
from models.report import Kind
from models.training.gate import extract
from models.training.gate.extract import code_digest, features_of
from models.training.gate.pictures import Picture


class Counted(FeatureNetwork):
    """The gate's own network, and how often it was asked."""

    asked = 0

    def __call__(self, view: np.ndarray) -> np.ndarray:
        Counted.asked += 1
        return super().__call__(view)


@pytest.fixture
def pictures(tmp_path: Path) -> list[Picture]:
    """One from a file, one drawn."""
    cv2.imwrite(str(tmp_path / "a.png"), np.tile(np.arange(0, 250, 5, np.uint8), (50, 1)))
    from_file = Picture(Kind.BRAIN_MRI, "mine", "a", 1, 0, 0, tmp_path / "a.png")
    return [from_file, replace(from_file, kind="pattern", source="noise", path=None)]


@pytest.fixture
def seen(pictures: list[Picture], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Looks at all of them, and gives how many the network had to be asked of."""
    monkeypatch.setattr(extract, "FeatureNetwork", Counted)
    network = (GATE_FOLDER / NETWORK_FILE).read_bytes()

    def look() -> int:
        before = Counted.asked
        features_of(pictures, network, 4, tmp_path / "features.npz")
        return Counted.asked - before

    return look


def test_what_was_seen_is_not_computed_again(seen) -> None:  # type: ignore[no-untyped-def]
    assert [seen(), seen()] == [2, 0]


def test_a_file_of_the_same_name_with_other_content_is_seen_anew(seen, pictures: list[Picture]) -> None:  # type: ignore[no-untyped-def]
    seen()
    cv2.imwrite(str(pictures[0].path), np.full((50, 50), 9, np.uint8))
    assert seen() == 1


def test_other_code_that_draws_lets_all_be_seen_anew(seen, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    seen()
    monkeypatch.setattr(extract, "SHOWN_BY", extract.SHOWN_BY[1:])
    assert seen() == 2


def test_code_is_known_by_what_it_does(tmp_path: Path) -> None:
    module, package = ModuleType("one"), ModuleType("several")
    module.__file__, package.__file__ = str(tmp_path / "drawing.py"), str(tmp_path / "__init__.py")
    said = []
    for text in ("GREY = 1\n", "GREY = 1  # dark\n", "GREY = 2\n"):
        (tmp_path / "drawing.py").write_text(text)
        (tmp_path / "__init__.py").touch()
        said.append((code_digest([module]), code_digest([package])))
    assert said[0] == said[1]
    assert said[0][0] != said[2][0]
    assert said[0][1] != said[2][1]
