"""Fit the gate's head on features: classes by a small network, distances by prototypes of known kinds."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from models.gate.decision import CLASSES
from models.gate.head import GateHead
from models.report import Kind
from models.training.gate.config import GateConfig

PCA_PICTURES = 5000


def fit_head(features: np.ndarray, kinds: Sequence[str], config: GateConfig) -> GateHead:
    """The head of features (n, d) whose classes are `kinds`. Classes count alike, whatever their number."""
    return fit_with_losses(features, kinds, config)[0]


def fit_with_losses(
    features: np.ndarray, kinds: Sequence[str], config: GateConfig
) -> tuple[GateHead, list[Sequence[float]]]:
    """As `fit_head`; and of each member the training loss by epoch, cross-entropy with weight decay.

    Layers are fitted on the `components` principal components and then written for the features themselves.
    """
    mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-3
    standard = ((features - mean) / scale).astype(np.float32)
    labels = np.array([CLASSES.index(kind) for kind in kinds])
    axes = _axes(standard, config.components, config.seed)
    members = [_layers(standard @ axes, labels, config, config.seed + i) for i in range(config.members)]
    whitening, prototypes = _prototypes(standard, labels, config)
    head = GateHead(
        mean,
        scale,
        hidden=axes @ np.hstack([m.hidden for m in members]),
        hidden_bias=np.concatenate([m.hidden_bias for m in members]),
        output=np.vstack([m.output for m in members]) / config.members,
        output_bias=np.mean([m.output_bias for m in members], axis=0),
        whitening=whitening,
        prototypes=prototypes,
    )
    return head, [m.losses for m in members]


@dataclass(frozen=True, eq=False)
class _Layers:
    """One small network; several side by side are again one, whose logits are their mean. `losses`: by epoch."""

    hidden: np.ndarray
    hidden_bias: np.ndarray
    output: np.ndarray
    output_bias: np.ndarray
    losses: Sequence[float]


def _layers(components: np.ndarray, labels: np.ndarray, config: GateConfig, seed: int) -> _Layers:
    chosen = _balanced(labels, seed)
    network = MLPClassifier(
        (config.hidden,), alpha=config.weight_decay, max_iter=config.epochs, random_state=seed,
        batch_size=min(256, len(chosen)), learning_rate_init=1e-3, tol=0, n_iter_no_change=config.epochs,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it ends after `epochs` on purpose
        fitted = network.fit(components[chosen], labels[chosen])
    (hidden, output), (hidden_bias, output_bias) = fitted.coefs_, fitted.intercepts_
    return _Layers(hidden, hidden_bias, *_all_classes(output, output_bias, fitted.classes_), fitted.loss_curve_)


def _axes(standard: np.ndarray, count: int, seed: int) -> np.ndarray:
    """(d, count) principal axes, from at most `PCA_PICTURES` pictures; fewer where there are fewer pictures."""
    rng = np.random.default_rng(seed)
    some = standard[np.sort(rng.permutation(len(standard))[:PCA_PICTURES])]
    fitted = PCA(min(count, *some.shape), svd_solver="randomized", random_state=seed).fit(some)
    return np.asarray(fitted.components_.T)


def _balanced(labels: np.ndarray, seed: int) -> np.ndarray:
    """Indices in which every class has as many as the median class, repeated or drawn."""
    rng = np.random.default_rng(seed)
    groups = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    count = int(np.median([len(g) for g in groups]))
    return np.concatenate([rng.choice(g, max(count, len(g) // 2), replace=len(g) < count) for g in groups])


def _all_classes(output: np.ndarray, bias: np.ndarray, present: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns for all classes; one that training had no picture of is never likely."""
    full, full_bias = np.zeros((output.shape[0], len(CLASSES))), np.full(len(CLASSES), -30.0)
    if output.shape[1] == 1:  # scikit-learn's form for two classes
        output, bias = np.hstack([-output / 2, output / 2]), np.concatenate([-bias / 2, bias / 2])
    full[:, present], full_bias[present] = output, bias
    return full, full_bias


def _prototypes(standard: np.ndarray, labels: np.ndarray, config: GateConfig) -> tuple[np.ndarray, np.ndarray]:
    """Whitening (d, m) by the spread about the known kinds' own prototypes, and all these prototypes in it."""
    known = [CLASSES.index(kind) for kind in Kind if CLASSES.index(kind) in labels]
    axes = _axes(standard[np.isin(labels, known)], config.whitened, config.seed)
    centres, spread = [], []
    for label in known:
        places = standard[labels == label] @ axes
        clusters = KMeans(min(config.prototypes, len(places)), n_init=1, random_state=config.seed).fit(places)
        centres.append(clusters.cluster_centers_)
        spread.append(places - clusters.cluster_centers_[clusters.labels_])
    deviation = np.concatenate(spread).std(axis=0) + 1e-6
    return axes / deviation, np.concatenate(centres) / deviation
