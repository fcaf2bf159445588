"""The channels by name, each made from the settings and from what tells it that the worker stops."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shared.settings import Settings
from worker.alerts.channel import Channel, Stopping
from worker.alerts.email import EmailChannel
from worker.alerts.folder import FolderChannel
from worker.alerts.slack import SlackChannel

CHANNELS: Mapping[str, Callable[[Settings, Stopping], Channel]] = {
    "email": EmailChannel,
    "slack": SlackChannel,
    "folder": FolderChannel,
}
