"""Starting, tending and stopping the parts, with small parts beside a real Redis."""

from __future__ import annotations

import os
import signal
import socket
import sys

import psutil
import pytest

from shared import stack as stack_module
from shared.errors import StartError
from shared.processes import Part, wait_until
from shared.settings import Settings
from shared.stack import PartDiedError, environment, running_stack, with_port

LASTS = "import time; from shared.processes import announce; announce('on'); time.sleep(60)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + LASTS
STOPS_SLOWLY = "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(1), print('bye'), sys.exit())); "
SLOW = "import signal, sys, time; " + STOPS_SLOWLY + LASTS


def part(name, code, *tokens):
    return Part(name, (sys.executable, "-c", code), frozenset(tokens))


def only(*parts):
    return lambda settings: list(parts)


def children():
    return [child for child in psutil.Process().children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE]


def pid_of(stack, name):
    return next(child.process.pid for child in stack.children if child.part.name == name)


@pytest.fixture(autouse=True)
def _nothing_is_left_running():
    before = {child.pid for child in children()}
    yield
    assert {child.pid for child in children()} <= before


def test_all_parts_run_inside_the_block_and_none_after_it(settings):
    with running_stack(settings, only(part("one", LASTS, "on"), part("two", LASTS, "on"))) as stack:
        pids = [child.process.pid for child in stack.children]
        assert len(pids) == 3
        assert all(psutil.pid_exists(pid) for pid in pids)
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_a_part_that_dies_at_start_is_named_with_the_end_of_its_log_and_the_rest_is_stopped(settings):
    broken = part("broken", "raise SystemExit('no models here')", "on")
    with (
        pytest.raises(StartError, match=r"(?s)broken did not start: exit code 1.*no models here"),
        running_stack(settings, only(part("fine", LASTS, "on"), broken)),
    ):
        pytest.fail("the stack came up")


def test_a_part_that_never_becomes_ready_stops_the_start(settings, monkeypatch):
    monkeypatch.setattr(stack_module, "START_SECONDS", 3)
    with (
        pytest.raises(StartError, match="slow did not start: not ready after 3 s"),
        running_stack(settings, only(part("slow", LASTS, "on", "more"))),
    ):
        pytest.fail("the stack came up")


def test_a_database_that_is_away_stops_the_start(settings):
    away = settings.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:1/none"})
    with pytest.raises(StartError, match="database did not start"), running_stack(away, only()):
        pytest.fail("the stack came up")


def test_a_redis_that_is_away_stops_the_start(settings, monkeypatch):
    monkeypatch.setattr(stack_module, "START_SECONDS", 1)
    away = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    with pytest.raises(StartError, match="redis did not start"), running_stack(away, only()):
        pytest.fail("the stack came up")


def test_with_a_redis_of_ones_own_none_is_started(settings, redis_url):
    theirs = settings.model_copy(update={"redis_url": redis_url})
    with running_stack(theirs, only(part("one", LASTS, "on"))) as stack:
        assert [child.part.name for child in stack.children] == ["one"]


def test_a_second_stack_on_the_same_folder_is_refused(settings):
    with (
        running_stack(settings, only()),
        pytest.raises(StartError, match=f"already runs on .* \\(process {os.getpid()}\\)"),
        running_stack(settings, only()),
    ):
        pytest.fail("the second stack came up")
    with running_stack(settings, only()):
        pass


def test_a_part_that_dies_later_is_started_again(settings):
    with running_stack(settings, only(part("one", LASTS, "on"))) as stack:
        before = pid_of(stack, "one")
        os.kill(before, signal.SIGKILL)
        assert wait_until(lambda: psutil.Process(before).status() == psutil.STATUS_ZOMBIE, 5)
        assert stack.tend() == [f"one died (killed by signal 9) and was started again: see {stack.logs / 'one.log'}"]
        assert pid_of(stack, "one") != before
        assert stack.tend() == []


def test_a_part_that_keeps_dying_ends_the_stack(settings, monkeypatch):
    monkeypatch.setattr(stack_module, "MAX_RESTARTS", 2)
    dies = part("dies", LASTS.replace("60", "0.5") + "; print('out of luck')", "on")

    def tend_for_ever(stack):
        while True:
            stack.tend()

    with (
        pytest.raises(PartDiedError, match=r"(?s)dies stopped: it died 3 times.*out of luck"),
        running_stack(settings, only(part("one", LASTS, "on"), dies)) as stack,
    ):
        tend_for_ever(stack)


def test_a_part_that_does_not_stop_is_killed(settings, monkeypatch):
    monkeypatch.setattr(stack_module, "STOP_SECONDS", 0.3)
    with running_stack(settings, only(part("deaf", DEAF, "on"))) as stack:
        pid = pid_of(stack, "deaf")
    assert not psutil.pid_exists(pid)


def test_with_a_redis_of_ones_own_every_part_has_its_time_to_stop(settings, redis_url, monkeypatch):
    monkeypatch.setattr(stack_module, "REDIS_STOP_SECONDS", 0.1)
    theirs = settings.model_copy(update={"redis_url": redis_url})
    with running_stack(theirs, only(part("slow", SLOW, "on"))) as stack:
        [slow] = stack.children
    assert slow.log_tail() == "bye"


def test_giving_up_while_starting_leaves_nothing(settings):
    parts = only(part("slow", LASTS, "never"))
    with pytest.raises(StartError, match="stopped"), running_stack(settings, parts, give_up=lambda: True):
        pytest.fail("the stack came up")


def test_port_0_becomes_a_free_port(settings):
    assert with_port(settings.model_copy(update={"port": 0})).port > 0
    assert with_port(settings.model_copy(update={"port": 8123})).port == 8123


def test_children_see_exactly_the_settings_of_the_stack(tmp_path, monkeypatch):
    settings = Settings(data_dir=tmp_path, api_token="secret", lease_seconds=2.5, port=0)
    monkeypatch.setenv("ONCOQUEUE_API_TOKEN_FILE", "/nowhere")
    monkeypatch.setenv("ONCOQUEUE_CHUNK_SIZE", "3")
    env = environment(settings)
    for name in [name for name in os.environ if name.startswith("ONCOQUEUE_")]:
        monkeypatch.delenv(name)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert Settings() == settings


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
@pytest.mark.parametrize("port", [0, 8123])
def test_an_address_of_another_machine_is_said_without_advice_on_the_port(settings, host, port):
    elsewhere = settings.model_copy(update={"host": host, "port": port})
    with (
        pytest.raises(StartError, match=f"{host} is not an address of this machine") as caught,
        running_stack(elsewhere),
    ):
        pytest.fail("the stack started")
    assert "--port" not in str(caught.value)


def test_a_port_in_use_is_said_before_anything_starts(settings: Settings) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = settings.model_copy(update={"port": other.getsockname()[1]})
        with pytest.raises(StartError, match="choose another: --port"), running_stack(taken):
            pytest.fail("the stack started")
    assert not (settings.data_dir / "logs").exists()


def test_listener_and_watch_are_parts_where_they_are_set(settings):
    assert "dicom-listener" not in [found.name for found in stack_module.python_parts(settings)]
    listening = settings.model_copy(update={"dicom_port": 11112, "watch_dir": settings.data_dir})
    assert {"dicom-listener", "watch"} <= {found.name for found in stack_module.python_parts(listening)}
