"""`oncoqueue dicom-listener`."""

from __future__ import annotations

import click

from shared.errors import SettingsError
from shared.settings import PREFIX, load_settings
from worker.listener.process import run_listener


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help=f"[default: {PREFIX}DICOM_PORT]")
def dicom_listener(port: int | None) -> None:
    """Take in what a PACS or a scanner sends by DICOM (C-STORE), until SIGTERM or Ctrl-C.

    A study is one batch, closed once nothing has come for ONCOQUEUE_ARRIVAL_QUIET_SECONDS. It listens on loopback;
    on another address (ONCOQUEUE_DICOM_HOST) it needs a list of senders (ONCOQUEUE_DICOM_ALLOW) or their
    certificates (ONCOQUEUE_DICOM_TLS_CLIENT_CA). See docs/pacs.md.
    """
    settings = load_settings()
    if port is not None:
        settings = settings.model_copy(update={"dicom_port": port})
    if settings.dicom_port == 0:
        raise SettingsError(f"Say where to listen: --port, or {PREFIX}DICOM_PORT. 11112 is usual.")
    run_listener(settings)
