"""A watched folder: real files, a real store, and a process that is killed."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from sqlalchemy import select

from shared.blobs import FolderBlobs
from shared.database import Database
from shared.errors import DatabaseUnavailableError, SettingsError
from shared.processes import Child, Part, wait_until
from shared.settings import Settings
from shared.stack import environment, own_command
from shared.store.batches import close_batch
from shared.tables import ScanRow
from worker.watching.folder import WatchedFolder, checked_folder
from worker.watching.settling import STILL_LOOKS
from worker.watching.taking import Watch


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(sqlite_database, tmp_path, inbox):
    address = {"data_dir": tmp_path / "data", "database_url": sqlite_database}
    return Settings(**address, watch_dir=inbox, watch_seconds=0.1, max_file_mb=1)


@pytest.fixture
def database(settings):
    database = Database(settings.database_address)
    yield database
    database.dispose()


@pytest.fixture
def watch(settings, database):
    blobs = FolderBlobs(settings.blob_dir, settings.max_file_bytes)
    return Watch(WatchedFolder(settings.watch_dir), database, blobs, lambda arrived: None)


def put(inbox, name, content=b"a scan"):
    (inbox / name).parent.mkdir(parents=True, exist_ok=True)
    (inbox / name).write_bytes(content)


def rounds(watch, count=STILL_LOOKS + 1):
    return sum(watch.round() for _ in range(count))


def paths(database):
    with database.read() as session:
        return list(session.execute(select(ScanRow.batch_id, ScanRow.path).order_by(ScanRow.id)))


def kept(inbox, folder):
    return sorted(path.relative_to(inbox / folder).as_posix() for path in (inbox / folder).rglob("*") if path.is_file())


def test_files_become_scans_of_one_batch_and_are_moved_aside(watch, inbox, database):
    put(inbox, "one.dcm")
    put(inbox, "night/two.png", b"another")
    assert rounds(watch) == 2
    assert paths(database) == [(1, "one.dcm"), (1, "night/two.png")]
    assert kept(inbox, ".taken") == ["1/night/two.png", "1/one.dcm"]
    assert rounds(watch) == 0


def test_a_file_that_still_grows_is_left_until_it_stands_still(watch, inbox, database):
    for size in range(1, 6):
        put(inbox, "growing.dcm", b"x" * size)
        assert watch.round() == 0
    assert rounds(watch) == 1


def test_what_can_be_no_scan_stays_where_it_is(watch, inbox):
    for name in ("DICOMDIR", "notes.txt", "night.zip", ".hidden", "half.dcm.part", "empty.dcm"):
        put(inbox, name, b"" if name == "empty.dcm" else b"x")
    (inbox / "link.dcm").symlink_to(inbox / "notes.txt")
    before = sorted(os.listdir(inbox))
    assert rounds(watch) == 0
    assert sorted(os.listdir(inbox)) == before


def test_a_file_over_the_limit_is_put_aside_beside_an_older_one(watch, inbox):
    for _ in range(2):
        put(inbox, "huge.dcm", bytes(1024 * 1024 + 1))
        assert rounds(watch) == 0
    assert kept(inbox, ".refused") == ["huge.dcm", "huge.dcm.2"]


def test_the_same_file_put_in_again_is_the_scan_there_is_and_another_of_that_name_a_new_one(watch, inbox, database):
    for content in (b"a scan", b"a scan", b"another"):
        put(inbox, "one.dcm", content)
        rounds(watch)
    (_, first), (_, second) = paths(database)
    assert first == "one.dcm"
    assert second.startswith("one-")
    assert kept(inbox, ".taken") == sorted([f"1/{first}", f"1/{second}"])


def test_while_the_database_is_away_a_file_waits_and_a_newer_one_of_its_name_too(watch, inbox, database, monkeypatch):
    put(inbox, "one.dcm")
    with monkeypatch.context() as patched:
        patched.setattr("worker.watching.taking.take_in", away)
        assert rounds(watch) == 0
        put(inbox, "one.dcm", b"newer")
        assert rounds(watch) == 0
        assert kept(inbox, ".taking") == ["one.dcm"]
    assert rounds(watch) == 2
    assert len(paths(database)) == 2


def away(*_):
    raise DatabaseUnavailableError("The database does not answer.")


def test_a_file_that_was_committed_but_not_moved_is_not_taken_twice_even_if_its_batch_is_closed(watch, inbox, database):
    put(inbox, "one.dcm")
    rounds(watch)
    (inbox / ".taken/1/one.dcm").rename(inbox / ".taking/one.dcm")  # as a kill between the two leaves it
    with database.write() as session:
        close_batch(session, 1)
    assert watch.round() == 1
    assert paths(database) == [(1, "one.dcm")]
    assert kept(inbox, ".taken") == ["1/one.dcm"]


def test_an_unreadable_name_is_put_aside(watch, inbox, database):
    (inbox / "line\nbreak.dcm").write_bytes(b"x")
    assert rounds(watch) == 0
    assert kept(inbox, ".refused") == ["line\nbreak.dcm"]


def test_a_folder_is_watched_by_one_process(inbox):
    with (
        WatchedFolder(inbox).locked(),
        pytest.raises(SettingsError, match="Another process watches"),
        WatchedFolder(inbox).locked(),
    ):
        pytest.fail("it is watched twice")


def test_a_folder_that_holds_our_own_data_is_refused(settings, tmp_path):
    for bad in (tmp_path, settings.blob_dir):
        with pytest.raises(SettingsError, match="must not lie in each other"):
            checked_folder(settings.model_copy(update={"watch_dir": bad}))
    with pytest.raises(SettingsError, match="must be a folder"), WatchedFolder(tmp_path / "none").locked():
        pytest.fail("it is watched")


def test_killed_in_the_middle_it_takes_each_file_exactly_once(settings, inbox, database):
    for number in range(150):
        put(inbox, f"{number:03}.dcm", b"scan %d" % number)
    settings.data_dir.mkdir()
    first = started(settings)
    assert wait_until(lambda: len(paths(database)) >= 30, 30), first.log_tail()
    first.kill()
    with database.write() as session:
        close_batch(session, 1)
    second = started(settings)
    assert wait_until(lambda: len(kept(inbox, ".taken")) == 150, 30), second.log_tail()
    second.kill()
    assert Counter(path for _, path in paths(database)) == Counter(f"{number:03}.dcm" for number in range(150))
    assert len({batch for batch, _ in paths(database)}) == 2
    assert ".dcm" not in second.log.read_text()


def started(settings):
    part = Part("watch", own_command("watch"), frozenset({"watching"}))
    child = Child(part, environment(settings), settings.data_dir / "watch.log")
    assert wait_until(lambda: child.is_ready() or child.exit_code is not None, 60), child.log_tail()
    return child
