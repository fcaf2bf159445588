"""The gate's release: its feature network, its head and its limits in one folder, checked at load."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from models.digests import check_digests, digests
from models.errors import ReleaseError
from models.gate.decision import CLASSES, Limits
from models.release import WEIGHTS_FOLDER, ReleaseFolder

GATE_FOLDER = WEIGHTS_FOLDER / "gate"
NETWORK_FILE, HEAD_FILE = "network.tflite", "head.npz"
_CODE_VERSION = "1"  # raise it when the same files would let other images pass


@dataclass(frozen=True)
class GateRelease(ReleaseFolder):
    """What the gate needs to run. `held_out_fold`: the fold of patients that training never saw."""

    held_out_fold: int
    limits: Limits

    @property
    def network_path(self) -> Path:
        """View to features, as LiteRT runs it."""
        return self.folder / NETWORK_FILE

    @property
    def head_path(self) -> Path:
        """Features to classes and distance."""
        return self.folder / HEAD_FILE

    @cached_property
    def id(self) -> str:
        """Name, version and a digest of release.json, which holds those of the files."""
        digest = hashlib.sha256(_CODE_VERSION.encode() + (self.folder / "release.json").read_bytes())
        return f"{self.name}-{self.version}-{digest.hexdigest()[:12]}"

    def save(self) -> None:
        """Write release.json beside the files. Raises ReleaseError where they are not there."""
        values = {
            "name": self.name,
            "version": self.version,
            "held_out_fold": self.held_out_fold,
            "classes": CLASSES,
            "limits": asdict(self.limits),
            "files": digests(self.folder, (NETWORK_FILE, HEAD_FILE)),
        }
        (self.folder / "release.json").write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def load_gate_release(folder: Path = GATE_FOLDER) -> GateRelease:
    """The release in `folder`, its files checked. Raises ReleaseError where it is missing, damaged or of other code."""
    try:
        values = json.loads((folder / "release.json").read_text(encoding="utf-8"))
        check_digests(folder, {file: values["files"][file] for file in (NETWORK_FILE, HEAD_FILE)})
        if tuple(values["classes"]) != CLASSES:
            raise ReleaseError(f"The gate in {folder} knows other kinds than this version of OncoQueue.")
        return GateRelease(
            folder, values["name"], values["version"], values["held_out_fold"], Limits(**values["limits"])
        )
    except FileNotFoundError as error:
        raise ReleaseError(f"There is no gate in {folder}; `oncoqueue train gate` makes it.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise ReleaseError(f"The release file of the gate in {folder} is damaged: {error}") from error
