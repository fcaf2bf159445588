"""`oncoqueue up` with everything it starts."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys

import psutil
import pytest

from shared.processes import wait_until

UP = (sys.executable, "-m", "shared.cli", "up", "--port", "0")
PARTS = ("redis", "web", "worker", "alert-worker", "beat")
START_SECONDS = 90


@pytest.fixture
def env(tmp_path):
    return {**os.environ, "ONCOQUEUE_DATA_DIR": str(tmp_path)}


@pytest.fixture
def running(env, tmp_path):
    """A running `up`: the process, what it printed when all was ready, and all its descendants."""
    output = tmp_path / "output"
    with output.open("wb") as file, subprocess.Popen(UP, env=env, stdout=file, stderr=file) as process:
        try:
            up = wait_until(lambda: "Logs:" in output.read_text() or process.poll() is not None, START_SECONDS)
            assert up, output.read_text()
            assert process.poll() is None, output.read_text()
            yield process, output.read_text(), psutil.Process(process.pid).children(recursive=True)
        finally:
            process.kill()


def alive(processes):
    return [process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def address_in(printed):
    return next(line for line in printed.splitlines() if line.startswith("Web:")).split("//")[1]


def test_up_starts_everything_says_where_it_is_and_stops_it_on_sigterm(running, env, tmp_path):
    process, printed, descendants = running
    connection = http.client.HTTPConnection(address_in(printed), timeout=10)
    connection.request("GET", "/health/ready")
    assert connection.getresponse().status == http.client.OK
    assert {path.stem for path in (tmp_path / "logs").glob("*.log")} == set(PARTS)
    assert len(descendants) >= len(PARTS)
    assert f"\nAlerts go to: folder {tmp_path}/alerts\n" in printed

    second = subprocess.run(UP, env=env, capture_output=True, text=True)
    assert second.returncode == 1
    assert "\nError: OncoQueue did not start: it already runs on" in second.stderr

    process.send_signal(signal.SIGTERM)
    assert process.wait(40) == 0
    assert alive(descendants) == []


def test_nothing_outlives_an_up_that_is_killed(running):
    process, _, descendants = running
    process.kill()
    process.wait(5)
    assert wait_until(lambda: not alive(descendants), 10), alive(descendants)


def test_up_that_cannot_start_a_part_says_which_and_leaves_nothing(env):
    broken = {**env, "ONCOQUEUE_ENGINE": "no-such-engine"}
    failed = subprocess.run(UP, env=broken, capture_output=True, text=True, timeout=START_SECONDS)
    assert failed.returncode == 1
    assert "\nError: worker did not start: exit code 1." in failed.stderr
    assert "no-such-engine" in failed.stderr
    assert not [process for process in psutil.process_iter() if folder_of(process) == env["ONCOQUEUE_DATA_DIR"]]


def test_a_rule_that_will_not_do_is_said_before_anything_starts(env, tmp_path):
    failed = subprocess.run(UP, env={**env, "ONCOQUEUE_ALERT_TO": "pigeon"}, capture_output=True, text=True, timeout=30)
    assert failed.returncode == 1
    assert failed.stderr.startswith("Error: ONCOQUEUE_ALERT_TO is not valid: 'pigeon' is not a target")
    assert not (tmp_path / "logs").exists()


def folder_of(process):
    """The data folder that a process was given, where we may see it."""
    try:
        return process.environ().get("ONCOQUEUE_DATA_DIR", "")
    except psutil.Error:
        return ""
