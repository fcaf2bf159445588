"""Pictures of other kinds, drawn: one function a picture, from a random generator to uint8 (height, width)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from models.training.gate.made_up.ct import draw_body_ct, draw_head_ct
from models.training.gate.made_up.documents import draw_page, draw_window
from models.training.gate.made_up.drawings import draw_cartoon, draw_doodle, draw_shapes
from models.training.gate.made_up.figures import draw_chart, draw_code
from models.training.gate.made_up.limbs import draw_hand, draw_limb, draw_spine, draw_trunk
from models.training.gate.made_up.patterns import draw_noise, draw_pattern, draw_plain
from models.training.gate.made_up.ultrasound import draw_ultrasound

Drawer = Callable[[np.random.Generator], np.ndarray]

DRAWERS: Mapping[str, tuple[str, Drawer]] = MappingProxyType(
    {
        "noise": ("pattern", draw_noise),
        "plain": ("pattern", draw_plain),
        "pattern": ("pattern", draw_pattern),
        "page": ("document", draw_page),
        "window": ("document", draw_window),
        "chart": ("document", draw_chart),
        "code": ("document", draw_code),
        "shapes": ("drawing", draw_shapes),
        "cartoon": ("drawing", draw_cartoon),
        "doodle": ("drawing", draw_doodle),
        "head-ct": ("ct", draw_head_ct),
        "body-ct": ("ct", draw_body_ct),
        "limb": ("body-part", draw_limb),
        "hand": ("body-part", draw_hand),
        "spine": ("body-part", draw_spine),
        "trunk": ("body-part", draw_trunk),
        "ultrasound": ("body-part", draw_ultrasound),
    }
)
"""Kind of picture -> (class of the gate, how it is drawn)."""
