from __future__ import annotations

import numpy as np
import pytest

from models.gate.view import SIZE, view_of


@pytest.mark.parametrize("shape", [(64, 64), (128, 128), (2048, 1024), (40, 160)])
def test_any_image_is_seen_whole_in_one_square(shape: tuple[int, int]) -> None:
    image = np.zeros(shape, np.float32)
    image[: shape[0] // 2] = 0.3
    seen = view_of(image)
    assert seen.shape == (SIZE, SIZE)
    bright = seen > 0
    assert bright.sum() == pytest.approx(SIZE * SIZE / 2 * min(shape) / max(shape), rel=0.1)


def test_brightness_and_contrast_of_the_file_do_not_matter() -> None:
    image = np.random.default_rng(0).random((200, 200), np.float32)
    assert np.allclose(view_of(image), view_of(image * 0.2 + 0.5), atol=1e-3)
