from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.hosts import ascii_address, ascii_host, is_address, own_host


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    own_host.cache_clear()
    yield
    own_host.cache_clear()


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("klinik-münchen.de", "xn--klinik-mnchen-3ob.de"),
        ("müller-pc", "xn--mller-pc-65a"),
        ("Straße.example", "xn--strae-oqa.example"),
        ("hospital.example", "hospital.example"),
        ("10.0.0.7", "10.0.0.7"),
    ],
)
def test_a_host_has_an_ascii_name(name: str, plain: str) -> None:
    assert ascii_host(name) == plain


def test_only_the_domain_of_an_address_is_turned_into_ascii() -> None:
    assert ascii_address("jürgen@klinik-münchen.de") == "jürgen@xn--klinik-mnchen-3ob.de"


@pytest.mark.parametrize(
    "text",
    ["OncoQueue", "a@", "@b.de", "a@b c.de", "a@b..de", "a@my_host", "a@-ü-.de", "a\n@b.de", f"a@{'b.' * 130}de"],
)
def test_what_is_no_address_is_told_apart(text: str) -> None:
    assert is_address("a@b.de")
    assert not is_address(text)


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("müller-pc", "xn--mller-pc-65a"),
        ("host.example", "host.example"),
        ("my host", "localhost"),
        ("-ü-", "localhost"),
        ("\udce4", "localhost"),
    ],
)
def test_this_machine_has_a_name_that_mail_can_carry(monkeypatch: pytest.MonkeyPatch, name: str, ours: str) -> None:
    monkeypatch.setattr("socket.getfqdn", lambda: name)
    assert own_host() == ours
