"""Alerts as files, for those who have set nothing up yet: what would be sent by e-mail and to Slack."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from shared.settings import Settings
from worker.alerts.channel import HandOver, Stopping, never
from worker.alerts.content import AlertMessage
from worker.alerts.errors import DeliveryError
from worker.alerts.mail import build_mail
from worker.alerts.slack_message import build_slack

FOLDER = "alerts"


class FolderChannel:
    """Writes `<data_dir>/alerts/<name>.eml` and `.json`; a second try writes the same files again."""

    def __init__(self, settings: Settings, stopping: Stopping = never) -> None:
        """The disk is no far side: what is begun is ended, whoever stops."""
        self._settings = settings
        self._folder = settings.data_dir / FOLDER

    def send(self, message: AlertMessage, hand_over: HandOver) -> str:
        """Write both files and give the name of the mail's. Raises DeliveryError, ClaimLostError."""
        mail = build_mail(message, self._settings).as_bytes()
        slack = json.dumps(build_slack(message), ensure_ascii=False, indent=1).encode()
        hand_over()
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self._folder / f"{message.name}.json", slack)
            write_whole(self._folder / f"{message.name}.eml", mail)
        except OSError as error:
            raise DeliveryError(f"The alert could not be written: {error.strerror}.", whole_channel=True) from error
        return f"{message.name}.eml"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is open."""


def write_whole(path: Path, data: bytes) -> None:
    """Nobody ever sees half the file, and it survives a power cut. Raises OSError; nothing is left then."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
