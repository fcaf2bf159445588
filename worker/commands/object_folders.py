"""The folders that `oncoqueue predict --dicom` and `--pdf` write to."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from models.report import Status
from shared.objects import OBJECTS, PDF, object_file
from shared.schemas import ScanResult

if TYPE_CHECKING:
    from models.analysis import Analysis


class ObjectFolders:
    """Where the objects of each file go; without a folder nothing is made."""

    def __init__(self, release: str, dicom: Path | None, pdf: Path | None) -> None:
        self._release = release
        self._folders = {name: pdf if name == PDF else dicom for name in OBJECTS}
        self._written: Counter[Path] = Counter()

    def write(self, stem: str, path: Path, analysis: Analysis) -> None:
        """Write the objects of a file that is done; where none can be made, say why on stderr.

        Raises OSError where the folder cannot be written to.
        """
        if analysis.report.status is not Status.DONE or not any(self._folders.values()):
            return
        from worker.objects.errors import ObjectsError
        from worker.objects.making import make_objects  # seconds, and only for those who want objects

        result = ScanResult.model_validate({"path": ""} | json.loads(json.dumps(analysis.report.to_dict())))
        try:
            files = make_objects(path.read_bytes(), result, self._release, analysis.images["overlay"])
        except ObjectsError as error:
            click.echo(f"{stem}: no objects written: {error}", err=True)
            return
        for name, content in files.items():
            self._save(name, stem, content)

    def summarise(self) -> None:
        """Say on stderr how many files lie where."""
        for folder, count in self._written.items():
            click.echo(f"Wrote {count} files to {folder}.", err=True)

    def _save(self, name: str, stem: str, content: bytes) -> None:
        folder = self._folders[name]
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / object_file(stem, name)).write_bytes(content)
            self._written[folder] += 1
