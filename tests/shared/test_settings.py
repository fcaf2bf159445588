from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.errors import SettingsError
from shared.settings import Settings, load_settings


def test_everything_has_a_default_below_one_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = load_settings()
    folder = tmp_path / ".local/share/oncoqueue"
    assert settings.data_dir == folder
    assert settings.database_address == f"sqlite:///{folder}/oncoqueue.db"
    assert settings.broker_address == f"redis+socket://{folder}/redis.sock"
    assert settings.blob_dir == folder / "blobs"


def test_addresses_of_servers_replace_the_embedded_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCOQUEUE_REDIS_URL", "redis://queue:6379/1")
    monkeypatch.setenv("ONCOQUEUE_DATABASE_URL", "postgresql://db/oncoqueue")
    settings = load_settings()
    assert settings.broker_address == "redis://queue:6379/1"
    assert settings.database_address == "postgresql://db/oncoqueue"


def test_a_relative_data_folder_becomes_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONCOQUEUE_DATA_DIR", "here")
    assert load_settings().data_dir == tmp_path / "here"


def test_a_link_to_the_data_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    assert Settings(data_dir=tmp_path / "link").data_dir == tmp_path / "disk"


@pytest.mark.parametrize("name", ["REDIS_URL", "DATABASE_URL", "API_TOKEN"])
def test_a_secret_comes_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    monkeypatch.setenv(f"ONCOQUEUE_{name}_FILE", str(tmp_path / "secret"))
    value = getattr(load_settings(), name.lower())
    assert (value.get_secret_value() if name == "API_TOKEN" else value) == "s3cret"


def test_a_secret_both_by_name_and_by_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("one")
    monkeypatch.setenv("ONCOQUEUE_API_TOKEN_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("ONCOQUEUE_API_TOKEN", "two")
    with pytest.raises(SettingsError, match="ONCOQUEUE_API_TOKEN_FILE and ONCOQUEUE_API_TOKEN are both set: keep one"):
        load_settings()


def test_a_secret_file_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ONCOQUEUE_DATABASE_URL_FILE", str(tmp_path / "absent"))
    with pytest.raises(SettingsError, match=r"ONCOQUEUE_DATABASE_URL_FILE names a file that cannot be read: .*absent"):
        load_settings()


def test_a_wrong_value_is_reported_in_one_sentence_without_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCOQUEUE_PORT", "hunter2")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith("ONCOQUEUE_PORT is not valid: Input should be a valid integer")
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("seconds", ["0", "61"])
def test_a_lease_lasts_from_1_to_60_seconds(monkeypatch: pytest.MonkeyPatch, seconds: str) -> None:
    monkeypatch.setenv("ONCOQUEUE_LEASE_SECONDS", seconds)
    with pytest.raises(SettingsError, match="ONCOQUEUE_LEASE_SECONDS"):
        load_settings()


def test_a_misspelt_name_is_refused_with_the_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCOQUEUE_LEASE_SECOND", "20")
    with pytest.raises(SettingsError, match=r"did you mean ONCOQUEUE_LEASE_SECONDS\?"):
        load_settings()


def test_names_that_are_not_ours_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCOQUEUE_SERVICE_HOST", "10.0.0.1")  # Kubernetes sets it for a service named oncoqueue.
    monkeypatch.setenv("ONCOQUEUE_API_TOKEN", "")  # Compose passes variables that are not set as empty ones.
    assert load_settings().api_token is None


@pytest.mark.parametrize("task_seconds", [1, 600, 86_400])
def test_the_limits_of_a_task_keep_their_order(task_seconds: int) -> None:
    settings = Settings(task_seconds=task_seconds)
    assert settings.soft_time_limit < settings.hard_time_limit < settings.visibility_timeout
    assert settings.heartbeat_seconds * 2 < settings.lease_seconds


def test_settings_do_not_change_and_do_not_show_secrets() -> None:
    settings = Settings(redis_url="redis://:hunter2@queue/0", database_url="postgresql://u:hunter2@db/x")
    assert "hunter2" not in repr(settings)
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    "url",
    [
        "oncoqueue.hospital.example",
        "ftp://oncoqueue.hospital.example",
        "https://",
        "https:///path",
        "https://host.example:port",
        "https://host.example:99999",
        "https://user:secret@host.example",
        "https://host.example/?a=secret",
        "https://host.example/#secret",
        "https://host.example/a b",
        "https://host.example/a|b",
        "https://[::1",
    ],
)
def test_a_public_address_that_cannot_be_followed_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("ONCOQUEUE_PUBLIC_URL", url)
    with pytest.raises(SettingsError, match="ONCOQUEUE_PUBLIC_URL is not valid: ") as caught:
        load_settings()
    assert "secret" not in str(caught.value)
    assert "Value error" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://host.example", "http://[::1]:8077", "https://klinik-münchen.de/onco/queue"])
def test_a_public_address_is_taken_without_its_last_slash(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("ONCOQUEUE_PUBLIC_URL", f"{url}/")
    assert load_settings().public_url == url


@pytest.mark.parametrize("sender", ["OncoQueue", "oncoqueue@", "OncoQueue <oncoqueue>", "a@b, c@d", "a@-ü-.de"])
def test_a_sender_that_is_no_address_is_refused(monkeypatch: pytest.MonkeyPatch, sender: str) -> None:
    monkeypatch.setenv("ONCOQUEUE_SMTP_FROM", sender)
    with pytest.raises(SettingsError, match="ONCOQUEUE_SMTP_FROM is not valid: write an e-mail address"):
        load_settings()


@pytest.mark.parametrize("sender", ["a@b.example", "OncoQueue <a@b.example>", "alarm@klinik-münchen.de"])
def test_a_sender_may_have_a_name_and_a_domain_of_any_script(monkeypatch: pytest.MonkeyPatch, sender: str) -> None:
    monkeypatch.setenv("ONCOQUEUE_SMTP_FROM", sender)
    assert load_settings().smtp_from == sender


def test_a_lease_of_a_delivery_outlasts_its_message_however_long_the_time_out() -> None:
    for seconds in (0.5, 10, 60):
        settings = Settings(alert_timeout_seconds=seconds)
        assert settings.alert_message_seconds == 4 * seconds
        assert settings.alert_lease_seconds == 6 * seconds


def test_a_classifier_with_a_slash_is_a_path_and_one_without_is_a_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings().classifier == "own"
    assert Settings(classifier="classic").classifier == "classic"
    assert Settings(classifier="./classic").classifier == str(tmp_path / "classic")


@pytest.mark.parametrize(("word", "meant"), [("on", True), ("off", False), ("", True)])
def test_the_gate_is_on_or_off(monkeypatch: pytest.MonkeyPatch, word: str, meant: bool) -> None:
    monkeypatch.setenv("ONCOQUEUE_GATE", word)
    assert load_settings().gate is meant


def test_a_gate_that_is_neither_is_refused_with_what_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCOQUEUE_GATE", "closed")
    with pytest.raises(SettingsError, match=r"ONCOQUEUE_GATE is not valid: write on or off\.$"):
        load_settings()
