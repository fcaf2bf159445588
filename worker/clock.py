"""Beat, the process that sends the periodic tasks. It needs neither database nor models, so it loads neither."""

from __future__ import annotations

from celery import signals

from shared.processes import announce
from shared.queues import make_celery
from shared.settings import Settings
from worker.events import on, use_our_logging


def run_beat(settings: Settings) -> None:
    """Send the periodic tasks until a signal."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    app = make_celery(settings)
    use_our_logging(settings.log_level)
    on(signals.beat_init, lambda: announce("beat"))
    app.Beat(loglevel=settings.log_level, quiet=True).run()
