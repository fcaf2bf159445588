"""The kinds of image that can be drawn, and the mix of them to try things with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from models.report import Kind
from models.synthetic.brain import generate_slice
from models.synthetic.chest import generate_chest
from models.synthetic.mammogram import generate_mammogram
from models.synthetic.scan import SyntheticScan

Generator: TypeAlias = Callable[..., SyntheticScan]
_GENERATORS: Mapping[Kind, Generator] = MappingProxyType(
    {Kind.BRAIN_MRI: generate_slice, Kind.MAMMOGRAM: generate_mammogram, Kind.CHEST_XRAY: generate_chest}
)
MIX = (Kind.BRAIN_MRI, Kind.MAMMOGRAM, Kind.BRAIN_MRI, Kind.CHEST_XRAY, Kind.BRAIN_MRI)
"""What a day's scans are made of, in turns."""


def generate_scan(kind: Kind, seed: int, bits: int = 8) -> SyntheticScan:
    """The scan of a seed, of the kind's usual size; bits is 8 or 16. The same arguments give the same pixels."""
    return _GENERATORS[kind](seed, bits=bits)
