from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from shared.database import Database
from shared.states import Priority
from shared.store import forecast as module
from shared.store.batches import get_batch
from shared.store.claims import claim, fail, finish
from shared.store.forecast import Forecast, Speed, ended_within, forecast, speed_lately, time_range
from shared.tables import BatchRow, ScanRow

Call = Callable[..., Any]


@pytest.fixture
def told(read: Call) -> Callable[[int], Forecast]:
    """The forecast for a batch."""
    return lambda batch_id: read(forecast, read(get_batch, batch_id))


@pytest.fixture
def end(write: Call, result_of: Call) -> Callable[[list[int]], None]:
    """Let scans be done, now."""

    def run(scan_ids: list[int]) -> None:
        for claimed in write(claim, scan_ids, "w", 30):
            write(finish, claimed, result_of(claimed))

    return run


@pytest.fixture
def earlier(database: Database) -> Call:
    """Let everything have happened so many seconds earlier."""

    def run(seconds: float) -> None:
        with database.write() as session:
            for row, columns in ((ScanRow, ["updated_at"]), (BatchRow, ["created_at"])):
                for number, *times in session.query(row.id, *(getattr(row, name) for name in columns)):
                    moved: dict[str, datetime] = {
                        name: time - timedelta(seconds=seconds) for name, time in zip(columns, times, strict=True)
                    }
                    session.execute(update(row).where(row.id == number).values(moved))

    return run


def test_a_batch_of_which_nothing_remains_needs_no_time(told: Call, new_batch: Call) -> None:
    assert told(new_batch()) == Forecast(ahead=0, remaining=0, per_minute=None, low_seconds=0, high_seconds=0)


def test_scans_ahead_are_urgent_ones_and_routine_ones_with_lower_ids(told: Call, add: Call, new_batch: Call) -> None:
    before, own, after = new_batch(), new_batch(), new_batch()
    urgent = new_batch(Priority.URGENT)
    add(3, before)
    add(5, own)
    add(7, after)
    add(2, urgent, Priority.URGENT)
    assert told(own).ahead == 3 + 2
    assert told(own).remaining == 5
    assert told(urgent).ahead == 0
    assert told(after).ahead == 3 + 5 + 2


def test_scans_that_run_or_have_ended_are_not_ahead(told: Call, add: Call, new_batch: Call, write: Call) -> None:
    before, own = new_batch(), new_batch()
    first = add(3, before)
    ours = add(2, own)
    [running, failing] = write(claim, first[:2], "w", 30)
    write(fail, failing, "The disk is full.")
    assert told(own).ahead == 1
    write(claim, ours, "w", 30)
    assert (told(own).ahead, told(own).remaining) == (0, 2)
    assert running.scan_id == first[0]


def test_no_time_is_told_where_nothing_ended_lately(told: Call, add: Call, new_batch: Call, end: Call) -> None:
    add(3, own := new_batch())
    found = told(own)
    assert (found.per_minute, found.low_seconds, found.high_seconds) == (None, None, None)


def test_ends_of_long_ago_tell_nothing(told: Call, add: Call, new_batch: Call, end: Call, earlier: Call) -> None:
    ids = add(30, own := new_batch())
    end(ids[:20])
    assert told(own).per_minute is not None
    earlier(3600)
    assert told(own).per_minute is None


def test_the_time_left_is_what_is_ahead_and_remains_at_the_speed_of_late(
    told: Call, add: Call, new_batch: Call, end: Call, earlier: Call, read: Call
) -> None:
    ids = add(40, new_batch())
    add(10, own := new_batch())
    end(ids[:20])
    earlier(100)
    found = told(own)
    assert found.per_minute == pytest.approx(20 / 100 * 60, rel=0.05)
    expected = (20 + 10) / 20 * 100
    assert expected / 2 < found.low_seconds < expected < found.high_seconds < expected * 2
    assert read(ended_within, 60) == 0
    assert read(ended_within, 200) == 20


def test_a_new_batch_is_not_called_slow_for_the_time_before_it_came(
    read: Call, add: Call, new_batch: Call, end: Call, database: Database
) -> None:
    end(add(12, new_batch()))
    with database.read() as session:
        created = session.query(BatchRow.created_at).scalar()
    assert read(speed_lately).seconds == 120
    assert read(speed_lately, created).seconds < 60


def test_few_ends_make_the_short_window_a_long_one(
    read: Call, add: Call, new_batch: Call, end: Call, earlier: Call
) -> None:
    ids = add(20, new_batch())
    end(ids[:10])
    earlier(200)
    end(ids[10:15])
    assert (read(speed_lately).ends, read(speed_lately).seconds) == (15, 600)
    end(ids[15:])
    assert (read(speed_lately).ends, read(speed_lately).seconds) == (10, 120)


def test_a_queue_longer_than_is_counted_gets_no_time(
    told: Call, add: Call, new_batch: Call, end: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = add(8, new_batch())
    add(3, own := new_batch())
    end(ids[:1])
    monkeypatch.setattr(module, "COUNT_LIMIT", 5)
    found = told(own)
    assert (found.ahead, found.remaining) == (5, 3)
    assert found.per_minute is not None
    assert found.low_seconds is None


@pytest.mark.parametrize(
    ("ends", "low", "high"),
    # R: qgamma(0.1, n) and qgamma(0.9, n + 1), the exact range of a Poisson mean.
    [(1, 0.1054, 3.890), (4, 1.745, 7.994), (20, 14.53, 27.05)],
)
def test_the_range_is_that_of_a_poisson_mean(ends: int, low: float, high: float) -> None:
    shortest, longest = time_range(100, Speed(ends, 60))
    assert shortest == pytest.approx(100 * 60 / high, rel=0.03)
    assert longest == pytest.approx(100 * 60 / low, rel=0.08)


def test_many_ends_make_a_narrow_range_but_never_a_point() -> None:
    low, high = time_range(100, Speed(100_000, 100))
    assert low == pytest.approx(0.1 / 1.1)
    assert high == pytest.approx(0.1 / 0.9)
