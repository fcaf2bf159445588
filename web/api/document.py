"""/api/v1/openapi.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version

from flask import Flask, Response

from shared.addresses import is_login_on
from shared.settings import Settings
from web.api.openapi import openapi_document
from web.api.routing import Answer, Operation, Routes

DOCUMENT = Answer("An OpenAPI 3.1 document.", schema={"type": "object"})


def install_document(app: Flask, operations: Sequence[Operation], settings: Settings) -> None:
    """Serve the document for `operations` and for itself."""
    routes = Routes("document")

    @routes.get("/openapi.json", DOCUMENT)
    def openapi_json() -> Response:
        """Describe this API."""
        return Response(text, content_type="application/json", headers={"Cache-Control": "no-cache"})

    document = openapi_document([*operations, *routes.operations], version("oncoqueue"), is_login_on(settings))
    text = json.dumps(document)
    routes.install(app)
