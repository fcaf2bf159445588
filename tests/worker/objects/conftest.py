"""A result with chosen findings, scans that others wrote, and tools of others that judge what we make."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from shared.schemas import Finding, ImageInfo, Malignancy, Measurements, ModelInfo, ScanResult
from worker.objects.making import make_objects

RELEASE = "brain-mri-0.2.0-0123456789ab"


def finding_(
    x: int = 10, y: int = 20, width: int = 12, height: int = 8, unit: str = "mm", certain: bool = True
) -> Finding:
    """A reported glioma whose outline is a rectangle of pixel centres."""
    right, bottom = x + width - 1, y + height - 1
    return Finding(
        box=(x, y, right + 1, bottom + 1),
        score=0.91,
        reported=True,
        label="glioma",
        probabilities={"glioma": 0.9, "meningioma": 0.07, "pituitary": 0.03},
        certain=certain,
        malignancy=Malignancy(label="malignant", probability=0.85),
        measurements=Measurements(
            longest_diameter=14.25,
            short_axis=8.5,
            area=96.0,
            unit=unit,
            circularity=0.8,
            eccentricity=0.5,
            solidity=0.9,
            location="upper left quadrant of the head as displayed",
        ),
        contour=[(x, y), (x, bottom), (right, bottom), (right, y)],
    )


@pytest.fixture
def make_result() -> Callable[..., ScanResult]:
    """A function that makes a result with these findings, of an image of 64 x 64 pixels unless said otherwise."""

    def make(
        *findings: Finding, size: tuple[int, int] = (64, 64), caveats: tuple[str, ...] = (), **update: object
    ) -> ScanResult:
        result = ScanResult(
            path="ward/DOE JOHN/scan.dcm",
            status="done",
            kind="brain-mri",
            model=ModelInfo(name="brain-mri", version="0.2.0"),
            tumor_probability=0.97,
            urgency=0.66,
            image=ImageInfo(width=size[0], height=size[1], pixel_spacing_mm=(0.9, 0.9)),
            findings=list(findings),
            caveats=list(caveats),
        )
        return result.model_copy(update=update)

    return make


@pytest.fixture(scope="session")
def overlay() -> bytes:
    """A PNG in the place of the rendered picture, wider than high."""
    ramp = np.tile(np.arange(160, dtype=np.uint8), (120, 1))
    return encoded_(np.stack([ramp, ramp // 2, 255 - ramp], axis=-1), "PNG")


@pytest.fixture
def make(overlay: bytes) -> Callable[[bytes, ScanResult], dict[str, bytes]]:
    """`make(data, result)`: all objects of a scan."""
    return lambda data, result: make_objects(data, result, RELEASE, overlay)


def encoded_(pixels: np.ndarray, format: str, **options: object) -> bytes:
    """A picture file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format, **options)
    return buffer.getvalue()


def others_(name: str) -> bytes:
    """A file that comes with pydicom."""
    path = get_testdata_file(name)
    assert path is not None
    return Path(path).read_bytes()


def changed_(data: bytes, change: Callable[[pydicom.Dataset], object]) -> bytes:
    """A DICOM file after a change of its header, whatever the standard says of it."""
    header = pydicom.dcmread(io.BytesIO(data))
    with pydicom.config.disable_value_validation():
        change(header)
        buffer = io.BytesIO()
        header.save_as(buffer, enforce_file_format=False)
    return buffer.getvalue()


def parsed_(data: bytes) -> pydicom.Dataset:
    """What a file holds."""
    return pydicom.dcmread(io.BytesIO(data))


@pytest.fixture
def tool(tmp_path: Path) -> Callable[..., str]:
    """`tool("dsrdump", data)`: what a program of others says of a file; skips where it is not installed."""

    def run(name: str, data: bytes, *options: str) -> str:
        program = shutil.which(name)
        if program is None:
            pytest.skip(f"{name} is not installed: dciodvfy is in Debian's dicom3tools, dsrdump and dcmdump in dcmtk.")
        file = tmp_path / "object.dcm"
        file.write_bytes(data)
        done = subprocess.run([program, *options, str(file)], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0 or name == "dciodvfy", done.stderr
        return done.stdout + done.stderr

    return run


@pytest.fixture
def finding() -> Callable[..., Finding]:
    """The function `finding_`."""
    return finding_


@pytest.fixture
def encoded() -> Callable[..., bytes]:
    """The function `encoded_`."""
    return encoded_


@pytest.fixture
def others() -> Callable[..., bytes]:
    """The function `others_`."""
    return others_


@pytest.fixture
def changed() -> Callable[..., bytes]:
    """The function `changed_`."""
    return changed_


@pytest.fixture
def parsed() -> Callable[..., pydicom.Dataset]:
    """The function `parsed_`."""
    return parsed_
