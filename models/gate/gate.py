"""The gate at work: rules first, then what the pixels look like."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from models.errors import ReleaseError
from models.gate.decision import CLASSES, Look, decide
from models.gate.features import FeatureNetwork
from models.gate.head import load_head
from models.gate.release import GATE_FOLDER, GateRelease, load_gate_release
from models.gate.rules import check_rules, require_readable
from models.gate.view import view_of
from models.geometry import oriented
from models.presets import SHIPPED
from models.reading import Scan
from models.report import Kind


class Gate:
    """Says of each scan what kind it is. Safe to call from any thread."""

    def __init__(self, release: GateRelease) -> None:
        """Raises ReleaseError where the release's files cannot be run."""
        self.release = release
        try:
            self._features = FeatureNetwork(release.network_path.read_bytes())
            self._head = load_head(release.head_path)
        except (OSError, ValueError, KeyError) as error:
            raise ReleaseError(f"The gate {release.name!r} cannot be loaded: {error}") from error

    def look(self, scan: Scan) -> Look:
        """What the scan's pixels look like, whatever its header says."""
        features = self._features(view_of(oriented(scan.pixels, scan.orientation)))[None]
        shares = self._head.probabilities(features)[0]
        distance = float(self._head.distances(features)[0])
        return Look(dict(zip(CLASSES, map(float, shares), strict=True)), distance, self.release.info)

    def choose_kind(self, scan: Scan, asked: Kind | None, readable: Collection[Kind] = SHIPPED) -> Kind:
        """The kind of this scan; `asked` is what the caller says it is, `readable` what there is a model for.

        Raises ScanRejectedError for a kind without a model and for what is none of the known kinds.
        """
        check_rules(scan, asked)
        kind = decide(self.look(scan), asked or scan.kind, self.release.limits, readable)
        return require_readable(kind, readable)


def load_gate(folder: Path = GATE_FOLDER) -> Gate:
    """The gate in `folder`, by default the one that ships. Raises ReleaseError."""
    return Gate(load_gate_release(folder))
