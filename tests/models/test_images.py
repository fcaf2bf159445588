"""PNG, JPEG, TIFF and BMP: what is read, and what is rejected with which reason."""

from __future__ import annotations

import contextlib
import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from models.errors import ScanRejectedError
from models.reading import read_scan

GREY = (np.add.outer(np.arange(48), np.arange(64)) * 2).astype(np.uint8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file name that says nothing about the content."""
    return tmp_path / "scan.dat"


def _saved(path: Path, image: Image.Image, format: str, **options: Any) -> Path:
    image.save(path, format, **options)
    return path


def _reason(path: Path, content: bytes | None = None, max_pixels: int = 100_000_000) -> str:
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ScanRejectedError) as rejection:
        read_scan(path, max_pixels)
    return rejection.value.reason


def _encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP"])
def test_eight_bit_grey_is_value_over_255(path: Path, format: str) -> None:
    scan = read_scan(_saved(path, Image.fromarray(GREY), format))
    np.testing.assert_allclose(scan.pixels, GREY / 255, atol=1e-6)
    assert scan.pixels.dtype == np.float32
    assert (scan.format, scan.orientation, scan.kind, scan.colourfulness) == (format, 1, None, 0)


def test_a_jpeg_is_read_whatever_its_name(tmp_path: Path) -> None:
    scan = read_scan(_saved(tmp_path / "wrong.png", Image.fromarray(GREY), "JPEG", quality=95))
    assert scan.format == "JPEG"
    np.testing.assert_allclose(scan.pixels, GREY / 255, atol=0.03)


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bit_is_stretched_to_its_own_range(path: Path, format: str) -> None:
    values = GREY.astype(np.uint16) * 5 + 1000
    pixels = read_scan(_saved(path, Image.fromarray(values), format)).pixels
    assert pixels.min() == 0
    assert pixels.max() == 1
    np.testing.assert_allclose(pixels, GREY / GREY.max(), atol=0.02)


def test_a_few_hot_pixels_do_not_darken_a_sixteen_bit_image(path: Path) -> None:
    values = np.tile(GREY.astype(np.uint16), (6, 6))
    values[0, :3] = 65535
    pixels = read_scan(_saved(path, Image.fromarray(values), "PNG")).pixels
    assert np.median(pixels) == pytest.approx(np.median(GREY) / GREY.max(), abs=0.05)


def test_nan_and_infinity_in_a_float_tiff_become_black_and_white(path: Path) -> None:
    values = GREY.astype(np.float32)
    values[0, 0], values[1, 1], values[2, 2] = np.nan, np.inf, -np.inf
    pixels = read_scan(_saved(path, Image.fromarray(values), "TIFF")).pixels
    assert np.isfinite(pixels).all()
    assert (pixels[0, 0], pixels[1, 1], pixels[2, 2]) == (0, 1, 0)


def test_a_float_tiff_without_a_finite_value_is_rejected(path: Path) -> None:
    _saved(path, Image.fromarray(np.full((40, 40), np.nan, np.float32)), "TIFF")
    assert _reason(path) == "The image holds no finite pixel value."


def test_one_bit_images_become_black_and_white(path: Path) -> None:
    pixels = read_scan(_saved(path, Image.fromarray(GREY > 100), "PNG")).pixels
    np.testing.assert_array_equal(pixels, GREY > 100)


def test_a_grey_palette_is_looked_up(path: Path) -> None:
    image = Image.fromarray(GREY).convert("P")
    np.testing.assert_allclose(read_scan(_saved(path, image, "PNG")).pixels, GREY / 255, atol=0.01)


def test_colour_becomes_luma_and_is_told(path: Path) -> None:
    colour = np.zeros((48, 64, 3), np.uint8)
    colour[:, :20, 0], colour[:, 20:40, 1], colour[:, 40:, 2] = 255, 255, 255
    scan = read_scan(_saved(path, Image.fromarray(colour), "PNG"))
    np.testing.assert_allclose(scan.pixels[0, [0, 30, 50]], (0.299, 0.587, 0.114), atol=0.01)
    assert scan.colourfulness > 0.5


def test_a_tinted_film_is_not_colourful(path: Path) -> None:
    tinted = (GREY[..., None] * np.array([0.7, 0.8, 1.0])).astype(np.uint8)
    assert read_scan(_saved(path, Image.fromarray(tinted), "PNG")).colourfulness < 0.02


def test_transparent_pixels_are_black(path: Path) -> None:
    alpha = np.full(GREY.shape, 255, np.uint8)
    alpha[:, :10] = 0
    image = Image.merge("LA", (Image.fromarray(GREY + 50), Image.fromarray(alpha)))
    pixels = read_scan(_saved(path, image, "PNG")).pixels
    assert (pixels[:, :10] == 0).all()
    np.testing.assert_allclose(pixels[:, 10:], (GREY + 50)[:, 10:] / 255, atol=0.01)


def test_a_wide_tiff_where_white_is_zero_is_inverted(path: Path) -> None:
    _saved(path, Image.fromarray(GREY.astype(np.uint16) * 100), "TIFF", tiffinfo={262: 0})
    pixels = read_scan(path).pixels
    assert pixels[0, 0] == 1
    assert pixels[-1, -1] == 0


@pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_exif_orientation_is_told_and_the_pixels_stay_as_stored(path: Path, format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    scan = read_scan(_saved(path, Image.fromarray(GREY), format, exif=exif))
    assert scan.orientation == orientation
    assert scan.pixels.shape == GREY.shape
    np.testing.assert_allclose(scan.pixels, GREY / 255, atol=0.03)


def test_an_orientation_behind_the_pixels_of_a_png_is_found(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    content = _encoded(Image.fromarray(GREY), "PNG", exif=exif)
    start = content.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(content[start : start + 4], "big")
    last = content.index(b"IEND") - 4
    path.write_bytes(content[:start] + content[end:last] + content[start:end] + content[last:])
    assert read_scan(path).orientation == 8


def test_a_dpi_field_is_not_taken_for_pixel_spacing(path: Path) -> None:
    scan = read_scan(_saved(path, Image.fromarray(GREY), "TIFF", dpi=(300, 300)))
    assert scan.spacing_mm is None
    assert scan.spacing_source is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty (0 bytes)."),
        (b"Dear colleague, see the attached scan.", "The file is text, not an image."),
        ("Überweisung: grün".encode(), "The file is text, not an image."),
        (bytes(5000), "The file is nothing but zero bytes, not an image."),
        (b"%PDF-1.7\n\x80\x81", "The file is a PDF document."),
        (b"GIF89a\x01\x00", "The file is a GIF, which is not read; save it as PNG."),
        (
            bytes(range(128, 256)) * 9,
            "The file is not an image that can be read (PNG, JPEG, TIFF, BMP, DICOM and NIfTI are).",
        ),
    ],
)
def test_what_is_no_image_is_named_for_what_it_is(path: Path, content: bytes, reason: str) -> None:
    assert _reason(path, content) == reason


def test_a_zip_archive_is_rejected_as_one(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("scan.png", _encoded(Image.fromarray(GREY), "PNG"))
    assert _reason(path) == "The file is a ZIP archive; unpack it and submit the images in it."


def test_a_missing_file_is_rejected(tmp_path: Path) -> None:
    assert _reason(tmp_path / "nowhere.png") == "There is no file at this path."


def test_a_directory_is_rejected(tmp_path: Path) -> None:
    assert _reason(tmp_path) == "This is a directory, not a file."


@pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "BMP"])
@pytest.mark.parametrize("share", [0.1, 0.6, 0.9])
def test_a_truncated_image_is_rejected_by_its_format(path: Path, format: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (100, 100)).astype(np.uint8)
    whole = _encoded(Image.fromarray(noise), format)
    assert _reason(path, whole[: int(len(whole) * share)]).startswith(f"The {format} file is ")


def test_flipped_bytes_end_in_a_rejection_or_a_scan_and_nothing_else(path: Path) -> None:
    rng, read = np.random.default_rng(5), 0
    for format in ("PNG", "JPEG", "TIFF", "BMP"):
        whole = np.frombuffer(_encoded(Image.fromarray(GREY), format), np.uint8)
        for _ in range(60):
            damaged = whole.copy()
            damaged[rng.integers(0, min(len(whole), 800), 4)] = rng.integers(0, 256, 4)
            path.write_bytes(damaged.tobytes())
            with contextlib.suppress(ScanRejectedError):
                assert np.isfinite(read_scan(path, 1_000_000).pixels).all()
                read += 1
    assert 0 < read < 4 * 60


def test_a_decompression_bomb_is_rejected_by_its_header(path: Path) -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    data = zlib.compress(bytes(10_000))
    body = struct.pack(">I", len(data)) + b"IDAT" + data + struct.pack(">I", zlib.crc32(b"IDAT" + data))
    assert "60000 x 60000 pixels; at most 100,000,000" in _reason(path, b"\x89PNG\r\n\x1a\n" + chunk + body)


def test_the_size_limit_is_the_callers(path: Path) -> None:
    _saved(path, Image.fromarray(GREY), "PNG")
    assert (
        _reason(path, max_pixels=48 * 64 - 1)
        == "The image is too large: 64 x 48 pixels; at most 3,071 pixels are read."
    )
    assert read_scan(path, max_pixels=48 * 64).pixels.shape == (48, 64)


def test_a_thumbnail_is_too_small(path: Path) -> None:
    _saved(path, Image.fromarray(GREY[:31]), "PNG")
    assert _reason(path) == "The image is too small: 64 x 31 pixels; at least 32 x 32 are needed."


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_blank_image_is_rejected(path: Path, dtype: type) -> None:
    _saved(path, Image.fromarray(np.full((40, 40), 77, dtype)), "PNG")
    assert _reason(path) == "The image is blank: all its pixels have the same value."


def test_a_tiff_of_several_pages_is_rejected(path: Path) -> None:
    page = Image.fromarray(GREY)
    _saved(path, page, "TIFF", save_all=True, append_images=[page, page])
    assert _reason(path) == "The TIFF file holds 3 pictures; one picture a file can be read."


def test_an_animated_png_is_rejected(path: Path) -> None:
    _saved(path, Image.fromarray(GREY), "PNG", save_all=True, append_images=[Image.fromarray(255 - GREY)])
    assert _reason(path) == "The PNG file holds 2 pictures; one picture a file can be read."


def test_damaged_exif_does_not_cost_the_picture(path: Path) -> None:
    _saved(path, Image.fromarray(GREY), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert read_scan(path).orientation == 1


def test_an_error_of_the_disk_is_no_fault_of_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _saved(path, Image.fromarray(GREY), "PNG")

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", fail)
    with pytest.raises(OSError, match="Input/output"):
        read_scan(path)
