"""Dataclasses to JSON and back, also from files that an older version wrote."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from models.evaluation.decoding import decode, encode


@dataclass(frozen=True)
class Inner:
    value: float


@dataclass(frozen=True)
class Outer:
    inner: Inner
    names: tuple[str, ...]
    later: int | None = None
    counts: dict[str, Inner] = field(default_factory=dict)


def test_what_is_written_is_read_again() -> None:
    made = Outer(Inner(0.5), ("a", "b"), 3, {"x": Inner(1.5)})
    assert decode(Outer, encode(made)) == made


def test_a_field_that_an_older_file_lacks_takes_its_default_and_one_without_is_missed() -> None:
    assert decode(Outer, {"inner": {"value": 0.5}, "names": ["a"]}) == Outer(Inner(0.5), ("a",))
    with pytest.raises(KeyError, match="names"):
        decode(Outer, {"inner": {"value": 0.5}})


def test_what_a_newer_file_has_beside_is_left_aside() -> None:
    assert decode(Inner, {"value": 0.5, "surest": 1}) == Inner(0.5)


@pytest.mark.parametrize("value", [[], None, 3, {"value": 0.5}])
def test_something_else_is_an_error_that_card_and_report_expect(value: object) -> None:
    with pytest.raises((KeyError, TypeError)):
        decode(Outer, value)
