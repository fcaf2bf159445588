"""The embedded Redis server."""

from __future__ import annotations

import os
import signal
import stat

import pytest
import redis

from shared.errors import StartError
from shared.processes import Child, wait_until
from shared.settings import Settings
from shared.stack import locked, redis_answers, redis_part
from shared.valkey import private_folder


@pytest.fixture
def start(tmp_path):
    """Start the server of some settings and wait for it; it is killed at the end of the test."""
    children = []

    def run(settings):
        children.append(Child(redis_part(settings), dict(os.environ), tmp_path / "redis.log"))
        assert wait_until(children[-1].is_ready, 20), children[-1].log_tail()
        return children[-1]

    yield run
    for child in children:
        child.kill()


def client_of(settings):
    return redis.Redis(unix_socket_path=str(settings.redis_socket), decode_responses=True)


def test_the_server_listens_on_a_private_unix_socket_only(settings, start):
    start(settings)
    assert stat.S_IMODE(settings.redis_socket.stat().st_mode) == 0o700
    with client_of(settings) as client:
        assert client.config_get("port") == {"port": "0"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_was_sent_survives_the_end_of_the_server(settings, start, number):
    child = start(settings)
    with client_of(settings) as client:
        client.rpush("routine", "message")
    child.process.send_signal(number)
    child.process.wait(10)
    assert not redis_answers(settings)
    start(settings)
    with client_of(settings) as client:
        assert client.lrange("routine", 0, -1) == ["message"]


def test_a_data_folder_too_deep_for_a_socket_gets_a_short_one(tmp_path, start):
    settings = Settings(data_dir=tmp_path / ("deep" * 30))
    start(settings)
    assert len(os.fsencode(settings.redis_socket)) < 100
    assert stat.S_IMODE(settings.redis_socket.parent.stat().st_mode) == 0o700
    settings.redis_socket.unlink()
    settings.redis_socket.parent.rmdir()


def test_settings_of_one_data_folder_agree_on_its_socket(tmp_path, monkeypatch):
    settings = Settings(data_dir=tmp_path / ("deep" * 30))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert Settings(data_dir=settings.data_dir).redis_socket == settings.redis_socket


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_that_belongs_to_somebody_else_is_refused(tmp_path):
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", 12345, 12345)
    with pytest.raises(StartError, match=r"not belong to this user alone.*\(it is .*/data\)") as caught:
        private_folder(tmp_path / "theirs", tmp_path / "data")
    assert "remove" not in str(caught.value)


def test_a_link_in_place_of_the_socket_folder_is_refused(tmp_path):
    (tmp_path / "ours").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "ours")
    with pytest.raises(StartError, match="does not belong to this user alone"):
        private_folder(tmp_path / "link", tmp_path / "data")


def test_a_data_folder_on_another_disk_may_be_linked_to(tmp_path, start):
    for name in ("data", "queue"):
        (tmp_path / "disk" / name).mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "disk" / "data")
    (tmp_path / "link" / "redis").symlink_to(tmp_path / "disk" / "queue")
    settings = Settings(data_dir=tmp_path / "link")
    with locked(settings.data_dir):
        start(settings)
    assert (tmp_path / "disk" / "queue" / "appendonlydir").is_dir()
    assert Settings(data_dir=tmp_path / "disk" / "data").redis_socket == settings.redis_socket


def test_a_folder_of_ours_that_others_can_enter_is_closed_to_them(tmp_path):
    (tmp_path / "data").mkdir(mode=0o755)
    private_folder(tmp_path / "data", tmp_path / "data")
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_a_folder_for_all_users_is_refused_and_left_as_it_is(tmp_path):
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp").chmod(0o1777)
    with pytest.raises(StartError, match="does not belong to this user alone"):
        private_folder(tmp_path / "tmp", tmp_path / "tmp")
    assert stat.S_IMODE((tmp_path / "tmp").stat().st_mode) == 0o1777


def test_a_file_in_place_of_the_data_folder_is_one_sentence(tmp_path):
    (tmp_path / "data").touch()
    with pytest.raises(StartError, match="data cannot be used"):
        private_folder(tmp_path / "data", tmp_path / "data")
