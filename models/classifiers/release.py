"""A classifier's release: a LiteRT network, the crop it looks at, and the calibration of its probabilities."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from models.classifiers.crop import CropRecipe
from models.digests import check_digests, digests
from models.errors import ReleaseError
from models.release import ReleaseFolder
from models.report import Kind

NETWORK_FILE = "network.tflite"


@dataclass(frozen=True)
class LiteRTRelease(ReleaseFolder):
    """What a classifier needs to run. `types` in the order of the network's outputs.

    temperature: the network's log-probabilities are divided by it (Guo 2017, arXiv:1706.04599).
    certain_from: the probability from which a class is not in doubt.
    kind: whose regions it was trained on; it stands behind no network of another kind.
    own_weight: how much the log-probabilities of the network that found the region count beside this classifier's.
    """

    types: tuple[str, ...]
    crop: CropRecipe
    temperature: float = 1.0
    certain_from: float = 0.5
    own_weight: float = 0.0
    kind: Kind = Kind.BRAIN_MRI

    @property
    def network_path(self) -> Path:
        """The network as LiteRT runs it: grey (1, size, size, 1) in 0..1 to probabilities (1, types)."""
        return self.folder / NETWORK_FILE

    @cached_property
    def id(self) -> str:
        """Name, version and a digest of release.json, which holds the network's own.

        Without the code's version: that is in the id of the network's release, beside which it always stands.
        """
        digest = hashlib.sha256((self.folder / "release.json").read_bytes())
        return f"{self.name}-{self.version}-{digest.hexdigest()[:12]}"

    def save(self) -> None:
        """Write release.json beside the network. Raises ReleaseError where that is not there."""
        values = {
            "name": self.name,
            "version": self.version,
            "types": self.types,
            "crop": asdict(self.crop),
            "temperature": self.temperature,
            "certain_from": self.certain_from,
            "own_weight": self.own_weight,
            **({"kind": self.kind} if self.kind != Kind.BRAIN_MRI else {}),  # ids of before there were others stay
            "files": digests(self.folder, [NETWORK_FILE]),
        }
        (self.folder / "release.json").write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def load_litert_release(folder: Path) -> LiteRTRelease:
    """The release in `folder`, its network checked. Raises ReleaseError where it is missing or damaged."""
    try:
        values = json.loads((folder / "release.json").read_text(encoding="utf-8"))
        if "crop" not in values:
            raise ReleaseError(f"The release in {folder} is no classifier; `oncoqueue train classic` makes one.")
        check_digests(folder, {NETWORK_FILE: values["files"][NETWORK_FILE]})
        return LiteRTRelease(
            folder=folder,
            name=values["name"],
            version=values["version"],
            types=tuple(values["types"]),
            crop=CropRecipe(**values["crop"]),
            temperature=values["temperature"],
            certain_from=values["certain_from"],
            own_weight=values.get("own_weight", 0.0),
            kind=Kind(values.get("kind", Kind.BRAIN_MRI)),
        )
    except OSError as error:
        raise ReleaseError(f"There is no classifier in {folder}; `oncoqueue train classic` makes one.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise ReleaseError(f"The release file of the classifier in {folder} is damaged: {error}") from error
