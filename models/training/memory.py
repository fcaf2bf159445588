"""The C library keeps what training frees: the next step needs as much again."""

from __future__ import annotations

import ctypes

# Numbers of glibc's <malloc.h>.
TRIM_THRESHOLD, TOP_PAD, MMAP_MAX, ARENA_MAX = -1, -2, -4, -8
KEPT = 2**31 - 1  # bytes at the heap's end
STEP = 2**28  # bytes by which the heap grows


def keep_freed_memory() -> None:
    """For the rest of this process. Does nothing where the C library is not glibc.

    Large tensors are otherwise given back to the kernel and mapped again in every step: on two CPU cores that was
    0.4 of the time of training (docs/training.md).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for setting, value in ((MMAP_MAX, 0), (TRIM_THRESHOLD, KEPT), (TOP_PAD, STEP), (ARENA_MAX, 1)):
            mallopt(setting, value)
