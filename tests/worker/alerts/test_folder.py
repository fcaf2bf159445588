"""Alerts as files."""

from __future__ import annotations

import email
import json
from email.policy import SMTP

import pytest

from worker.alerts.errors import ClaimLostError, DeliveryError
from worker.alerts.folder import FolderChannel


def nothing() -> None:
    """Hand over without asking anyone."""


def test_the_mail_and_the_slack_message_are_written(settings, make_message):
    with FolderChannel(settings) as channel:
        assert channel.send(make_message(recipient="default"), nothing) == "5.eml"
    folder = settings.data_dir / "alerts"
    mail = email.message_from_bytes((folder / "5.eml").read_bytes(), policy=SMTP)
    assert mail["Subject"] == "Urgent finding in scan 17 (batch 3)"
    assert json.loads((folder / "5.json").read_text())["blocks"]
    assert sorted(file.name for file in folder.iterdir()) == ["5.eml", "5.json"]


def test_only_the_owner_may_read_them(settings, make_message):
    with FolderChannel(settings) as channel:
        channel.send(make_message(recipient="default"), nothing)
    folder = settings.data_dir / "alerts"
    assert folder.stat().st_mode & 0o77 == 0
    assert (folder / "5.eml").stat().st_mode & 0o77 == 0


def test_a_lost_claim_writes_nothing(settings, make_message):
    def lost() -> None:
        raise ClaimLostError

    with FolderChannel(settings) as channel, pytest.raises(ClaimLostError):
        channel.send(make_message(recipient="default"), lost)
    assert not (settings.data_dir / "alerts").exists()


def test_a_disk_that_takes_no_more_stops_the_channel(settings, make_message):
    settings.data_dir.mkdir(exist_ok=True)
    (settings.data_dir / "alerts").write_text("in the way")
    with FolderChannel(settings) as channel, pytest.raises(DeliveryError) as caught:
        channel.send(make_message(recipient="default"), nothing)
    assert caught.value.whole_channel
    assert not caught.value.permanent
