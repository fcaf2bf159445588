"""Listening to Celery's signals."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from celery import signals
from celery.utils.log import get_multiprocessing_logger

from shared.logs import configure_logging


def on(event: Any, action: Callable[[], None]) -> None:
    """Call `action` at a signal of Celery's, whose arguments nobody here needs."""

    def receiver(**_: object) -> None:
        action()

    event.connect(receiver, weak=False)


def use_our_logging(level: str) -> None:
    """Celery sets up no logging of its own where somebody listens to this signal."""

    def configure() -> None:
        configure_logging(level)
        # The pool reports children that die through a logger that keeps to itself.
        pool_logger = get_multiprocessing_logger()
        pool_logger.propagate = True
        pool_logger.setLevel(logging.ERROR)

    on(signals.setup_logging, configure)
