"""The problem document of RFC 9457, as server and client both see it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class FieldProblem(BaseModel):
    """One thing wrong with one part of a request."""

    model_config = ConfigDict(frozen=True)

    where: str = Field(description="The part of the request, e.g. `body.name` or `query.limit`.")
    message: str


class Problem(BaseModel):
    """An error, as RFC 9457 describes it."""

    model_config = ConfigDict(frozen=True)

    type: str = "about:blank"
    title: str = Field(description="The HTTP status in words.")
    status: int
    detail: str = Field(description="What happened, in a sentence a person can act on.")
    instance: str = Field(description="The path of the request.")
    errors: list[FieldProblem] = Field(default=[], description="For 422: each thing that is wrong.")
