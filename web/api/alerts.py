"""Alerts: list, look at, acknowledge, send again."""

from __future__ import annotations

from shared.schemas import AlertDetails, AlertListItem, AlertView, Page
from shared.states import Scope
from shared.store import alerts
from shared.store.alert_lines import AlertLine, alert_lines
from web.acknowledging import acknowledge_as_visitor
from web.api.routing import Answer, Routes
from web.api.schemas import AlertListQuery
from web.resending import send_again
from web.services import services

routes = Routes("alerts")
PAGE = Answer("A page of alerts.", Page[AlertListItem])
ALERT = Answer("The alert as it is now.", AlertView)
DETAILS = Answer("The alert with its deliveries, its record, and its scans.", AlertDetails)


@routes.get("/alerts", PAGE)
def list_alerts(query: AlertListQuery) -> Page[AlertListItem]:
    """List alerts, newest first, with what they tell and how far their deliveries are."""
    with services().database.read() as session:
        page = alerts.list_alerts(session, query.show == "open", query.after, query.limit)
        lines = alert_lines(session, page.items)
    return Page(items=[_item(line) for line in lines], next=page.next)


def _item(line: AlertLine) -> AlertListItem:
    result = line.told.result
    return AlertListItem(
        **dict(line.alert),
        scans=line.told.scans,
        urgency=line.told.urgency,
        finding=result.leading if result else None,
        model=result.model if result else None,
        deliveries=list(line.deliveries),
    )


@routes.get("/alerts/{alert_id}", DETAILS)
def get_alert(alert_id: int) -> AlertDetails:
    """Tell whom an alert has reached, and what happened to it."""
    with services().database.read() as session:
        return alerts.alert_details(session, alert_id)


@routes.post("/alerts/{alert_id}/acknowledge", ALERT, scopes=(Scope.MANAGE,))
def acknowledge_alert(alert_id: int) -> AlertView:
    """Say that somebody has seen the alert, so that nobody further is told. Who was first stays."""
    return acknowledge_as_visitor(alert_id)


@routes.post("/alerts/{alert_id}/resend", DETAILS, scopes=(Scope.MANAGE,))
def resend_alert(alert_id: int) -> AlertDetails:
    """Send the alert again to whom it failed to reach. Of one that is acknowledged nothing is sent again."""
    send_again(alert_id)
    return get_alert(alert_id)
