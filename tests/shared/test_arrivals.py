"""Scans that arrive one by one, on SQLite and on PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.arrivals import KEY_PREFIX, Source, instance_path, other_version, study_source, take_in
from shared.paths import BadPathError
from shared.schemas import BatchCreate
from shared.store.adding import NewScan
from shared.store.batches import close_batch, close_quiet_batches, create_batch, get_batch, list_batches

SOURCE = study_source("1.2.3", "PACS")


def scan(path, content="a"):
    return NewScan(path, content * 64, 10)


def test_scans_of_one_source_share_a_batch_and_use_up_no_ids(database):
    for number in range(3):
        assert take_in(database, SOURCE, scan(f"{number}.dcm")).batch_id == 1
    assert take_in(database, study_source("1.2.4", "PACS"), scan("0.dcm")).batch_id == 2


def test_after_its_batch_was_closed_a_source_gets_another(database):
    take_in(database, SOURCE, scan("a.dcm"))
    with database.write() as session:
        close_batch(session, 1)
    assert take_in(database, SOURCE, scan("a.dcm")).batch_id == 2


def test_the_same_file_again_is_the_scan_there_is_and_another_of_that_path_a_new_one(database):
    first = take_in(database, SOURCE, scan("s/a.dcm"))
    assert take_in(database, SOURCE, scan("s/a.dcm")) == first
    second = take_in(database, SOURCE, scan("s/a.dcm", "b"))
    assert second.path == "s/a-bbbbbbbb.dcm"
    assert take_in(database, SOURCE, scan("s/a.dcm", "b")) == second


def test_many_at_once_make_one_batch(database):
    with ThreadPoolExecutor(8) as pool:
        arrived = list(pool.map(lambda number: take_in(database, SOURCE, scan(f"{number}")), range(24)))
    (batch_id,) = {one.batch_id for one in arrived}  # Whoever lost the race for it used up an id on PostgreSQL.
    with database.read() as session:
        assert get_batch(session, batch_id).total == 24
        assert len(list_batches(session).items) == 1


def test_a_path_that_no_batch_takes_is_refused(database):
    with pytest.raises(BadPathError, match="longer than 2000 bytes"):
        take_in(database, SOURCE, scan("x" * 3000))


def test_arrivals_are_closed_sooner_than_what_somebody_submits(database):
    take_in(database, SOURCE, scan("a.dcm"))
    with database.write() as session:
        create_batch(session, BatchCreate(name="submitted", client_key="arrivalX"))
        create_batch(session, BatchCreate(name="without a key"))
        assert close_quiet_batches(session, 0, key_prefix=KEY_PREFIX) == [1]
    with database.read() as session:
        assert [batch.state for batch in list_batches(session).items] == ["open", "open", "closed"]


def test_neither_batch_nor_path_shows_a_uid():
    shown = SOURCE.key + SOURCE.name + instance_path("1.2.3.4", "1.2.3.4.5")
    assert "1.2.3" not in shown
    assert study_source("1.2.3", "PACS") == SOURCE
    assert study_source("1.2.3", "SCANNER") != SOURCE
    assert isinstance(SOURCE, Source)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a/b.dcm", "a/b-01234567.dcm"), ("b", "b-01234567"), ("a.b/c", "a.b/c-01234567"), ("a/.b", "a/b-01234567")],
)
def test_another_version_keeps_folder_and_suffix(path, expected):
    assert other_version(path, "0123456789") == expected
