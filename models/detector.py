"""All that reads one kind of image: a release, the engine that runs it, and the second stage behind it, if any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.analysis import Analysis, Judged, conclude, judge
from models.classifiers.base import Classifier
from models.classifiers.choice import OWN, fits, load_classifier
from models.engines import Engine, HeadOutputs, load_engine
from models.preprocessing import Prepared
from models.presets import PRESETS, Preset
from models.release import AnyRelease, ModelCard, Release


@dataclass(frozen=True, eq=False)
class Detector:
    """Loaded, for the kind of image that its release is made for."""

    release: Release
    engine: Engine
    classifier: Classifier | None = None

    @property
    def preset(self) -> Preset:
        """What is known of its kind."""
        return PRESETS[self.release.kind]

    @property
    def releases(self) -> Sequence[AnyRelease]:
        """What decides its results."""
        return (self.release, self.classifier.release) if self.classifier else (self.release,)

    @property
    def cards(self) -> tuple[ModelCard, ...]:
        """The model cards of these."""
        return tuple(release.card(self.release.kind) for release in self.releases)

    def conclude(self, name: str, prepared: Prepared, output: HeadOutputs) -> Analysis:
        """The result of the scan `name`; `output` holds this one slice."""
        return conclude(name, prepared, output, self.release, self.preset, self.classifier)

    def judge(self, prepared: Prepared, output: HeadOutputs) -> Judged:
        """What the network's output of one slice means, without pictures."""
        return judge(prepared, output, self.release, self.preset, self.classifier)


def load_detectors(
    releases: Sequence[Release], engine: str = "auto", threads: int = 0, classifier: str = OWN
) -> tuple[Detector, ...]:
    """The releases at work, one a kind. A `classifier` other than the networks' own stands behind those that it fits.

    Raises EngineError, also where it fits none; ReleaseError.
    """
    second = load_classifier(classifier, releases)
    return tuple(
        Detector(r, load_engine(r, engine, threads), second if second and fits(second, r) else None) for r in releases
    )
