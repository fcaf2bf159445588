"""From one frame's stored bytes to its values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels.utils import pixel_array

from models.reading.codestream import stated_size
from models.reading.dicom_header import own_copy
from models.reading.gdcm_process import decode_apart

# Those that raise errors at damaged streams. What only GDCM reads, it reads in a process of its own.
_PLUGINS = {
    uid.JPEGBaseline8Bit: "pillow",
    uid.JPEGExtended12Bit: "pillow",
    uid.JPEG2000Lossless: "pylibjpeg",
    uid.JPEG2000: "pylibjpeg",
    uid.JPEGLSLossless: "pyjpegls",
    uid.JPEGLSNearLossless: "pyjpegls",
    uid.RLELossless: "pydicom",
}
_GDCMS = (uid.JPEGLossless, uid.JPEGLosslessSV1)


def decode(header: Dataset, keyword: str, representation: str, stored: bytes) -> NDArray[Any]:
    """Values (h, w) or (h, w, samples) of the one frame that `header` describes; colour as RGB.

    Raises what the decoders do, at whatever is damaged.
    """
    syntax = header.file_meta.TransferSyntaxUID
    if syntax.is_encapsulated:
        _check_codestream(header, stored)
    if syntax in _GDCMS or (syntax == uid.JPEGExtended12Bit and int(header.BitsStored) > 8):
        stored, syntax = decode_apart(header, stored), uid.ExplicitVRLittleEndian
        representation = "OW"
    header = _with_pixels(header, keyword, representation, stored, syntax)
    return np.asarray(pixel_array(header, decoding_plugin=_PLUGINS.get(syntax, "")))


def _check_codestream(header: Dataset, stored: bytes) -> None:
    """Before decoding: a compressed picture must be of the header's size."""
    if header.file_meta.TransferSyntaxUID == uid.RLELossless:
        return
    if stated_size(stored) != (int(header.Columns), int(header.Rows)):
        raise ValueError("the compressed picture is not of the size that the DICOM header states")


def _with_pixels(header: Dataset, keyword: str, representation: str, stored: bytes, syntax: uid.UID) -> Dataset:
    """The header with these pixels, for pydicom; encapsulated as one item where they are compressed."""
    whole = own_copy(header)
    whole.file_meta = FileMetaDataset()
    whole.file_meta.TransferSyntaxUID = syntax
    if syntax.is_encapsulated:
        stored = _as_item(b"") + _as_item(stored)
        representation = "OB"
    whole.add_new(keyword, representation, stored)
    whole[keyword].is_undefined_length = syntax.is_encapsulated
    return whole


def _as_item(value: bytes) -> bytes:
    return b"\xfe\xff\x00\xe0" + len(value).to_bytes(4, "little") + value
