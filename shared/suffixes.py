"""What a file's name says of it, before anybody looks into it."""

from __future__ import annotations

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
NO_SCANS = frozenset({".pdf", ".docx", ".txt", ".csv", ".json", ".xml", ".html", ".py"})
IMAGES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".dcm", ".dicom"})
UNFINISHED = (".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload", "~")
DICOMDIR = "DICOMDIR"
"""The table of contents of a DICOM medium (PS3.10, 8): it names files, and is none itself."""


def is_archive(name: str) -> bool:
    """Whether a file of this name is an archive that we open."""
    return name.lower().endswith(ARCHIVES)


def is_dicomdir(name: str) -> bool:
    """Whether this is the name of a medium's table of contents."""
    return name.upper() == DICOMDIR
