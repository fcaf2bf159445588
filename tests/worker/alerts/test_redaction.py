"""What is kept of a far side's answer."""

from __future__ import annotations

import pytest

from worker.alerts.redaction import enhanced_status, redacted


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("<reader@hospital.example>: unknown", "<[address]>: unknown"),
        ("no user jürgen@klinik-münchen.de here", "no user [address] here"),
        ("Blocked HTTPS://q.example/alerts/acknowledge/MQ.abc.def\n in message", "Blocked [link] in message"),
        ("see (q.example/alerts/acknowledge/MQ.abc)", "see ([link]"),
        ("see www.q.example/x", "see [link]"),
        ("queued as 17; 4.2.1 busy (load: 3.5)", "queued as 17; 4.2.1 busy (load: 3.5)"),
        ("No TLS with the mail server at mail.example:587", "No TLS with the mail server at mail.example:587"),
    ],
)
def test_links_and_addresses_are_left_out_and_the_rest_is_kept(said, kept):
    assert redacted(said) == kept


@pytest.mark.parametrize(("said", "status"), [("5.1.1 no", "5.1.1"), ("no 5.1.1", ""), ("", ""), ("9.1.1 no", "")])
def test_an_enhanced_status_comes_first(said, status):
    assert enhanced_status(said) == status
