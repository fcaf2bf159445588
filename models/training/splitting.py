"""Who is trained on, who calibrates, who is held out: by patient (or near-duplicate group) throughout."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.release import NO_FOLD


@dataclass(frozen=True)
class Split:
    """Indices of images. `calibration` is kept from training; `test` is the held-out fold."""

    train: list[int]
    calibration: list[int]
    test: list[int]


def split(
    groups: Sequence[str], folds: Sequence[int], kinds: Sequence[str], fold: int, calibration_share: float
) -> Split:
    """Hold out `fold`, and draw the calibration groups from the others by kind; `kinds` names source and type.

    Each kind gives its share, so that no type goes uncalibrated. Within a kind the draw goes by a digest of the groups'
    names: it is the same on every machine, and a new group moves at most one old one of its kind.
    """
    test = [i for i, f in enumerate(folds) if fold != NO_FOLD and f == fold]
    rest = sorted(set(range(len(groups))) - set(test))
    kept = set(_drawn(((groups[i], kinds[i]) for i in rest), calibration_share))
    return Split([i for i in rest if groups[i] not in kept], [i for i in rest if groups[i] in kept], test)


def _drawn(members: Iterable[tuple[str, str]], share: float) -> Iterable[str]:
    """The groups drawn from (group, kind) pairs. A group of several kinds, as a patient has, is a kind of its own."""
    kinds_of: dict[str, set[str]] = defaultdict(set)
    for group, kind in members:
        kinds_of[group].add(kind)
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for group, kinds in kinds_of.items():
        alike[tuple(sorted(kinds))].append(group)
    for names in alike.values():
        count = max(1, round(share * len(names))) if share and len(names) > 1 else 0
        yield from sorted(names, key=lambda name: (zlib.crc32(name.encode()), name))[:count]
