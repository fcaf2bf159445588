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
from shared.stack import redis_answers, redis_part
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
    with pytest.raises(StartError, match="belongs to another user"):
        private_folder(tmp_path / "theirs")
