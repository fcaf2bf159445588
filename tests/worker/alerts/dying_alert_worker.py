"""A real alert worker that is killed at one point of a delivery: `python dying_alert_worker.py POINT`.

POINT is `claim`, `build`, `hand_over` (each just after it), `bytes` (the message went out, its answer is not read yet)
or `answer` (it was read, and not yet marked).
"""

from __future__ import annotations

import os
import signal
import smtplib
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.processes import die_with_parent
from shared.settings import load_settings
from worker.alerts.drain import Drain
from worker.app import run_alert_worker

ARRIVING_SECONDS = 0.5


def die_after(owner: Any, name: str, when: Callable[..., bool] = lambda *_: True) -> None:
    """Let the process be killed once this method of `owner` has returned something, if the arguments are such."""
    original = getattr(owner, name)

    def deadly(*arguments: Any, **more: Any) -> Any:
        answer = original(*arguments, **more)
        if when(*arguments, answer):
            time.sleep(ARRIVING_SECONDS if owner is not Drain else 0)
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(owner, name, deadly)


def arm(point: str) -> None:
    """Have it die there."""
    if point == "claim":
        die_after(Drain, "_claim", lambda _drain, claim: claim is not None)
    elif point == "build":
        die_after(Drain, "_build")
    elif point == "hand_over":
        die_after(Drain, "_hand_over")
    elif point == "answer":
        die_after(Drain, "_send")
    else:
        die_after(smtplib.SMTP, "send", lambda _smtp, data, _answer: data == ".\r\n")
        die_after(socket.socket, "send", lambda _socket, data, _answer: bytes(data).startswith(b'{"text"'))
        die_after(Path, "replace", lambda _draft, place, _answer: place.suffix == ".eml")


if __name__ == "__main__":
    die_with_parent()
    arm(sys.argv[1])
    run_alert_worker(load_settings())
