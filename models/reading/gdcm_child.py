"""The process that GDCM runs in: pictures in by stdin, plain pixels out by stdout. Run as a script, imports no other
module of ours, and ends with its parent, whose end closes stdin.

In: one line of JSON (syntax, columns, rows, samples, planar, photometric, allocated, stored, signed, length), then so
many bytes. Out: "+" and as many bytes as the layout needs, or "-" where the picture is damaged.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, BinaryIO

import gdcm


def decoded(layout: dict[str, Any], stream: bytes) -> bytes | None:
    """The picture's plain pixels; None where GDCM says that it is damaged."""
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(stream)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((layout["columns"], layout["rows"], 1))
    image.SetDataElement(element)
    photometric = gdcm.PhotometricInterpretation.GetPIType(layout["photometric"])
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(photometric))
    if layout["samples"] > 1:
        image.SetPlanarConfiguration(layout["planar"])
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(layout["syntax"])))
    stored = layout["stored"]
    image.SetPixelFormat(gdcm.PixelFormat(layout["samples"], layout["allocated"], stored, stored - 1, layout["signed"]))
    pixels = image.GetBuffer()
    if pixels is None:
        return None
    return pixels.encode("utf-8", errors="surrogateescape") if isinstance(pixels, str) else bytes(pixels)


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the requests end."""
    while line := requests.readline():
        layout = json.loads(line)
        pixels = decoded(layout, requests.read(layout["length"]))
        wanted = layout["columns"] * layout["rows"] * layout["samples"] * layout["allocated"] // 8
        answers.write(b"-" if pixels is None or len(pixels) != wanted else b"+" + pixels)
        answers.flush()


if __name__ == "__main__":
    # GDCM writes to stdout, where it would be taken for pixels.
    answering = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    serve(sys.stdin.buffer, answering)
