"""What the evaluation of the gate says, as frozen dataclasses that go to JSON and back."""

from __future__ import annotations

from dataclasses import dataclass

from models.evaluation.figures import Figure

CARD = "gate"  # what evaluation.json names


@dataclass(frozen=True)
class Rate:
    """Of one source: the share that did as it should, known kinds named as what they are, others refused.

    `kind`: class of the gate; `varied`: the pictures are variations (border, tone, noise ...), not the files as stored.
    `share` is over pictures, its interval Wilson's (1927) with groups (patients) as what is independent.
    """

    source: str
    kind: str
    known: bool
    varied: bool
    groups: int
    share: Figure


@dataclass(frozen=True)
class Design:
    """One way to decide, judged on what was left out of training: known collections passed, other kinds refused."""

    name: str
    passed: float
    worst_passed: float
    refused: float
    worst_refused: float


@dataclass(frozen=True)
class GateFigures:
    """`held_out`: the held-out fold of what training knew; `unseen`: sources that it never saw, of kinds that it knew.

    `left_out`: heads trained like the shipped one, but without that collection, or without that kind and with one
    member, judged on it. `notes`: what guided the design and what was learnt; `limits`: those that follow from what it
    was trained on.
    """

    card: str
    release: str
    fold: int
    seed: int
    trained_on: dict[str, int]
    held_out: tuple[Rate, ...]
    unseen: tuple[Rate, ...]
    left_out: tuple[Rate, ...]
    designs: tuple[Design, ...]
    notes: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
