"""The channels by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shared.settings import Settings
from worker.alerts.channel import Channel
from worker.alerts.email import EmailChannel
from worker.alerts.folder import FolderChannel
from worker.alerts.slack import SlackChannel

CHANNELS: Mapping[str, Callable[[Settings], Channel]] = {
    "email": EmailChannel,
    "slack": SlackChannel,
    "folder": FolderChannel,
}
