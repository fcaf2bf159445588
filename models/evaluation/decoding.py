"""Frozen dataclasses to JSON values and back, by their type hints."""

from __future__ import annotations

import json
import re
import types
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
DECIMALS = 5


def encode(value: Any) -> Any:
    """JSON values of a dataclass; floats with five decimals, so that a file shows what changed."""
    if is_dataclass(value):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    return round(value, DECIMALS) if isinstance(value, float) else value


def to_json(value: Any) -> str:
    """A dataclass, or what `encode` made, as indented JSON, each list of numbers on one line."""
    text = json.dumps(encode(value), indent=1)
    return re.sub(r"\[[-+\d.eE\s,\[\]]*\]", lambda found: " ".join(found[0].split()), text) + "\n"


def decode(cls: type[T], value: Any) -> T:
    """The dataclass `cls` from what `encode` made; a field that an older file lacks takes its default, if it has one.

    Raises KeyError or TypeError where the value is something else.
    """
    hints = get_type_hints(cls)
    there = [field for field in fields(cast(Any, cls)) if field.name in value or not _has_default(field)]
    return cls(**{field.name: _decoded(hints[field.name], value[field.name]) for field in there})


def _has_default(field: Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _decoded(hint: Any, value: Any) -> Any:
    arguments = get_args(hint)
    if get_origin(hint) in (Union, types.UnionType):
        return None if value is None else _decoded(arguments[0], value)
    if get_origin(hint) is tuple:
        of = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else arguments
        return tuple(_decoded(item_hint, item) for item_hint, item in zip(of, value, strict=True))
    if get_origin(hint) is dict:
        return {key: _decoded(arguments[1], item) for key, item in value.items()}
    return decode(cast(type[Any], hint), value) if is_dataclass(hint) else value
