"""The container files, held against the compose specification and against the code they start."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import compose_spec
import pytest
import yaml

from shared.cli import COMMANDS

ROOT = Path(__file__).parent.parent


@pytest.fixture
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_the_compose_file_follows_the_compose_specification(compose: dict[str, Any]) -> None:
    parsed = compose_spec.PyCompose.from_json(json.dumps(compose))
    assert set(parsed.services) >= {"web", "worker", "worker-gpu", "alert-worker", "beat", "redis", "database"}


def test_the_check_of_the_specification_can_fail(compose: dict[str, Any]) -> None:
    compose["services"]["web"]["restart"] = "sometimes"
    with pytest.raises(ValueError, match="sometimes"):
        compose_spec.PyCompose.from_json(json.dumps(compose))


def test_every_service_of_ours_runs_a_command_that_exists(compose: dict[str, Any]) -> None:
    ours = [service for service in compose["services"].values() if service["image"].startswith("oncoqueue")]
    assert {service["command"][0] for service in ours} <= set(COMMANDS)


def test_every_service_that_stays_up_has_a_health_check(compose: dict[str, Any]) -> None:
    staying = {name: s for name, s in compose["services"].items() if s["restart"] == "unless-stopped"}
    assert all("test" in service["healthcheck"] for service in staying.values())


def test_secrets_come_by_file_and_every_one_is_made_by_make_secrets(compose: dict[str, Any]) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for name, secret in compose["secrets"].items():
        assert secret == {"file": f"./secrets/{name}"}
        assert name in makefile


def test_web_and_alert_worker_share_the_key_that_signs_links(compose: dict[str, Any]) -> None:
    for name in ("web", "alert-worker"):
        service = compose["services"][name]
        assert service["environment"]["ONCOQUEUE_SECRET_KEY_FILE"] == "/run/secrets/secret_key"
        assert set(service["secrets"]) == {"redis_url", "database_url", "secret_key"}
        assert "ONCOQUEUE_DATABASE_URL_FILE" in service["environment"]


def test_secrets_are_made_once(tmp_path: Path) -> None:
    def make() -> dict[str, str]:
        command = ["make", "-C", str(tmp_path), "-f", str(ROOT / "Makefile"), f"PYTHON={sys.executable}", "secrets"]
        subprocess.run(command, check=True, capture_output=True)
        return {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()}

    first = make()
    assert len(first["secret_key"]) > 40
    (tmp_path / "secrets" / "secret_key").unlink()  # as in an installation of an earlier version
    second = make()
    assert second["redis_password"] == first["redis_password"]
    assert len(second["secret_key"]) > 40
    assert second["secret_key"] != first["secret_key"]


def test_the_image_holds_the_four_packages_and_an_existing_lock_file() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"^COPY (\w+) \1$", dockerfile, re.M) == ["shared", "web", "worker", "models"]
    (lock,) = re.findall(r"^ARG LOCK=(\w+)$", dockerfile, re.M)
    assert (ROOT / "locks" / f"{lock}.txt").exists()
