"""Child processes of ours, with real children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import psutil
import pytest

from shared.processes import LOG_ROTATE_BYTES, Child, Part, wait_until

ANNOUNCES = "from shared.processes import announce; import time; announce('up'); time.sleep(60)"
DEAF = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(grandchild.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def start(tmp_path):
    """Start Python code as a part; it is killed at the end of the test."""
    started = []

    def run(code, *tokens):
        part = Part("part", (sys.executable, "-c", textwrap.dedent(code)), frozenset(tokens))
        started.append(Child(part, dict(os.environ), tmp_path / "part.log"))
        return started[-1]

    yield run
    for child in started:
        child.kill()


def gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_part_is_ready_once_it_has_announced_all_its_tokens(start):
    child = start(ANNOUNCES, "up")
    assert not child.is_ready()
    assert wait_until(child.is_ready, 20)


def test_a_part_that_announces_something_else_is_not_ready(start):
    child = start(ANNOUNCES, "up", "models")
    assert wait_until(lambda: child.is_ready() or "up" in child.announced, 20)
    assert not child.is_ready()


def test_a_part_that_ends_has_an_exit_code_and_a_log(start):
    child = start("print('one'); print('two'); raise SystemExit(3)")
    assert wait_until(lambda: child.exit_code is not None, 20)
    assert child.exit_code == 3
    assert child.log_tail(1) == "two"


def test_the_log_tail_leaves_out_earlier_starts(start):
    for word in ("first", "second"):
        child = start(f"print('{word}')")
        child.process.wait()
    assert child.log_tail() == "second"
    assert child.log.read_text() == "first\nsecond\n"


def test_a_log_that_has_grown_too_long_is_put_aside(start, tmp_path):
    with (tmp_path / "part.log").open("wb") as file:
        file.truncate(LOG_ROTATE_BYTES + 1)
    child = start("print('new')")
    child.process.wait()
    assert child.log.read_text() == "new\n"
    assert (tmp_path / "part.log.1").stat().st_size == LOG_ROTATE_BYTES + 1


def test_stopping_lets_a_part_end_by_itself(start):
    child = start(
        """
        import signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
        print("on", flush=True)
        time.sleep(60)
        """
    )
    assert wait_until(lambda: "on" in child.log_tail(), 20)
    child.stop(20)
    assert child.exit_code == 7


def test_stopping_kills_a_part_that_does_not_listen_and_its_children(start):
    child = start(DEAF)
    assert wait_until(lambda: child.log_tail().isdigit(), 20)
    grandchild = int(child.log_tail())
    child.stop(0.2)
    assert child.exit_code == -signal.SIGKILL
    assert wait_until(lambda: gone(grandchild), 5)


def test_a_part_dies_with_the_process_that_started_it(tmp_path):
    code = f"""
    import os, sys, time
    from pathlib import Path
    from shared.processes import Child, Part
    part = Part("sleep", (sys.executable, "-m", "shared.processes", "/bin/sleep", "60"))
    child = Child(part, os.environ, Path({str(tmp_path / "sleep.log")!r}))
    print(child.process.pid, flush=True)
    time.sleep(60)
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert wait_until(lambda: psutil.Process(pid).name() == "sleep", 20)
        parent.kill()
    assert wait_until(lambda: gone(pid), 5)


def test_a_part_whose_parent_is_gone_already_does_not_start():
    env = {**os.environ, "ONCOQUEUE_SUPERVISOR_PID": "1"}
    assert subprocess.run([sys.executable, "-m", "shared.processes", "/bin/true"], env=env).returncode == 1
