"""Acknowledging an alert in the name of whoever asks for it."""

from __future__ import annotations

from shared.schemas import AlertView
from shared.store.alerts import acknowledge
from web.access.visitor import visitor
from web.services import services

AT_THIS_MACHINE = "somebody at this machine"
"""Whoever comes from here without a login, which has no name."""


def acknowledge_as_visitor(alert_id: int) -> AlertView:
    """Somebody has seen it, so nobody further is told; who was first stays. Raises NotFoundError."""
    with services().database.write() as session:
        return acknowledge(session, alert_id, visitor().name or AT_THIS_MACHINE)
