"""Where the link in an alert leads: what the alert is about, and a button to say that somebody has seen it.

The link is the proof: it is signed, it expires, and only its recipient has it. So nobody logs in here, and no token
against forged forms is asked for; a mail program's own browser may keep no cookies. Looking changes nothing, since
programs that check mail for harm follow links too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import Blueprint, Flask, Response, current_app, redirect, render_template, request, url_for

from shared.alerting.targets import EMAIL, Target
from shared.errors import LinkBrokenError, LinkExpiredError, NotFoundError
from shared.links import read_acknowledge_token
from shared.schemas import AlertView
from shared.store.alerts import acknowledge_delivery, get_alert, get_delivery
from web.access.throttle import Throttle, client_address
from web.access.visitor import Way, visitor
from web.services import services

EXTENSION = "oncoqueue-acknowledge"
LOOKS_ALLOWED = "60 per minute"
TOO_OFTEN = "This address has opened too many acknowledge links."
MAX_NAME_CHARS = 80

blueprint = Blueprint("acknowledge", __name__, url_prefix="/alerts/acknowledge")


@dataclass(frozen=True)
class Held:
    """What the holder of a link may act on, and who that is where they do not say."""

    alert: AlertView
    delivery_id: int
    holder: str


def install_acknowledge(app: Flask) -> None:
    """Add the page."""
    app.extensions[EXTENSION] = Throttle(LOOKS_ALLOWED, TOO_OFTEN)
    app.register_blueprint(blueprint)


@blueprint.get("/<token>")
def show(token: str) -> str:
    """What the alert is about, and whether somebody has acknowledged it. Changes nothing."""
    held = _held(token)
    name = visitor().name if visitor().way is Way.LOGIN else None
    return render_template("access/acknowledge.html", held=held, name=name, max_chars=MAX_NAME_CHARS)


@blueprint.post("/<token>")
def act(token: str) -> Response:
    """Acknowledge the alert; where somebody already has, it stays theirs."""
    held = _held(token)
    by = _who(held.holder)
    with services().database.write() as session:
        acknowledge_delivery(session, held.delivery_id, by)
    return cast(Response, redirect(url_for("acknowledge.show", token=token), 303))


def _held(token: str) -> Held:
    """Raises LinkBrokenError, LinkExpiredError, ProblemError (429)."""
    looks: Throttle = current_app.extensions[EXTENSION]
    looks.take(client_address())
    delivery_id = read_acknowledge_token(services().settings, token)
    try:
        with services().database.read() as session:
            delivery = get_delivery(session, delivery_id)
            alert = get_alert(session, delivery.alert_id)
    except NotFoundError as error:
        raise LinkBrokenError() from error
    target = Target(delivery.channel, delivery.recipient)
    return Held(alert, delivery_id, target.recipient if target.channel == EMAIL else str(target))


def _who(holder: str) -> str:
    """The account of whoever has logged in; else the recipient of the message, after the name that they give."""
    if visitor().way is Way.LOGIN:
        return visitor().name or holder
    name = " ".join(request.form.get("name", "").split())[:MAX_NAME_CHARS]
    return f"{name} ({holder})" if name else holder


@blueprint.errorhandler(LinkBrokenError)
@blueprint.errorhandler(LinkExpiredError)
def _refuse(error: LinkBrokenError | LinkExpiredError) -> Response:
    status = 410 if isinstance(error, LinkExpiredError) else 404
    text = render_template("access/dead_link.html", reason=str(error), expired=status == 410)
    return Response(text, status=status)
