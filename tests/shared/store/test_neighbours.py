"""Where a scan stands in its batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.errors import NotFoundError
from shared.store.claims import claim, finish
from shared.store.neighbours import Neighbours, neighbours

Call = Callable[..., Any]


def test_scans_stand_by_urgency_those_without_a_result_last(
    write: Call, read: Call, add: Call, new_batch: Call, result_of: Call
) -> None:
    batch = new_batch()
    low, high, waiting = add(3, batch)
    add(2)  # of another batch
    for claimed, urgency in zip(write(claim, [low, high], "w", 30), (0.1, 0.9), strict=True):
        write(finish, claimed, result_of(claimed, urgency))
    assert read(neighbours, high) == Neighbours(1, 3, None, low)
    assert read(neighbours, low) == Neighbours(2, 3, high, waiting)
    assert read(neighbours, waiting) == Neighbours(3, 3, low, None)


def test_scans_of_the_same_urgency_stand_by_id(write: Call, read: Call, add: Call, result_of: Call) -> None:
    ids = add(3)
    for claimed in write(claim, ids, "w", 30):
        write(finish, claimed, result_of(claimed, 0.5))
    assert [read(neighbours, scan_id).position for scan_id in ids] == [1, 2, 3]
    assert read(neighbours, ids[1]) == Neighbours(2, 3, ids[0], ids[2])


def test_a_scan_that_is_not_there_has_no_place(read: Call) -> None:
    with pytest.raises(NotFoundError):
        read(neighbours, 4711)
