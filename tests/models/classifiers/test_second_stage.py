"""A second stage says what a region is, never where it is or whether it is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from models.candidates import Candidate
from models.classifiers.second_stage import MALIGNANCY, MOST_LOOKS, blend, classify
from models.findings import describe, work_frame
from models.pipeline import Pipeline, Source
from models.preprocessing import Prepared, Recipe, prepare
from models.presets import BRAIN_MRI
from models.reading import read_scan
from models.release import ModelCard, Release
from models.report import ModelInfo, Report

TYPES = ("glioma", "meningioma", "pituitary")


@dataclass(frozen=True)
class FixedRelease:
    types: tuple[str, ...]
    certain_from: float = 0.8
    own_weight: float = 0.0
    id: str = "fixed-1"

    @property
    def info(self) -> ModelInfo:
        return ModelInfo("fixed", "1")

    def card(self, kind: str) -> ModelCard:
        return ModelCard("fixed", "1", kind, "")


@dataclass(frozen=True)
class Fixed:
    """Says the same of every region."""

    release: FixedRelease
    row: tuple[float, ...]

    def probabilities(self, prepared: Prepared, candidates: Sequence[Candidate]) -> np.ndarray:
        return np.tile(self.row, (len(candidates), 1))


@pytest.fixture(scope="module")
def prepared(scan_files: list[Path]) -> Prepared:
    return prepare(read_scan(scan_files[0]), Recipe())


@pytest.fixture(scope="module")
def reports(scan_files: list[Path]) -> Iterator[list[tuple[Report, Report]]]:
    """What the network says alone, and what it says with the classifier that ships."""
    sources = [Source(f.name, f) for f in scan_files]
    with Pipeline.load("litert") as own, Pipeline.load("litert", classifier="classic") as classic:
        assert set(own.release.split("+")) < set(classic.release.split("+"))
        assert [card.name for card in classic.cards if card not in own.cards] == ["classic"]
        both = zip(own.analyse(sources), classic.analyse(sources), strict=True)
        yield [(a.report, b.report) for a, b in both]


def candidates(prepared: Prepared, count: int) -> list[Candidate]:
    side = work_frame(prepared).size[0]
    mask = np.zeros((side, side), bool)
    mask[side // 3 : side // 2, side // 3 : side // 2] = True
    return [Candidate(mask, 0.9 - i / 100, np.array([0.8, 0.1, 0.1]), certain=True) for i in range(count)]


def test_types_come_from_the_classifier_in_the_order_of_the_network(prepared: Prepared) -> None:
    classifier = Fixed(FixedRelease(("pituitary", "glioma", "meningioma")), (0.7, 0.1, 0.2))
    (judged,) = classify(candidates(prepared, 1), prepared, classifier, TYPES)
    assert judged.probabilities.tolist() == pytest.approx([0.1, 0.2, 0.7])
    assert not judged.certain
    sure = Fixed(FixedRelease(TYPES, certain_from=0.6), (0.1, 0.2, 0.7))
    assert classify(candidates(prepared, 1), prepared, sure, TYPES)[0].certain


def test_only_the_best_candidates_are_looked_at(prepared: Prepared) -> None:
    before = candidates(prepared, MOST_LOOKS + 2)
    after = classify(before, prepared, Fixed(FixedRelease(TYPES), (0.0, 0.0, 1.0)), TYPES)
    assert [int(c.probabilities.argmax()) for c in after] == [2] * MOST_LOOKS + [0, 0]
    assert [c.score for c in after] == [c.score for c in before]


def test_a_classifier_of_benign_and_malignant_sets_the_malignancy_and_leaves_the_type(
    prepared: Prepared, release: Release
) -> None:
    classifier = Fixed(FixedRelease(MALIGNANCY), (0.9, 0.1))
    (judged,) = classify(candidates(prepared, 1), prepared, classifier, TYPES)
    finding = describe(judged, True, prepared, work_frame(prepared), release, BRAIN_MRI)
    assert finding
    assert finding.label == "glioma"
    assert finding.malignancy.label == "benign"
    assert finding.malignancy.probability == pytest.approx(0.1)


def test_the_classifier_that_ships_changes_types_and_no_region(reports: list[tuple[Report, Report]]) -> None:
    pairs = [pair for own, classic in reports for pair in zip(own.findings, classic.findings, strict=True)]
    assert len(pairs) >= 4
    for own, classic in pairs:
        fields = ("label", "probabilities", "certain", "malignancy")
        assert replace(classic, **{name: getattr(own, name) for name in fields}) == own
    assert any(own.probabilities != classic.probabilities for own, classic in pairs)
    assert all(sum(classic.probabilities.values()) == pytest.approx(1) for _, classic in pairs)


def test_every_figure_names_both_models(reports: list[tuple[Report, Report]]) -> None:
    own, classic = reports[0]
    assert own.model
    assert classic.model
    assert classic.model.name == f"{own.model.name}+classic"
    assert classic.model.version.startswith(f"{own.model.version}+")


def test_the_networks_own_opinion_counts_as_much_as_its_weight_says() -> None:
    own, second = np.array([[0.8, 0.1, 0.1]]), np.array([[0.2, 0.6, 0.2]])
    np.testing.assert_allclose(blend(own, second, 0), second)
    np.testing.assert_allclose(blend(own, second, 1), own * second / (own * second).sum())
    assert blend(np.array([[1.0, 0.0, 0.0]]), second, 0.5)[0, 1] > 0  # even a sure opinion is no veto


def test_a_candidate_is_judged_by_both(prepared: Prepared) -> None:
    candidate = Candidate(np.ones((8, 8), bool), 0.9, np.array([0.8, 0.1, 0.1]), certain=True)
    classifier = Fixed(FixedRelease(TYPES, own_weight=1.0), (0.2, 0.6, 0.2))
    (judged,) = classify([candidate], prepared, classifier, TYPES)
    assert judged.probabilities.argmax() == 0
    assert not judged.certain
