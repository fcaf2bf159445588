"""Files that were scans once: whole ones of every format, damaged in many ways, each the same for its seed."""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pydicom
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from models.synthetic import draw_slice
from models.synthetic.dicom import dicom_bytes, dicom_header
from models.synthetic.volumes import draw_volume, enhanced_header, nifti_bytes

EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 10_000, 100_000)
HEADER_BYTES = 1200
"""Most of what decides how a file is read lies here."""


def whole_files() -> dict[str, bytes]:
    """A valid file of each kind of encoding, by its name."""
    scan = draw_slice(3, size=64, bits=16)
    header = dicom_header(scan, scan.pixels.astype(np.uint16))
    volume = draw_volume(3, 3, thickness=3, size=64)
    enhanced = enhanced_header(volume)
    packed = enhanced_header(volume)
    packed.compress(JPEG2000Lossless, generate_instance_uid=False)
    nifti = nifti_bytes(volume)
    return {
        "explicit.dcm": dicom_bytes(header),
        "bare.dcm": dicom_bytes(header)[132:],
        **{f"{syntax.keyword}.dcm": _compressed(syntax) for syntax in (JPEG2000Lossless, JPEGLSLossless, RLELossless)},
        **{f"{s.keyword}.dcm": _rewritten(s) for s in (ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian)},
        **{f"{name}.dcm": _published(name) for name in ("SC_rgb_jpeg_gdcm", "JPGExtended", "SC_rgb_jpeg_dcmtk")},
        "enhanced.dcm": dicom_bytes(enhanced),
        "enhanced-packed.dcm": dicom_bytes(packed),
        "head.nii": nifti,
        "head.nii.gz": gzip.compress(nifti, mtime=0),
        **{f"scan.{format.lower()}": _picture(format) for format in ("PNG", "JPEG", "TIFF", "BMP")},
    }


