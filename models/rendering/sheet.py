"""A sheet of a volume's slices side by side, with the lesions on them and the number of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.geometry import Frame
from models.rendering.canvas import Colour, Picture, fitted, grey_bytes, in_colour, png
from models.rendering.lettering import plate, stamp, stamp_corner
from models.rendering.outlines import Pen, draw_region, smooth_outline

TILE_SIDE = 144
COLUMNS, MOST_TILES = 6, 48
_NUMBER_SIZE, _GAP = 15, 4
_FRAME_COLOUR: Colour = (240, 240, 240)
_PEN = Pen(line=2, rim=3, dash=5, gap=4)


@dataclass(frozen=True, eq=False)
class SheetOutline:
    """A lesion on a slice: points (n, 2) in stored pixels, its colour, and whether the type is in doubt."""

    points: NDArray[np.float32]
    colour: Colour
    in_doubt: bool


@dataclass(frozen=True, eq=False)
class SheetSlice:
    """A slice of the sheet: its number, its tile as displayed, and the way there from (width, height) stored pixels."""

    number: int
    picture: NDArray[np.uint8]
    stored_size: tuple[int, int]
    orientation: int
    outlines: tuple[SheetOutline, ...]
    is_shown: bool


def tile(pixels: NDArray[np.float32]) -> NDArray[np.uint8]:
    """An image (h, w) in 0..1 as 8-bit grey, its longer side a tile's."""
    return grey_bytes(fitted(pixels, TILE_SIDE))


def render_sheet(slices: Sequence[SheetSlice], footer: str) -> bytes:
    """PNG bytes of at most 48 tiles in rows of 6; the slice that the other pictures show has a bright frame."""
    tiles = [_drawn(part) for part in slices[:MOST_TILES]]
    columns = min(COLUMNS, len(tiles))
    rows = -(-len(tiles) // columns)
    step = TILE_SIDE + _GAP
    sheet = np.zeros((rows * step + _GAP + 2 * _NUMBER_SIZE, columns * step + _GAP, 3), np.uint8)
    for place, picture in enumerate(tiles):
        top, left = _GAP + place // columns * step, _GAP + place % columns * step
        sheet[top : top + TILE_SIDE, left : left + TILE_SIDE] = picture
        if slices[place].is_shown:
            _frame(sheet, top, left)
    stamp_corner(sheet, footer)
    return png(sheet)


def spread(count: int, wanted: Sequence[int]) -> list[int]:
    """Which of `count` slices come on a sheet: the `wanted` ones first of all, the others evenly spread."""
    chosen = set(list(dict.fromkeys(wanted))[:MOST_TILES])
    for index in np.unique(np.linspace(0, count - 1, min(count, MOST_TILES)).round().astype(int)):
        if len(chosen) < MOST_TILES:
            chosen.add(int(index))
    return sorted(chosen)


def _drawn(part: SheetSlice) -> Picture:
    """A square tile, the slice in its middle."""
    height, width = part.picture.shape
    picture = in_colour(part.picture)
    frame = Frame(part.stored_size, part.orientation, (0, 0, *_displayed(part)), (width, height))
    for outline in part.outlines:
        placed = _on_tile(outline.points, frame)
        draw_region(picture, smooth_outline(placed, (1.0, 1.0)), outline.colour, outline.in_doubt, _PEN)
    square = np.zeros((TILE_SIDE, TILE_SIDE, 3), np.uint8)
    top, left = (TILE_SIDE - height) // 2, (TILE_SIDE - width) // 2
    square[top : top + height, left : left + width] = picture
    stamp(square, 0, 0, plate(str(part.number), _NUMBER_SIZE))
    return square


def _displayed(part: SheetSlice) -> tuple[int, int]:
    width, height = part.stored_size
    return (width, height) if part.orientation < 5 else (height, width)


def _on_tile(points: NDArray[np.float32], frame: Frame) -> NDArray[np.float64]:
    """Stored points as points of the tile."""
    inverse = np.linalg.inv(np.vstack([frame.matrix, [0, 0, 1]]))
    return np.asarray(points @ inverse[:2, :2].T + inverse[:2, 2], np.float64)


def _frame(sheet: Picture, top: int, left: int) -> None:
    bottom, right, thick = top + TILE_SIDE, left + TILE_SIDE, _GAP // 2
    sheet[top - thick : top, left - thick : right + thick] = _FRAME_COLOUR
    sheet[bottom : bottom + thick, left - thick : right + thick] = _FRAME_COLOUR
    sheet[top - thick : bottom + thick, left - thick : left] = _FRAME_COLOUR
    sheet[top - thick : bottom + thick, right : right + thick] = _FRAME_COLOUR
