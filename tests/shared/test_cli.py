"""The root of the command line."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from shared.cli import COMMANDS, load_command


def run(*arguments, code="from shared.cli import main; main()", **env):
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True)


def test_help_names_every_command():
    shown = run("--help").stdout
    assert all(name in shown for name in COMMANDS)
    assert "Research use only" in shown


def test_help_loads_no_library():
    code = "import sys\nfrom shared.cli import cli\ncli(['--help'], standalone_mode=False)\nprint(*sys.modules)"
    loaded = run(code=code).stdout.split()
    assert "shared.cli" in loaded
    assert not {"celery", "flask", "numpy", "sqlalchemy", "pydantic", "rich", "tensorflow"} & set(loaded)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_where_its_entry_says(name):
    assert load_command(COMMANDS[name].target).name == name


def test_the_version_is_shown():
    assert run("--version").stdout.startswith("oncoqueue, version 0.")


def test_an_error_of_ours_is_one_line_and_exit_code_1():
    failed = run("beat", ONCOQUEUE_PORT="x")
    assert failed.returncode == 1
    assert failed.stderr.startswith("Error: ONCOQUEUE_PORT is not valid")
    assert failed.stderr.count("\n") == 1


def test_a_missing_library_names_the_extra_to_install():
    hidden = "import sys; sys.modules['numpy'] = None; from shared.cli import main; main()"
    failed = run("predict", "a.png", code=hidden)
    assert failed.returncode == 1
    assert failed.stderr == (
        "Error: 'oncoqueue predict' needs numpy, which is not installed: `make setup` beside the source "
        "brings it (the extra 'worker').\n"
    )


def test_an_unknown_command_is_refused():
    failed = run("analyze")
    assert failed.returncode == 2
    assert "No such command 'analyze'" in failed.stderr
