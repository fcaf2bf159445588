"""The OpenAPI 3.1 document, written from the route table, so that it cannot say what the server does not do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from inspect import getdoc
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from web.api.routing import LARGEST_ID, Answer, Operation
from web.problem import Problem
from web.problems import MEDIA_TYPE

REFERENCE = "#/components/schemas/{model}"
EVERYWHERE = (403, 500, 503)  # a foreign origin or a scope that is missing, our mistake, a server that is away
SECURITY_SCHEMES: dict[str, dict[str, Any]] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token that `oncoqueue token create NAME --scope SCOPE` printed; operations name theirs.",
    },
    "login": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-oncoqueue",
        "description": (
            "The cookie of somebody who has logged in at /login (`oncoqueue` over plain HTTP, on loopback only). What "
            "is not a GET also needs the header `X-CSRFToken`, whose value is in each page's meta element `csrf-token`."
        ),
    },
}
HEADERS: dict[str, dict[str, Any]] = {
    "ETag": {"description": "Changes when the answer does.", "schema": {"type": "string"}, "required": True},
    "Retry-After": {
        "description": "Seconds until asking again is sensible; absent when nothing will change by itself.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "Location": {"description": "Where the new thing is.", "schema": {"type": "string"}, "required": True},
    "Content-Disposition": {"description": "A file name.", "schema": {"type": "string"}, "required": True},
}
ModelKey = tuple[type[BaseModel], JsonSchemaMode]
References = Mapping[Any, dict[str, Any]]  # by ModelKey


def openapi_document(operations: Sequence[Operation], version: str, needs_login: bool) -> dict[str, Any]:
    """The document for `operations`; with `needs_login`, all but the open ones ask for a token or a login."""
    references, schemas = models_json_schema(_models(operations), ref_template=REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        described = _operation(operation, references, needs_login)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    components: dict[str, Any] = {"schemas": schemas["$defs"]}
    if needs_login:
        components["securitySchemes"] = SECURITY_SCHEMES
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OncoQueue",
            "version": version,
            "description": "Finds, classifies and measures tumours in X-rays and MRIs, in bulk. Research use only.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": components,
    }


def _models(operations: Iterable[Operation]) -> list[ModelKey]:
    keys: set[ModelKey] = {(Problem, "serialization")}
    for operation in operations:
        for answer in (operation.answer, *operation.others):
            if answer.model is not None:
                keys.add((answer.model, "serialization"))
        if operation.body is not None:
            keys.add((operation.body, "validation"))
    return sorted(keys, key=lambda key: key[0].__name__ + key[1])


def _operation(operation: Operation, references: References, needs_login: bool) -> dict[str, Any]:
    summary, _, description = (getdoc(operation.handler) or "").partition("\n\n")
    described: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": " ".join(summary.split()),
        "parameters": [*_path_parameters(operation), *_query_parameters(operation), *_conditional(operation)],
        "responses": _responses(operation, references, needs_login),
    }
    if description:
        described["description"] = " ".join(description.split())
    if operation.body is not None:
        reference = references[operation.body, "validation"]
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": reference}}}
    if operation.multipart is not None:
        described["requestBody"] = {"required": True, "content": {"multipart/form-data": dict(operation.multipart)}}
    if needs_login and not operation.open:
        # The words are the scopes; any one of these lines is enough.
        described["security"] = [{scheme: [scope]} for scheme in SECURITY_SCHEMES for scope in operation.needed]
    return described


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    row_id = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"enum": list(operation.choices[name])} if name in operation.choices else row_id,
        }
        for name in re.findall(r"{(\w+)}", operation.path)
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    schema = operation.query.model_json_schema()
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", []),
            "description": field.pop("description", ""),
            "schema": field,
        }
        for name, field in schema["properties"].items()
    ]


def _conditional(operation: Operation) -> list[dict[str, Any]]:
    if not operation.conditional:
        return []
    description = "The ETag of the answer you have; if it is still right, the answer is an empty 304."
    return [{"name": "If-None-Match", "in": "header", "description": description, "schema": {"type": "string"}}]


def _responses(operation: Operation, references: References, needs_login: bool) -> dict[str, Any]:
    answers = (operation.answer, *operation.others)
    responses = {str(answer.status): _answer(answer, references) for answer in answers}
    if operation.conditional:
        headers = {name: HEADERS[name] for name in operation.answer.headers if name in {"ETag", "Retry-After"}}
        responses["304"] = {"description": "Nothing has changed.", "headers": headers}
    for status in sorted(_problem_statuses(operation, needs_login)):
        responses[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": references[Problem, "serialization"]}},
        }
    return responses


def _answer(answer: Answer, references: References) -> dict[str, Any]:
    schema = dict(answer.schema) if answer.model is None else references[answer.model, "serialization"]
    described: dict[str, Any] = {"description": answer.description, "content": {answer.media_type: {"schema": schema}}}
    if answer.headers:
        described["headers"] = {name: HEADERS[name] for name in answer.headers}
    return described


def _problem_statuses(operation: Operation, needs_login: bool) -> set[int]:
    statuses = {*EVERYWHERE, *operation.problems, 422}
    if needs_login and not operation.open:
        statuses |= {401, 429}
    if "{" in operation.path:
        statuses.add(404)
    if operation.body is not None or operation.multipart is not None:
        statuses |= {400, 413, 415}
    return statuses
