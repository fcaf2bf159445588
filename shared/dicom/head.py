"""The beginning of a DICOM file (PS3.10, 7.1), for an object that came over the network without one."""

from __future__ import annotations

import struct

IMPLEMENTATION_UID = "2.25.173490694408316450132687762895145368866"
"""Says which software wrote a file; made from a UUID once (PS3.5, B.2)."""
IMPLEMENTATION_NAME = "ONCOQUEUE"
MANUFACTURER = "OncoQueue"
"""What objects that we make say of where they come from."""


def file_head(sop_class: str, sop_instance: str, syntax: str) -> bytes:
    """Preamble and meta information. It depends on nothing else: the same object sent twice gives the same bytes."""
    elements = b"".join(
        [
            struct.pack("<HH2s2xL", 0x0002, 0x0001, b"OB", 2) + b"\x00\x01",
            _text(0x0002, b"UI", sop_class),
            _text(0x0003, b"UI", sop_instance),
            _text(0x0010, b"UI", syntax),
            _text(0x0012, b"UI", IMPLEMENTATION_UID),
            _text(0x0013, b"SH", IMPLEMENTATION_NAME),
        ]
    )
    length = struct.pack("<HH2sHL", 0x0002, 0x0000, b"UL", 4, len(elements))
    return bytes(128) + b"DICM" + length + elements


def _text(element: int, vr: bytes, text: str) -> bytes:
    padding = b"\0" if vr == b"UI" else b" "
    value = text.encode("ascii")
    value += padding * (len(value) % 2)
    return struct.pack("<HH2sH", 0x0002, element, vr, len(value)) + value
