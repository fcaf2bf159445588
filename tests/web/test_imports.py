"""The web process loads no network, and the commands start quickly."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"tensorflow", "keras", "numpy", "cv2", "ai_edge_litert", "PIL", "pydicom", "worker", "models"}
SHOW = "import sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
SERVE = """
import pathlib, sys
from shared.settings import Settings
from web.app import create_app
http = create_app(Settings(data_dir=pathlib.Path(sys.argv[1]))).test_client()
for path in ("/", "/metrics", "/health/ready", "/api/v1/openapi.json", "/api/v1/batches"):
    http.get(path)
"""


def loaded(code, *arguments):
    """The top-level modules that are loaded after running code in a fresh interpreter."""
    command = [sys.executable, "-c", f"{code}\n{SHOW}", *arguments]
    return set(subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.split())


def test_the_web_server_loads_no_network_and_no_worker(tmp_path):
    assert not loaded(SERVE, str(tmp_path)) & HEAVY


@pytest.mark.parametrize("name", ["submit", "status", "results", "cancel", "retry", "alerts", "acknowledge"])
def test_a_command_of_the_client_loads_neither_server_nor_database(name):
    modules = loaded(f"import web.commands.{name}")
    assert not modules & (HEAVY | {"flask", "gunicorn", "sqlalchemy", "celery"})


def test_the_master_of_the_server_loads_only_gunicorn():
    assert not loaded("import web.server") & (HEAVY | {"flask", "sqlalchemy", "celery", "pydantic"})
