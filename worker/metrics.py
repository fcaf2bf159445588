"""What a worker counts, for Prometheus. Labels are stages and outcomes, never anything of a scan."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from billiard.process import current_process
from prometheus_client import Counter, Histogram, start_http_server

from shared.settings import Settings

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

STAGE_SECONDS = Histogram("oncoqueue_stage_seconds", "Seconds a scan spent in a stage.", ["stage"], buckets=BUCKETS)
SCANS = Counter("oncoqueue_scans", "Scans by how they ended here.", ["outcome"])

log = structlog.get_logger(__name__)


def observe_stages(timings: Mapping[str, float]) -> None:
    """Add the seconds that one scan took, by stage."""
    for stage, seconds in timings.items():
        STAGE_SECONDS.labels(stage).observe(seconds)


def count(outcome: str) -> None:
    """Add one scan."""
    SCANS.labels(outcome).inc()


def serve_metrics(settings: Settings) -> None:
    """Serve this child's figures: the first child on `metrics_port`, the second on the next port, and so on."""
    if not settings.metrics_port:
        return
    port = settings.metrics_port + getattr(current_process(), "index", 0)
    try:
        start_http_server(port, addr=settings.host)
    except OSError as error:
        log.warning("metrics_not_served", port=port, error=str(error))
