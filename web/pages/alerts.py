"""Alerts: the list of them, and one with all that is known of it. Who has seen one acknowledges it here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from flask import Blueprint, Flask, Response, make_response, redirect, render_template, request, url_for
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response as BaseResponse

from shared.alerting.rules import load_policy
from shared.alerting.targets import FOLDER
from shared.errors import SettingsError
from shared.schemas import AlertDetails, ModelInfo
from shared.settings import Settings
from shared.states import AlertKind, Scope
from shared.store.alert_lines import AlertLine, alert_lines, count_alerts
from shared.store.alerts import alert_details, count_open, get_delivery, list_alerts
from shared.store.results import Shown, results_of
from web.access.guard import declare
from web.access.headers import POLICY
from web.acknowledging import acknowledge_as_visitor
from web.mail_preview import HEADERS, mail_page
from web.pages.alert_preview import Preview, read_preview, read_written
from web.pages.shell import with_badge
from web.polling import LISTING_SECONDS, polled_page_part
from web.problems import ProblemError
from web.resending import send_again
from web.services import services

PAGE_ALERTS = 30
PAGE_SCANS = 50
SHOWN: dict[str, tuple[bool, AlertKind | None]] = {
    "open": (True, None),
    "urgent": (True, AlertKind.AT_ONCE),
    "digests": (True, AlertKind.DIGEST),
    "all": (False, None),
}
"""What `show` may ask for: only those that nobody has acknowledged, and of which kind."""
MEDIA_TYPES = {"eml": "message/rfc822", "json": "application/json"}

blueprint = Blueprint("alert_pages", __name__)


@dataclass(frozen=True)
class AlertList:
    """A page of alerts; `show` is one of SHOWN; so many are open, so many of those urgent, and so many there are."""

    lines: list[AlertLine]
    next: str | None
    show: str
    open: int
    urgent: int
    all: int


@dataclass(frozen=True)
class Setup:
    """Whether alerts reach anybody: `silent` where they all go into the folder, `wrong` what is not valid."""

    silent: bool = False
    wrong: str | None = None


@dataclass(frozen=True)
class Sight:
    """One alert in full; `shown` are the results of its scans, `more` how many scans were left out."""

    details: AlertDetails
    line: AlertLine
    scan_ids: list[int]
    more: int
    shown: dict[int, Shown]

    @property
    def models(self) -> list[ModelInfo]:
        """Those that made the figures shown, each once."""
        results = [self.line.told.result] if self.line.told.result else [one.result for one in self.shown.values()]
        found = {(result.model.name, result.model.version) for result in results if result.model}
        return [ModelInfo(name=name, version=version) for name, version in sorted(found)]


@blueprint.get("/alerts")
def alert_list() -> str:
    """Alerts, newest first; those that nobody has acknowledged, or all."""
    page = _page()
    return render_template("alerts/list.html", page=page, setup=read_setup(services().settings, page.lines), now=_now())


@blueprint.get("/alerts/live")
def alert_list_live() -> Response:
    """What may change of the list."""
    return polled_page_part(with_badge("alerts/list_live.html", page=_page(), now=_now()), LISTING_SECONDS)


@blueprint.get("/alerts/<row_id:alert_id>")
def alert(alert_id: int) -> Response:
    """The whole record of an alert."""
    sight = _sight(alert_id)
    previews = _previews(sight)
    response = make_response(render_template("alerts/alert.html", sight=sight, previews=previews, now=_now()))
    response.headers["Content-Security-Policy"] = "; ".join([*POLICY, "frame-src 'self'"])
    return response


@blueprint.get("/alerts/<row_id:alert_id>/live")
def alert_live(alert_id: int) -> Response:
    """What may change of it; the files of the folder do not, and are not read again."""
    return polled_page_part(with_badge("alerts/alert_live.html", sight=_sight(alert_id), now=_now()), LISTING_SECONDS)


@blueprint.post("/alerts/<row_id:alert_id>/acknowledge")
def acknowledge(alert_id: int) -> BaseResponse:
    """Somebody has seen it: nobody further is told. Then back to where they were."""
    alert = acknowledge_as_visitor(alert_id)
    back = request.form.get("back")
    if back == "list":
        return redirect(url_for("alert_pages.alert_list"), 303)
    if back == "scan" and alert.scan_id is not None:
        return redirect(url_for("scan_pages.scan", scan_id=alert.scan_id), 303)
    return redirect(url_for("alert_pages.alert", alert_id=alert_id), 303)


@blueprint.post("/alerts/<row_id:alert_id>/resend")
def resend(alert_id: int) -> BaseResponse:
    """Send it again to whom it failed to reach. Then back to its page."""
    send_again(alert_id)
    return redirect(url_for("alert_pages.alert", alert_id=alert_id), 303)


@blueprint.get("/alerts/deliveries/<row_id:delivery_id>/mail")
def mail(delivery_id: int) -> Response:
    """The mail as its reader would see it."""
    return Response(mail_page(_written(delivery_id, "eml")), headers=dict(HEADERS), content_type="text/html")


@blueprint.get("/alerts/deliveries/<row_id:delivery_id>/message.<any(eml,json):kind>")
def message(delivery_id: int, kind: str) -> Response:
    """The file that the folder channel wrote."""
    headers = {
        "Content-Disposition": f'attachment; filename="alert-{delivery_id}.{kind}"',
        "Cache-Control": "no-store",
    }
    return Response(_written(delivery_id, kind), headers=headers, content_type=MEDIA_TYPES[kind])


@blueprint.record_once
def declare_scopes(state: BlueprintSetupState) -> None:
    """The messages hold the link that acknowledges, so who reads them must be allowed to do so."""
    for view in (mail, message):
        declare(cast(Flask, state.app), f"{blueprint.name}.{view.__name__}", (Scope.MANAGE,))


def read_setup(settings: Settings, lines: Sequence[AlertLine]) -> Setup:
    """What the rules say about who is told; where alerts do go elsewhere, the workers have other settings than we."""
    try:
        rules = load_policy(settings).rules
    except SettingsError as error:
        return Setup(wrong=str(error))
    sent = [rule.send for rule in rules] + [rung.send for rule in rules for rung in rule.escalate]
    channels = {target.channel for targets in sent for target in targets}
    gone = {delivery.channel for line in lines for delivery in line.deliveries}
    return Setup(silent=channels | gone == {FOLDER})


def _page() -> AlertList:
    show, after = _asked()
    open_only, kind = SHOWN[show]
    with services().database.read() as session:
        found = list_alerts(session, open_only, after, PAGE_ALERTS, kind)
        counts = count_open(session), count_open(session, AlertKind.AT_ONCE), count_alerts(session)
        return AlertList(alert_lines(session, found.items), found.next, show, *counts)


def _sight(alert_id: int) -> Sight:
    with services().database.read() as session:
        details = alert_details(session, alert_id)
        [line] = alert_lines(session, [details.alert])
        scan_ids = details.scan_ids[:PAGE_SCANS]
        shown = results_of(session, scan_ids)
    return Sight(details, line, scan_ids, details.scans - len(scan_ids), shown)


def _previews(sight: Sight) -> list[Preview]:
    written = [read_preview(services().settings, delivery) for delivery in sight.details.deliveries]
    return [preview for preview in written if preview is not None]


def _written(delivery_id: int, kind: str) -> bytes:
    with services().database.read() as session:
        delivery = get_delivery(session, delivery_id)
    return read_written(services().settings, delivery, kind)


def _asked() -> tuple[str, str | None]:
    if set(request.args) - {"show", "after"}:
        raise ProblemError(422, "This page takes no query parameters but 'show' and 'after'.")
    show = request.args.get("show", "open")
    if show not in SHOWN:
        raise ProblemError(422, f"'show' is one of: {', '.join(SHOWN)}.")
    return show, request.args.get("after")


def _now() -> datetime:
    return datetime.now(UTC)