def mutants(count: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """`count` damaged files with names that say how to make each again; those of `bombs` are not among them."""
    wholes = list(whole_files().items())
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        name, content = wholes[number % len(wholes)]
        damaged = content
        for _ in range(rng.integers(1, 5)):
            damaged = DAMAGES[rng.integers(len(DAMAGES))](damaged, rng)
        yield f"{number:05}-{name}", damaged


def bombs() -> Mapping[str, bytes]:
    """Small files that promise much, or little that is absurd."""
    nifti = nifti_bytes(draw_volume(3, 3, thickness=3, size=64))
    return {
        "huge.png": _huge_png(),
        "huge.dcm": _changed(Rows=65_535, Columns=65_535),
        "huge.nii": _nifti2(100_000, 100_000, 1),
        "frames.dcm": _many_frames(),
        "promised-frames.dcm": _changed(NumberOfFrames=10_000),
        "many-slices.nii": _nifti2(64, 64, 10_000),
        "absurd.nii": _nifti2(2**40, 2**40, 2**40),
        "negative.nii": _nifti2(-64, 64, 3),
        "nan.nii": nifti[:280] + struct.pack("<12f", *[float("nan")] * 12) + nifti[328:],
        "infinite.nii": nifti[:76] + struct.pack("<8f", *[float("inf")] * 8) + nifti[108:],
        "scaled.nii": nifti[:112] + struct.pack("<2f", 3e38, -3e38) + nifti[120:],
        "offset.nii": nifti[:108] + struct.pack("<f", 1e30) + nifti[112:],
        "cut.nii.gz": gzip.compress(nifti, mtime=0)[:700],
        "bomb.nii.gz": gzip.compress(_nifti2(500, 500, 200)[:544] + bytes(110 << 20), 1, mtime=0),
        "bomb.gz": gzip.compress(bytes(64 << 20), 1, mtime=0),
        "deflated-bomb.dcm": _deflated_bomb(),
    }


def _cut(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: rng.integers(1, len(content))] if len(content) > 1 else content


def _flipped(content: bytes, rng: np.random.Generator) -> bytes:
    """A few bits anywhere, or in the header."""
    changed = bytearray(content)
    end = min(len(content), HEADER_BYTES) if rng.random() < 0.5 else len(content)
    for place in rng.integers(0, max(end, 1), rng.integers(1, 12)):
        changed[place] ^= 1 << rng.integers(8)
    return bytes(changed)


def _extreme(content: bytes, rng: np.random.Generator) -> bytes:
    """A number somewhere in the header becomes one that nobody expects."""
    size = int(rng.choice([1, 2, 4]))
    value = int(rng.choice(EXTREMES)) & (1 << 8 * size) - 1
    place = int(rng.integers(0, max(1, min(len(content), HEADER_BYTES) - size)))
    order = "little" if rng.random() < 0.7 else "big"
    return content[:place] + value.to_bytes(size, order) + content[place + size :]


def _without(content: bytes, rng: np.random.Generator) -> bytes:
    start, length = int(rng.integers(0, len(content))), int(rng.integers(1, 200))
    return content[:start] + content[start + length :] or b"\0"


def _repeated(content: bytes, rng: np.random.Generator) -> bytes:
    start, length = int(rng.integers(0, len(content))), int(rng.integers(1, 400))
    return content[: start + length] + content[start:]


def _inserted(content: bytes, rng: np.random.Generator) -> bytes:
    place = int(rng.integers(0, len(content)))
    return content[:place] + rng.bytes(int(rng.integers(1, 64))) + content[place:]


def _zeroed(content: bytes, rng: np.random.Generator) -> bytes:
    start, length = int(rng.integers(0, len(content))), int(rng.integers(1, 2000))
    return content[:start] + bytes(min(length, len(content) - start)) + content[start + length :]


Damage = Callable[[bytes, np.random.Generator], bytes]
DAMAGES: tuple[Damage, ...] = (_cut, _flipped, _flipped, _extreme, _extreme, _without, _repeated, _inserted, _zeroed)


def _header() -> pydicom.FileDataset:
    scan = draw_slice(3, size=64, bits=16)
    return dicom_header(scan, scan.pixels.astype(np.uint16))


def _compressed(syntax: pydicom.uid.UID) -> bytes:
    header = _header()
    header.compress(syntax, generate_instance_uid=False)
    return dicom_bytes(header)


def _rewritten(syntax: pydicom.uid.UID) -> bytes:
    header = _header()
    header.file_meta.TransferSyntaxUID = syntax
    header["PixelData"].VR = "OW"
    return dicom_bytes(header)


def _published(name: str) -> bytes:
    """A file of pydicom's, named as a kind that is read."""
    header = pydicom.dcmread(str(get_testdata_file(f"{name}.dcm", download=False)))
    header.Modality, header.BodyPartExamined = "MR", "HEAD"
    return dicom_bytes(header)


def _picture(format: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(draw_slice(3, size=64).pixels).save(buffer, format)
    return buffer.getvalue()


def _changed(**elements: int) -> bytes:
    header = _header()
    for keyword, value in elements.items():
        setattr(header, keyword, value)
    return dicom_bytes(header)


def _many_frames() -> bytes:
    header = _header()
    header.set_pixel_data(np.zeros((10_000, 32, 32), np.uint8), "MONOCHROME2", 8, generate_instance_uid=False)
    return dicom_bytes(header)


def _huge_png() -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    body = b"IDAT" + zlib.compress(bytes(1000))
    chunks = (struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in (head, body, b"IEND"))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _nifti2(columns: int, rows: int, slices: int) -> bytes:
    head = bytearray(544)
    head[:12] = struct.pack("<i", 540) + b"n+2\0\r\n\x1a\n"
    head[12:16] = struct.pack("<hh", 4, 16)
    head[16:80] = struct.pack("<8q", 3, columns, rows, slices, 1, 1, 1, 1)
    head[104:168] = struct.pack("<8d", *[1.0] * 8)
    head[168:176] = struct.pack("<q", 544)
    return bytes(head) + bytes(4096)


def _deflated_bomb() -> bytes:
    whole = _rewritten(DeflatedExplicitVRLittleEndian)
    start = 144 + int.from_bytes(whole[140:144], "little")
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = zlib.decompress(whole[start:], -zlib.MAX_WBITS)
    return whole[:start] + packer.compress(body + bytes(400 << 20)) + packer.flush()
