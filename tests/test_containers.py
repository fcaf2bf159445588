"""The container files, held against the compose specification and against the code they start."""

from __future__ import annotations

import json
import re
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


def test_the_image_holds_the_four_packages_and_an_existing_lock_file() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"^COPY (\w+) \1$", dockerfile, re.M) == ["shared", "web", "worker", "models"]
    (lock,) = re.findall(r"^ARG LOCK=(\w+)$", dockerfile, re.M)
    assert (ROOT / "locks" / f"{lock}.txt").exists()
