from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.errors import LinkBrokenError, LinkExpiredError
from shared.hosts import own_host
from shared.links import acknowledge_link, public_url, read_acknowledge_token, secret_key
from shared.settings import Settings


def token_of(link: str) -> str:
    return link.rpartition("/")[2]


def test_a_link_tells_which_delivery_it_was_made_for(settings: Settings) -> None:
    link = acknowledge_link(settings, 17)
    assert link.startswith("http://127.0.0.1:8077/alerts/acknowledge/")
    assert read_acknowledge_token(settings, token_of(link)) == 17


def test_links_carry_the_public_address(settings: Settings) -> None:
    assert public_url(settings.model_copy(update={"public_url": "https://onco.example/"})) == "https://onco.example"


@pytest.mark.parametrize(
    ("host", "start"),
    [
        ("::1", "http://[::1]:8077"),
        ("fd00::7", "http://[fd00::7]:8077"),
        ("10.0.0.7", "http://10.0.0.7:8077"),
        ("oncoqueue.hospital.example", "http://oncoqueue.hospital.example:8077"),
        ("0.0.0.0", f"http://{own_host()}:8077"),
        ("::", f"http://{own_host()}:8077"),
    ],
)
def test_links_lead_to_the_server_where_no_public_address_is_set(settings: Settings, host: str, start: str) -> None:
    assert public_url(settings.model_copy(update={"host": host})) == start


@pytest.mark.parametrize("change", [lambda text: text[:-1], lambda text: "x" + text, lambda text: ""])
def test_a_changed_link_is_refused(settings: Settings, change: object) -> None:
    token = token_of(acknowledge_link(settings, 17))
    with pytest.raises(LinkBrokenError):
        read_acknowledge_token(settings, change(token))


def test_a_link_of_another_installation_is_refused(settings: Settings) -> None:
    other = Settings(data_dir=settings.data_dir.with_name("other"))
    with pytest.raises(LinkBrokenError):
        read_acknowledge_token(settings, token_of(acknowledge_link(other, 17)))


def test_an_old_link_is_refused(settings: Settings) -> None:
    token = token_of(acknowledge_link(settings, 17))
    soon = settings.model_copy(update={"alert_link_days": -1.0})
    with pytest.raises(LinkExpiredError):
        read_acknowledge_token(soon, token)


def test_processes_that_start_together_agree_on_the_key(settings: Settings) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: secret_key(settings), range(32)))
    path = settings.data_dir / "secret-key"
    assert keys == {path.read_text()}
    assert len(path.read_text()) > 40
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in settings.data_dir.iterdir()] == ["secret-key"]
