from __future__ import annotations

import pytest

from shared.alerting.targets import Target


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("email:reader@hospital.example", Target("email", "reader@hospital.example")),
        ("email:jürgen@klinik-münchen.de", Target("email", "jürgen@klinik-münchen.de")),
        ("slack:ward-3", Target("slack", "ward-3")),
        ("slack", Target("slack", "default")),
        (" folder ", Target("folder", "default")),
    ],
)
def test_a_target_is_read_and_written_alike(text: str, target: Target) -> None:
    assert Target.parse(text) == target
    assert Target.parse(str(target)) == target


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sms:123", "not a target"),
        ("reader@hospital.example", "not a target"),
        ("email:", "no e-mail address"),
        ("email:reader", "no e-mail address"),
        ("email:a@b\nBcc: c@d", "no e-mail address"),
        ("email:a@b..de", "no e-mail address"),
        ("email:a@b,c@d", "no e-mail address"),
        ("email:Reader <a@b>", "no e-mail address"),
        (f"email:a@{'b' * 260}", "no e-mail address"),
        ("slack:#ward", "no name of a webhook"),
        ("folder:/tmp", "write folder"),
    ],
)
def test_what_is_no_target_is_refused_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Target.parse(text)
