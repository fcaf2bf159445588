"""All training images, cropped and resized once: a folder that training needs nothing beside."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.errors import TrainingDataError
from models.training.compact import unfold, write_pieces
from models.training.truth_values import IGNORED

FACTS = "pack.json"  # what is known of each image; a folder without it is no pack


@dataclass(frozen=True, eq=False)
class Picture:
    """One image with its mask (see `truth_values`), (h, w) each, whether it holds a tumour, and of which type.

    doubtful: it holds only what does not count, so that it teaches neither that it has a tumour nor that it has none.
    """

    image: np.ndarray
    mask: np.ndarray
    tumour: bool
    label: str | None
    doubtful: bool = False


@dataclass(frozen=True)
class Pack:
    """Images and masks, uint8 (n, height, width), with what is known of each."""

    images: np.ndarray
    masks: np.ndarray
    pools: list[str]
    groups: list[str]
    folds: list[int]
    tumours: list[bool]
    labels: list[str | None]
    digest: str = ""  # of the pixels, but for those that a seed decides

    @property
    def kinds(self) -> list[str]:
        """Pool and type of each image, by which groups are drawn."""
        return [f"{pool} {label}" for pool, label in zip(self.pools, self.labels, strict=True)]

    def picture(self, index: int) -> Picture:
        """The image of that number, uint8."""
        mask, tumour = self.masks[index], self.tumours[index]
        doubtful = not tumour and bool((mask == IGNORED).any())
        return Picture(self.images[index], mask, tumour, self.labels[index], doubtful)

    def join(self, other: Pack) -> Pack:
        """Both, one after the other."""
        return Pack(
            np.concatenate([self.images, other.images]),
            np.concatenate([self.masks, other.masks]),
            self.pools + other.pools,
            self.groups + other.groups,
            self.folds + other.folds,
            self.tumours + other.tumours,
            self.labels + other.labels,
            self.digest + other.digest,
        )


def is_pack(folder: Path) -> bool:
    """Whether `folder` is one pack, and not a place where several are kept."""
    return (folder / FACTS).exists()


def save_pack(pack: Pack, folder: Path) -> None:
    """Write a new pack; `folder` appears in one step, so that a pack is whole or not there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="new-", dir=folder.parent))
    _write_facts(pack, fresh)
    np.save(fresh / "masks.npy", pack.masks)
    np.save(fresh / "images.npy", pack.images)
    try:
        fresh.rename(folder)
    except OSError:
        if not is_pack(folder):
            raise
        shutil.rmtree(fresh)  # another training made it meanwhile


def save_compact(pack: Pack, folder: Path) -> list[Path]:
    """The pack in pieces small enough to carry; gives their paths. `load_pack` reads it like any other."""
    folder.mkdir(parents=True, exist_ok=True)
    pieces = write_pieces(pack.images, pack.masks, folder)
    _write_facts(pack, folder)
    return pieces


def _write_facts(pack: Pack, folder: Path) -> None:
    """Everything but the pixels."""
    facts = {name: getattr(pack, name) for name in ("pools", "groups", "folds", "tumours", "labels", "digest")}
    (folder / FACTS).write_text(json.dumps(facts) + "\n", encoding="utf-8")


def load_pack(folder: Path) -> Pack:
    """The pack in `folder`, pixels mapped from the disk; a compact one is unfolded beside its pieces, once.

    Raises TrainingDataError where it is no pack or a piece is missing.
    """
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise TrainingDataError(f"{folder} is no pack; `oncoqueue pack` makes one.") from error
    if not (folder / "images.npy").exists():
        unfold(folder, len(facts["pools"]))
    images, masks = (np.load(folder / name, mmap_mode="r") for name in ("images.npy", "masks.npy"))
    noted = facts.pop("digest", "")  # packs of before have none
    return Pack(images, masks, **facts, digest=noted or pixel_digest(images, masks))


def pixel_digest(images: np.ndarray, masks: np.ndarray) -> str:
    """Of uint8 (n, height, width) each. A pack keeps it: what unfolds a compact one elsewhere may round apart."""
    digest = hashlib.blake2b(digest_size=16)
    for square in itertools.chain(images, masks):
        digest.update(square.tobytes())
    return digest.hexdigest()
