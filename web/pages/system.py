"""The System page, and the model cards that it leads to."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template

from shared.store.installation import get_model
from web.figures import age, size
from web.inventory import overview
from web.markdown import render_markdown
from web.services import services

AGAIN_SECONDS = 10  # between two looks at a page that stays open

blueprint = Blueprint("system_pages", __name__)
blueprint.add_app_template_filter(age)
blueprint.add_app_template_filter(size)


@blueprint.get("/system")
def system() -> Response:
    """Whether everything runs, how much waits, and what does the work."""
    response = make_response(render_template("system/system.html", now=overview(services())))
    response.headers["Retry-After"] = str(AGAIN_SECONDS)
    return response


@blueprint.get("/models/<name>/<version>")
def model_card(name: str, version: str) -> str:
    """What a reader should know of a model."""
    with services().database.read() as session:
        model = get_model(session, name, version)
    return render_template("system/model_card.html", model=model, card=render_markdown(model.card))
