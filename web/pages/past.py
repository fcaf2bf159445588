"""What happened to a scan, in lines for a reader: changes of its state, and what its alerts did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.schemas import AlertDetails, AlertEventView, DeliveryView, ScanEvent
from shared.states import AlertEventKind


@dataclass(frozen=True)
class Happening:
    """One line of a scan's history; `alert_id` is the alert it speaks of."""

    at: datetime
    what: str
    detail: str | None = None
    alert_id: int | None = None


def happenings(events: Iterable[ScanEvent], alerts: Iterable[AlertDetails]) -> list[Happening]:
    """All of it, oldest first."""
    lines = [_change(event) for event in events]
    lines += [_alert_line(details, event) for details in alerts for event in details.events]
    return sorted(lines, key=lambda line: line.at)


def _change(event: ScanEvent) -> Happening:
    tries = f", attempt {event.attempt}" if event.attempt > 1 else ""
    return Happening(event.at, f"{event.to_state.value}{tries}", event.reason)


def _alert_line(details: AlertDetails, event: AlertEventView) -> Happening:
    deliveries = {delivery.id: delivery for delivery in details.deliveries}
    target = deliveries.get(event.delivery_id) if event.delivery_id is not None else None
    detail = None if event.kind is AlertEventKind.QUEUED else event.detail  # There it only repeats the target.
    return Happening(event.at, f"alert {event.kind.value}{_to(target)}", detail, details.alert.id)


def _to(delivery: DeliveryView | None) -> str:
    return f": {delivery.channel}:{delivery.recipient}" if delivery else ""
