from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.errors import ScanRejectedError
from models.gate.rules import choose_kind
from models.reading import Scan
from models.report import Kind

GREY = Scan(np.zeros((100, 100), np.float32), 1, None, None, None, 0.0, "PNG")


def test_a_grey_image_of_unknown_kind_is_taken_as_brain_mri() -> None:
    assert choose_kind(GREY, None) is Kind.BRAIN_MRI


def test_the_header_decides_the_kind_and_a_kind_without_a_model_is_refused() -> None:
    with pytest.raises(ScanRejectedError, match=r"no model for this kind of image in this release: mammogram"):
        choose_kind(replace(GREY, kind=Kind.MAMMOGRAM), None, readable={Kind.BRAIN_MRI})


def test_a_kind_that_contradicts_the_header_is_refused() -> None:
    with pytest.raises(ScanRejectedError, match="header says chest X-ray, not brain MRI"):
        choose_kind(replace(GREY, kind=Kind.CHEST_XRAY), Kind.BRAIN_MRI)


def test_a_colour_picture_is_refused() -> None:
    with pytest.raises(ScanRejectedError, match="colour picture"):
        choose_kind(replace(GREY, colourfulness=0.6), None)


def test_a_strip_is_refused() -> None:
    with pytest.raises(ScanRejectedError, match="500 x 100"):
        choose_kind(replace(GREY, pixels=np.zeros((100, 500), np.float32)), None)
