"""Child processes: started in their own group, bound to our life, told apart by their log, stopped for certain."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

PARENT_VARIABLE = "ONCOQUEUE_SUPERVISOR_PID"
READY_VARIABLE = "ONCOQUEUE_READY_FD"
PR_SET_PDEATHSIG = 1
LOG_ROTATE_BYTES = 10_000_000


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the one that started it dies (Linux), if that one asked for it.

    SIGKILL, because only a crash of the parent comes this way and every part recovers from a kill.
    """
    parent = os.environ.pop(PARENT_VARIABLE, None)
    if parent is None:
        return
    kill_on_parent_death()
    if os.getppid() != int(parent):
        sys.exit(1)


def kill_on_parent_death() -> None:
    """Bind this process to its parent thread's life; survives exec, is not inherited by a fork."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def announce(token: str) -> None:
    """Tell the process that started us that `token` is ready; does nothing where nobody listens."""
    descriptor = os.environ.get(READY_VARIABLE)
    if descriptor is not None:
        with contextlib.suppress(OSError):
            os.write(int(descriptor), f"{token}\n".encode())


@dataclass(frozen=True)
class Part:
    """One process to run: its command line, and either the tokens it announces when ready or a probe to ask.

    All others need one that `stops_last`: they are stopped before it.
    """

    name: str
    argv: tuple[str, ...]
    tokens: frozenset[str] = frozenset()
    probe: Callable[[], bool] | None = None
    stops_last: bool = False


class Child:
    """A running part. Start it from a thread that lives as long as the part should: the kernel watches that thread."""

    def __init__(self, part: Part, env: Mapping[str, str], log: Path) -> None:
        """Start the part; its output is appended to `log`."""
        self.part = part
        self.log = log
        self.announced: set[str] = set()
        self._pending = ""
        rotate(log)
        ours, theirs = os.pipe()
        os.set_blocking(ours, False)
        self._ready = os.fdopen(ours, "rb", buffering=0)
        try:
            with log.open("ab") as output:
                self._log_start = output.tell()
                self.process = subprocess.Popen(
                    part.argv,
                    env={**env, PARENT_VARIABLE: str(os.getpid()), READY_VARIABLE: str(theirs)},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    pass_fds=(theirs,),
                    start_new_session=True,
                )
        finally:
            os.close(theirs)

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative for the signal that ended it."""
        return self.process.poll()

    def is_ready(self) -> bool:
        """Whether it has announced all its tokens and its probe, if any, says yes."""
        self._listen()
        if not self.part.tokens <= self.announced:
            return False
        return self.part.probe is None or self.part.probe()

    def _listen(self) -> None:
        self._pending += (self._ready.read(4096) or b"").decode()
        *tokens, self._pending = self._pending.split("\n")
        self.announced.update(tokens)

    def log_tail(self, lines: int = 12) -> str:
        """The last lines that this start of the part wrote."""
        with self.log.open("rb") as file:
            file.seek(max(self._log_start, self.log.stat().st_size - 20_000))
            text = file.read().decode(errors="replace")
        return "\n".join(text.strip().splitlines()[-lines:])

    def terminate(self) -> None:
        """Ask it to stop."""
        self.process.terminate()

    def stop(self, patience: float) -> None:
        """Ask it to stop, and see to it."""
        self.terminate()
        self.collect(patience)

    def collect(self, patience: float) -> None:
        """Wait up to `patience` seconds for its end, then kill whatever is left of its group."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(patience)
        self.kill()

    def kill(self) -> None:
        """Kill its whole group at once and collect it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._ready.close()


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    """Poll until the condition holds; False if it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def rotate(log: Path) -> None:
    """Keep one older log beside a log that has grown too long."""
    if log.exists() and log.stat().st_size > LOG_ROTATE_BYTES:
        log.replace(log.with_suffix(".log.1"))


def main() -> None:
    """Become another program, to die with the process that started it: `python -m shared.processes PROGRAM ARG...`."""
    die_with_parent()
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606


if __name__ == "__main__":
    main()
