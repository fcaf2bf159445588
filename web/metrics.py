"""/metrics for Prometheus, read from the store at each scrape: no label ever carries an identifier."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from shared.states import Scope
from shared.store.depth import QueueDepth, queue_depth
from web.api.routing import Answer, Routes
from web.services import services

routes = Routes("metrics", prefix="")
FIGURES = Answer("The figures.", media_type="text/plain", schema={"type": "string"})


class StoreCollector(Collector):
    """What the store says now."""

    def __init__(self, depth: QueueDepth) -> None:
        self.depth = depth

    def collect(self) -> Iterator[Metric]:
        """Waiting scans by priority, the age of the oldest, and all scans by state."""
        waiting = GaugeMetricFamily("oncoqueue_waiting_scans", "Scans that wait for a worker.", labels=["priority"])
        for priority, count in self.depth.waiting.items():
            waiting.add_metric([priority.value], count)
        yield waiting
        yield GaugeMetricFamily(
            "oncoqueue_oldest_waiting_seconds",
            "Age of the oldest scan that waits; 0 where none does.",
            value=self.depth.oldest_waiting_seconds or 0,
        )
        scans = GaugeMetricFamily("oncoqueue_scans", "All scans there are, by state.", labels=["state"])
        for state, count in self.depth.scans.items():
            scans.add_metric([state.value], count)
        yield scans


@routes.get("/metrics", FIGURES, scopes=(Scope.METRICS, Scope.READ))
def metrics() -> Response:
    """Give the figures in the Prometheus text format."""
    with services().database.read() as session:
        depth = queue_depth(session)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(StoreCollector(depth))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)
