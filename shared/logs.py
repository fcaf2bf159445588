"""Logs of every process: structlog to standard error, JSON lines, or coloured text on a terminal.

Nothing that names a person or a place is logged at info or above: those keys are dropped here, whoever passes them.
"""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# File and folder names are often made of patients' names and record numbers.
PRIVATE_KEYS = frozenset({"path", "paths", "file", "filename", "folder", "patient", "patient_id", "patient_name"})
# Those of Celery report every message, arguments included; highdicom the UIDs of scans.
QUIET_LOGGERS = (
    *("httpx", "httpcore", "alembic", "kombu", "PIL", "highdicom"),
    *("celery.beat", "celery.worker.strategy", "celery.app.trace"),
)


def drop_private_keys(_: WrappedLogger, level: str, event: EventDict) -> EventDict:
    """Remove private keys from all but debug messages."""
    if level != "debug":
        for key in PRIVATE_KEYS & event.keys():
            del event[key]
    return event


def shared_processors() -> list[Processor]:
    """What both our own messages and those of libraries pass through."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.stdlib.ExtraAdder(),
        drop_private_keys,
    ]


def renderers(terminal: bool) -> list[Processor]:
    """The last steps: readable on a terminal, one JSON object a line elsewhere."""
    if terminal:
        # The plain form: the other prints local variables, which hold what must not be in a log.
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


def configure_logging(level: str = "info", stream: TextIO | None = None) -> None:
    """Send all logging, structlog's and the standard library's, through one handler on standard error."""
    stream = stream or sys.stderr
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared_processors(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared_processors(),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers(stream.isatty())],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
