"""Saving pictures under the names of their scans, and nowhere else."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from shared.paths import BadPathError, normalise_path

MAX_NAME_BYTES = 200


def overlay_file(folder: Path, scan_path: str, scan_id: int) -> Path:
    """Where the overlay of a scan is saved: below `folder` under the scan's path, or under its id.

    The path comes from a server, so it is not trusted: whatever it says, the file lies inside `folder`, also where
    links lie in the way.
    """
    fallback = folder / f"scan-{scan_id}.overlay.png"
    try:
        parts = normalise_path(scan_path).split("/")
    except BadPathError:
        return fallback
    if any(len(os.fsencode(part)) > MAX_NAME_BYTES for part in parts):
        return fallback
    file = folder.joinpath(*parts[:-1], f"{parts[-1]}.overlay.png")
    return file if file.parent.resolve().is_relative_to(folder.resolve()) else fallback


def save_bytes(file: Path, data: bytes) -> None:
    """Write a file whole or not at all, with its folders; a link of that name is replaced, not followed."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=".oncoqueue-", delete=False) as stream:
        try:
            stream.write(data)
            stream.close()
            Path(stream.name).replace(file)
        except BaseException:
            Path(stream.name).unlink(missing_ok=True)
            raise
