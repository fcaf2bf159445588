"""A small route table: an operation is declared once; its validation and its description both follow from that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_type_hints

from flask import Blueprint, Flask, Response, request
from pydantic import BaseModel, ValidationError
from werkzeug.routing import BaseConverter

from shared.states import Scope
from web.access.guard import UNGUARDED, declare
from web.problems import ProblemError, invalid

LARGEST_ID = 10**18 - 1  # fits the database's 64 bits
MAX_JSON_BYTES = 8 * 1024 * 1024  # 1,000 registrations with paths of 1,024 four-byte characters, and some

Handler = Callable[..., "BaseModel | Response"]
HandlerT = TypeVar("HandlerT", bound=Handler)
ModelT = TypeVar("ModelT", bound=BaseModel)


class RowId(BaseConverter):
    """A row's id in a URL: 1 to LARGEST_ID, plain digits; anything else is a 404."""

    regex = r"[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        """The id as a number."""
        return int(value)


@dataclass(frozen=True)
class Answer:
    """What an operation answers when all is well. `schema` describes a body that is no pydantic model."""

    description: str
    model: type[BaseModel] | None = None
    status: int = 200
    media_type: str = "application/json"
    schema: Mapping[str, Any] = field(default_factory=dict)
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Operation:
    """One method on one path. `path` has OpenAPI placeholders; `choices` lists the values one may take."""

    method: str
    path: str
    handler: Handler
    tag: str
    answer: Answer
    others: tuple[Answer, ...] = ()
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    multipart: Mapping[str, Any] | None = None
    problems: tuple[int, ...] = ()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    conditional: bool = False  # understands If-None-Match and answers 304
    scopes: tuple[Scope, ...] = ()  # any one of them; by default `read` for GET and `submit` for POST
    open: bool = False  # needs neither login nor token

    @property
    def name(self) -> str:
        """The operation's id: the name of its handler."""
        return self.handler.__name__

    @property
    def needed(self) -> tuple[Scope, ...]:
        """Whoever has one of these scopes may do it; empty where everybody may."""
        default = Scope.READ if self.method == "GET" else Scope.SUBMIT
        return UNGUARDED if self.open else self.scopes or (default,)

    @property
    def rule(self) -> str:
        """The path as Flask writes it."""
        rule = self.path
        for name, values in self.choices.items():
            rule = rule.replace(f"{{{name}}}", f"<any({','.join(values)}):{name}>")
        return rule.replace("{", "<row_id:").replace("}", ">")

    def run(self, **arguments: Any) -> Response:
        """Validate the request, call the handler and serialise what it returns."""
        if self.query is not None:
            arguments["query"] = _parse_query(self.query)
        elif request.args:
            raise ProblemError(422, "This address takes no query parameters.")
        if self.body is not None:
            arguments["body"] = _parse_body(self.body)
        result = self.handler(**arguments)
        if isinstance(result, Response):
            return result
        headers = {"Cache-Control": "no-store"}
        body = result.model_dump_json()
        return Response(body, status=self.answer.status, content_type="application/json", headers=headers)


class Routes:
    """The operations of one subject, collected by decorators.

    A handler takes the placeholders of its path by name; a parameter `query` or `body` is validated by its type.
    """

    def __init__(self, tag: str, prefix: str = "/api/v1") -> None:
        self.tag = tag
        self.prefix = prefix
        self.operations: list[Operation] = []

    def get(self, path: str, answer: Answer, **declared: Any) -> Callable[[HandlerT], HandlerT]:
        """Declare the decorated function as the handler of GET on `path`; `declared` are fields of Operation."""
        return self._add("GET", path, answer, declared)

    def post(self, path: str, answer: Answer, **declared: Any) -> Callable[[HandlerT], HandlerT]:
        """Declare the decorated function as the handler of POST on `path`."""
        return self._add("POST", path, answer, declared)

    def _add(self, method: str, path: str, answer: Answer, declared: dict[str, Any]) -> Callable[[HandlerT], HandlerT]:
        def register(handler: HandlerT) -> HandlerT:
            models = {name: model for name, model in get_type_hints(handler).items() if name in {"query", "body"}}
            path_here = self.prefix + path
            self.operations.append(Operation(method, path_here, handler, self.tag, answer, **models, **declared))
            return handler

        return register

    def install(self, app: Flask) -> None:
        """Register the operations on `app` as one blueprint."""
        blueprint = Blueprint(self.tag, __name__)
        for operation in self.operations:
            blueprint.add_url_rule(operation.rule, operation.name, operation.run, methods=[operation.method])
            declare(app, f"{self.tag}.{operation.name}", operation.needed)
        app.register_blueprint(blueprint)


def _parse_query(model: type[ModelT]) -> ModelT:
    values: dict[str, str] = {}
    for name, given in request.args.lists():
        if len(given) > 1:
            raise ProblemError(422, f"The query parameter {name!r} may be given once only.")
        values[name] = given[0]
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise invalid("query", error) from None


def _parse_body(model: type[ModelT]) -> ModelT:
    if request.mimetype != "application/json":
        raise ProblemError(415, "Send the body as application/json.")
    request.max_content_length = MAX_JSON_BYTES
    try:
        return model.model_validate_json(request.get_data(cache=False), strict=True)
    except ValidationError as error:
        raise invalid("body", error) from None
