"""Heads on features, whole kinds and whole collections left out in turn: what the gate does with what it never saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.gate.decision import CLASSES, OTHERS, Limits
from models.gate.head import GateHead
from models.report import Kind
from models.training.gate.config import GateConfig
from models.training.gate.heads import fit_head
from models.training.gate.pictures import Picture, is_made_of_another

KNOWN_COLLECTIONS = ("brain_t1ce", "brain_lgg", "brain_br35h")
WITH_PHANTOMS = ("ct", "body-part")  # drawn as well as gathered, so that drawn ones alone can be learnt from


@dataclass(frozen=True, eq=False)
class Seen:
    """Pictures with their features (n, d)."""

    pictures: Sequence[Picture]
    features: np.ndarray

    def where(self, mask: np.ndarray) -> Seen:
        """Those at a bool mask (n,)."""
        return Seen([p for p, m in zip(self.pictures, mask, strict=True) if m], self.features[mask])

    def kinds(self) -> np.ndarray:
        """(n,) class of each."""
        return np.array([p.kind for p in self.pictures])

    def sources(self) -> np.ndarray:
        """(n,) collection, gathered source or drawer of each."""
        return np.array([p.source for p in self.pictures])

    def of_folds(self, fold: int) -> tuple[Seen, Seen]:
        """Those to train on, and those of the held-out fold or of unseen sources."""
        test = np.array([p.fold == fold or p.unseen for p in self.pictures])
        return self.where(~test), self.where(test)


@dataclass(frozen=True, eq=False)
class Answers:
    """What a head says of pictures: probability of each picture's own or likeliest known kind, and distance (n,)."""

    pictures: Sequence[Picture]
    known: np.ndarray
    distances: np.ndarray
    likeliest: np.ndarray

    def passed(self, limits: Limits) -> np.ndarray:
        """Bool (n,): a known kind is named. For a known picture only its own counts."""
        return np.asarray((self.known >= limits.known_from) & (self.distances <= limits.farthest))


def ask(head: GateHead, seen: Seen) -> Answers:
    """The head's answers about pictures."""
    shares = head.probabilities(seen.features)
    best = shares[:, [CLASSES.index(kind) for kind in Kind]].max(axis=1)
    own = shares[np.arange(len(shares)), [CLASSES.index(kind) for kind in seen.kinds()]]
    is_known = np.isin(seen.kinds(), list(Kind))
    likeliest = np.array(CLASSES)[shares.argmax(axis=1)]
    right = np.where(is_known, np.where(own >= best, own, 0), best)
    return Answers(seen.pictures, right, head.distances(seen.features), likeliest)


def left_out_answers(seen: Seen, config: GateConfig) -> Mapping[str, Answers]:
    """By what was left out of training: each brain-MRI collection, each class of others with all of its
    sources, the real pictures of classes that are drawn as well, and of these each source.

    What was made of a part's scans is left out with it. Only pictures of training folds are learnt from, so the
    held-out fold stays unseen here too. Heads without a collection have as many members as the shipped one, as its
    limits hang on them; the others have one, for time's sake.
    """
    train, _ = seen.of_folds(config.fold)
    quick = replace(config, members=1)
    made = np.array([is_made_of_another(p) for p in train.pictures])
    answers = {}
    for name, part in _parts(train).items():
        if (part & ~made).any():
            rest = train.where(~part & ~(made & np.isin(_people(train), _people(train)[part])))
            head = fit_head(rest.features, list(rest.kinds()), config if name in KNOWN_COLLECTIONS else quick)
            answers[name] = ask(head, train.where(part & ~made))
    return answers


def _parts(train: Seen) -> dict[str, np.ndarray]:
    """Bool (n,) by what is left out."""
    sources, kinds = train.sources(), train.kinds()
    real = {kind: np.char.startswith(sources, f"{kind}/") for kind in WITH_PHANTOMS}
    return {
        **{name: sources == name for name in KNOWN_COLLECTIONS},
        **{name: kinds == name for name in OTHERS},
        **{f"{kind}, real ones": mask for kind, mask in real.items()},
        **{str(name): sources == name for mask in real.values() for name in np.unique(sources[mask])},
    }


def _people(seen: Seen) -> np.ndarray:
    """(n,) whose scan a picture is; what was made of a scan has its name."""
    return np.array([p.group.rpartition("/")[2] for p in seen.pictures])
