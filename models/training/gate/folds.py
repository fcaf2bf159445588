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
from models.training.gate.pictures import Picture

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
    sources, and the gathered pictures of classes that are drawn as well.

    Only pictures of training folds are learnt from, so the held-out fold stays unseen here too. One member a head,
    for time's sake: the shipped head with its several does a little better.
    """
    train, _ = seen.of_folds(config.fold)
    config = replace(config, members=1)
    answers = {}
    parts = {
        **{name: train.sources() == name for name in KNOWN_COLLECTIONS},
        **{name: train.kinds() == name for name in OTHERS},
        **{f"{kind}, real ones": np.char.startswith(train.sources(), f"{kind}/") for kind in WITH_PHANTOMS},
    }
    for name, part in parts.items():
        if part.any():
            rest = train.where(~part)
            answers[name] = ask(fit_head(rest.features, list(rest.kinds()), config), train.where(part))
    return answers
