"""Values of a TOML file, checked against the dataclass that they are to become before anything is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from types import MappingProxyType, NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from models.errors import TrainingDataError

Bounds = Mapping[str, tuple[float, float]]
UNBOUNDED: Bounds = MappingProxyType({})
IN_WORDS: Mapping[type, str] = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    bool: "true or false",
    tuple: "a list",
    dict: "a table",
}


def require_settings(cls: type, values: Mapping[str, Any], bounds: Bounds = UNBOUNDED) -> None:
    """Raises TrainingDataError where `values` hold what is no field of `cls`, or lack one that has no default, and
    where one is of another type or out of its bounds.
    """
    hints = get_type_hints(cls)
    for key, value in values.items():
        if key not in hints:
            raise TrainingDataError(f"{key} is no setting here; there are {', '.join(hints)}.")
        if not _fits(value, hints[key]):
            raise TrainingDataError(f"{key} is {value!r}; it takes {_in_words(hints[key])}.")
        if key in bounds and value is not None:
            require_within(key, value, bounds[key])
    required = [f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING]
    if missing := [name for name in required if name not in values]:
        raise TrainingDataError(f"{', '.join(missing)} is missing.")


def require_within(name: str, value: float, bounds: tuple[float, float]) -> None:
    """Raises TrainingDataError where a number lies outside of them."""
    least, most = bounds
    if not least <= value <= most:
        raise TrainingDataError(f"{name} is {value}; it can be {least} to {most}.")


def _fits(value: object, hint: Any) -> bool:
    """Whether a TOML value can stand for a setting's type: a whole number for a float, a list for a tuple, a table for
    a dataclass, a text for one of an enumeration.
    """
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind is UnionType:
        return any(_fits(value, each) for each in inner if each is not NoneType)
    if kind is tuple:
        return isinstance(value, list) and all(_fits(item, inner[0]) for item in value)
    if kind is dict:
        return isinstance(value, dict) and all(inner[1] is Any or _fits(item, inner[1]) for item in value.values())
    if kind is float:
        return type(value) in (int, float)
    return type(value) is (kind if kind in IN_WORDS else str if issubclass(kind, str) else dict)


def _in_words(hint: Any) -> str:
    kind, inner = get_origin(hint) or hint, [each for each in get_args(hint) if each is not NoneType]
    if kind is UnionType:
        return _in_words(inner[0])
    if kind is tuple:
        return f"a list, each item {_in_words(inner[0])}"
    if kind is dict and inner[1] is not Any:
        return f"a table, each value {_in_words(inner[1])}"
    return IN_WORDS.get(kind, "a text" if issubclass(kind, str) else "a table")
