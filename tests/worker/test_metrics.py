"""The worker's figures for Prometheus."""

from __future__ import annotations

import socket
import threading
import urllib.request

import pytest
from structlog.testing import capture_logs

from shared.settings import Settings
from worker.metrics import count, observe_stages, serve_metrics


@pytest.fixture
def settings(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Settings(data_dir=tmp_path, metrics_port=probe.getsockname()[1])


def test_stages_and_outcomes_are_served(settings):
    serve_metrics(settings)
    observe_stages({"network": 0.02})
    count("done")
    with urllib.request.urlopen(f"http://127.0.0.1:{settings.metrics_port}/metrics") as answer:
        text = answer.read().decode()
    assert 'oncoqueue_stage_seconds_bucket{le="0.025",stage="network"}' in text
    assert 'oncoqueue_scans_total{outcome="done"}' in text


def test_a_port_that_is_taken_does_not_stop_the_worker(settings):
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.metrics_port))
        other.listen()
        with capture_logs() as logs:
            serve_metrics(settings)
    assert [(log["event"], log["port"]) for log in logs] == [("metrics_not_served", settings.metrics_port)]


def test_port_0_serves_nothing(tmp_path):
    before = set(threading.enumerate())
    serve_metrics(Settings(data_dir=tmp_path))
    assert set(threading.enumerate()) <= before  # threads of earlier tests may end meanwhile
