"""A release: one model's weights, recipe and calibration in one folder, with an id that names exactly these."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from models.calibration import Calibration
from models.digests import check_digests, digests
from models.errors import ReleaseError
from models.preprocessing import Recipe
from models.report import Kind, ModelInfo

WEIGHTS_FOLDER = Path(__file__).parent / "weights"
LITERT_FILE, KERAS_FILE = "network.tflite", "weights.npz"
CARD_FILE = "MODEL_CARD.md"
NO_FOLD = -1
"""Held out nobody: a final model, trained on all folds, whose figures come from a cross-validation."""
# Not raised for new pictures: the figures stay the same, while a new id would analyse every known file again and page
# readers again about what they have seen. A result of before lacks those pictures, and pages fall back.
CODE_VERSION = "2"  # raise it when the same weights give other results: new rules of candidates, urgency, measurement


@dataclass(frozen=True)
class ModelCard:
    """What a reader should know of a model, as Markdown; `kind`: the kind of image that it reads."""

    name: str
    version: str
    kind: str
    text: str


@dataclass(frozen=True)
class ReleaseFolder:
    """A folder with the files of one model, and what those are told who meet its figures."""

    folder: Path
    name: str
    version: str

    @property
    def info(self) -> ModelInfo:
        """Name and version, as they stand beside every figure."""
        return ModelInfo(self.name, self.version)

    def card(self, kind: str) -> ModelCard:
        """The release's model card; without a text where it was trained but never evaluated."""
        path = self.folder / CARD_FILE
        return ModelCard(self.name, self.version, kind, path.read_text(encoding="utf-8") if path.exists() else "")


@dataclass(frozen=True)
class Release(ReleaseFolder):
    """What one model needs to run. `types` in the order of the network's outputs."""

    types: tuple[str, ...]
    held_out_fold: int  # the one fold of its collections that training and calibration never saw, or NO_FOLD
    recipe: Recipe
    calibration: Calibration
    kind: Kind = Kind.BRAIN_MRI  # of image
    stride: int = 2  # of the network's logits

    @property
    def litert_path(self) -> Path:
        """The export for a CPU."""
        return self.folder / LITERT_FILE

    @property
    def weights_path(self) -> Path:
        """Keras weights, float16."""
        return self.folder / KERAS_FILE

    @cached_property
    def id(self) -> str:
        """Name, version and a digest of everything that decides a result.

        The recorded digests of the files are left out, as the files themselves are in: so an id of before stays.
        """
        digest = hashlib.sha256(CODE_VERSION.encode())
        values = json.loads((self.folder / "release.json").read_text(encoding="utf-8"))
        digest.update(_json({key: value for key, value in values.items() if key != "files"}).encode())
        digest.update(self.litert_path.read_bytes())
        digest.update(self.weights_path.read_bytes())
        return f"{self.name}-{self.version}-{digest.hexdigest()[:12]}"

    def save(self) -> None:
        """Write release.json with the digests of the weights, which their own modules have written before.

        Raises ReleaseError where they have not.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        values = {
            "name": self.name,
            "version": self.version,
            "types": self.types,
            "kind": self.kind,
            "stride": self.stride,
            "held_out_fold": self.held_out_fold,
            "recipe": asdict(self.recipe),
            "calibration": self.calibration.to_dict(),
            "files": digests(self.folder, (LITERT_FILE, KERAS_FILE)),
        }
        (self.folder / "release.json").write_text(_json(values), encoding="utf-8")


def release_folder(name: str) -> Path:
    """Where a release lies: one that ships, by its name, or else a folder of that path. Raises ReleaseError."""
    shipped = sorted(path.parent.name for path in WEIGHTS_FOLDER.glob("*/release.json"))
    if name in shipped:
        return WEIGHTS_FOLDER / name
    if (Path(name) / "release.json").is_file():
        return Path(name)
    raise ReleaseError(
        f"There is no model {name!r}: that is neither one that ships ({', '.join(shipped)}) nor a folder with a "
        "release.json."
    )


def load_release(name: str, folder: Path = WEIGHTS_FOLDER) -> Release:
    """The release in `folder/name`, its files checked. Raises ReleaseError where it is missing or damaged."""
    place = folder / name
    try:
        values = json.loads((place / "release.json").read_text(encoding="utf-8"))
        check_digests(place, {file: values["files"][file] for file in (LITERT_FILE, KERAS_FILE)})
        return Release(
            folder=place,
            name=values["name"],
            version=values["version"],
            types=tuple(values["types"]),
            held_out_fold=values["held_out_fold"],
            recipe=Recipe(**values["recipe"]),
            calibration=Calibration.from_dict(values["calibration"]),
            kind=Kind(values.get("kind", Kind.BRAIN_MRI)),  # releases of before name none
            stride=values.get("stride", Release.stride),  # nor this
        )
    except FileNotFoundError as error:
        raise ReleaseError(f"There is no model {name!r} in {folder}; `oncoqueue train {name}` makes it.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise ReleaseError(f"The release file of model {name!r} is damaged: {error}") from error


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, indent=2) + "\n"


class AnyRelease(Protocol):
    """What every release can say of itself: a network's, a classifier's, the gate's."""

    @property
    def id(self) -> str:
        """Name, version and a digest of everything that decides a result."""
        ...

    @property
    def info(self) -> ModelInfo:
        """Name and version, as they stand beside every figure."""
        ...

    def card(self, kind: str) -> ModelCard:
        """The release's model card, for the kind of image that it reads."""
        ...


def model_set_id(releases: Iterable[AnyRelease]) -> str:
    """One id for several releases together; results are kept under it."""
    return "+".join(sorted(release.id for release in releases))
