"""Where a login may lead to."""

from __future__ import annotations

import pytest

from web.access.destinations import safe_destination


@pytest.mark.parametrize("wanted", ["/", "/batches/7?after=1.2", "/scans/3#top"])
def test_a_path_of_ours_is_kept(wanted):
    assert safe_destination(wanted) == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        "",
        "batches/7",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "https://evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "//[evil",
        "/" + "x" * 3000,
    ],
)
def test_anything_else_leads_home(wanted):
    assert safe_destination(wanted) == "/"
