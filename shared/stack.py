"""The parts of an installation on one machine: started in order, looked after, stopped in the opposite order."""

from __future__ import annotations

import errno
import fcntl
import http.client
import os
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import redis
from pydantic import SecretStr
from redis.backoff import NoBackoff
from redis.retry import Retry

from shared.addresses import web_address
from shared.database import Database
from shared.errors import DatabaseUnavailableError, OncoQueueError, StartError
from shared.processes import Child, Part, wait_until
from shared.settings import PREFIX, Settings
from shared.valkey import private_folder, server_command

START_SECONDS = 60
STOP_SECONDS = 20
REDIS_STOP_SECONDS = 5
MAX_RESTARTS = 4
FORGET_RESTARTS_SECONDS = 600


class PartDiedError(OncoQueueError):
    """A part died too often after it had started."""


class Stack:
    """The running parts in `children`; `address` is the web server's URL, `logs` the folder of a log file per part."""

    def __init__(self, settings: Settings, parts: Sequence[Part], give_up: Callable[[], bool]) -> None:
        """Starts nothing yet. `give_up` is asked while waiting for parts to become ready."""
        self.settings = settings
        self._parts = parts
        self.address = web_address(settings)
        self.logs = settings.data_dir / "logs"
        self._env = environment(settings)
        self._give_up = give_up
        self.children: list[Child] = []
        self._restarts: dict[str, list[float]] = {}

    def start(self) -> None:
        """Start all parts and wait until each is ready.

        Raises:
            StartError: which part did not come up, and the end of its log.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        if self.settings.redis_url is None:
            self._launch(redis_part(self.settings))
            self._wait_for_all()
        else:
            self._wait_for("redis", lambda: redis_answers(self.settings), "it does not answer.")
        self._migrate()
        for part in self._parts:
            self._launch(part)
        self._wait_for_all()

    def tend(self) -> list[str]:
        """Start parts again that have died; a sentence on each. Call it often, from the thread that called `start`.

        Raises:
            PartDiedError: a part died MAX_RESTARTS times within ten minutes.
        """
        events = []
        for index, child in enumerate(self.children):
            if child.exit_code is not None:
                self.children[index] = self._restart(child)
                events.append(f"{child.part.name} died ({how_it_died(child)}) and was started again: see {child.log}")
        return events

    def stop(self) -> None:
        """Stop the parts, Redis last; kill what does not stop in time."""
        last = [child for child in self.children if child.part.stops_last]
        rest = [child for child in reversed(self.children) if not child.part.stops_last]
        for child in rest:
            child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in rest:
            child.collect(max(0.0, deadline - time.monotonic()))
        for child in last:
            child.stop(REDIS_STOP_SECONDS)

    def kill(self) -> None:
        """Kill all parts at once."""
        for child in reversed(self.children):
            child.kill()

    def _launch(self, part: Part) -> None:
        self.children.append(Child(part, self._env, self.logs / f"{part.name}.log"))

    def _wait_for_all(self) -> None:
        for child in self.children:
            self._wait_for(child.part.name, child.is_ready, f"not ready after {START_SECONDS} s.")

    def _wait_for(self, name: str, ready: Callable[[], bool], complaint: str) -> None:
        def settled() -> bool:
            return ready() or self._give_up() or any(child.exit_code is not None for child in self.children)

        in_time = wait_until(settled, START_SECONDS)
        if self._give_up():
            raise StartError(name, "it was stopped.")
        for child in self.children:
            if child.exit_code is not None:
                raise StartError(child.part.name, why_it_died(child))
        if not in_time:
            raise StartError(name, complaint)

    def _migrate(self) -> None:
        database = Database(self.settings.database_address)
        try:
            database.migrate()
        except DatabaseUnavailableError as error:
            raise StartError("database", str(error)) from error
        finally:
            database.dispose()

    def _restart(self, child: Child) -> Child:
        """Wait a little longer each time; the wait also keeps a part that dies at once from spinning."""
        now = time.monotonic()
        recent = [at for at in self._restarts.get(child.part.name, []) if now - at < FORGET_RESTARTS_SECONDS]
        if len(recent) >= MAX_RESTARTS:
            raise PartDiedError(f"{child.part.name} stopped: it died {len(recent) + 1} times. {why_it_died(child)}")
        child.kill()
        wait_until(self._give_up, 2.0 ** len(recent) / 2)
        self._restarts[child.part.name] = [*recent, now]
        return Child(child.part, self._env, child.log)


def redis_part(settings: Settings, binary: str | None = None) -> Part:
    """The embedded server, or another one at `binary`."""
    return Part("redis", server_command(settings, binary), probe=lambda: redis_answers(settings), stops_last=True)


def python_parts(settings: Settings) -> list[Part]:
    """Our own processes, in the order of starting."""
    parts = [
        Part("web", own_command("web"), probe=lambda: web_answers(settings)),
        Part("worker", own_command("worker"), tokens=frozenset({"models", "consumer"})),
        Part("alert-worker", own_command("alert-worker"), tokens=frozenset({"consumer"})),
        Part("beat", own_command("beat"), tokens=frozenset({"beat"})),
    ]
    if settings.dicom_port:
        parts.append(Part("dicom-listener", own_command("dicom-listener"), tokens=frozenset({"listening"})))
    if settings.watch_dir is not None:
        parts.append(Part("watch", own_command("watch"), tokens=frozenset({"watching"})))
    return parts


@contextmanager
def running_stack(
    settings: Settings,
    parts: Callable[[Settings], Sequence[Part]] = python_parts,
    give_up: Callable[[], bool] = lambda: False,
) -> Iterator[Stack]:
    """Run everything for the length of a `with` block; port 0 picks a free one.

    Raises:
        StartError: a part did not start, or another stack runs on this data folder; nothing is left running.
    """
    with locked(settings.data_dir):
        settings = with_port(settings)
        stack = Stack(settings, parts(settings), give_up)
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()


def own_command(name: str) -> tuple[str, ...]:
    """A command of ours in this interpreter; -P keeps the current folder's modules out."""
    return (sys.executable, "-P", "-m", "shared.cli", name)


def environment(settings: Settings) -> dict[str, str]:
    """The environment that gives a child process exactly these settings."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    for name, value in settings:
        if value is not None:
            text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            env[f"{PREFIX}{name.upper()}"] = text
    return env


def redis_answers(settings: Settings) -> bool:
    """Whether Redis answers a ping and has loaded its data."""
    url = settings.broker_address.replace("redis+socket://", "unix://", 1)
    # Asked again and again anyway: the client's own retries would only make each answer slow.
    client = redis.Redis.from_url(url, socket_timeout=2, retry=Retry(NoBackoff(), 0))
    try:
        return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
    finally:
        client.close()


def web_answers(settings: Settings) -> bool:
    """Whether the web server says that it is ready."""
    connection = _connection(urlsplit(web_address(settings)))
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _connection(address: SplitResult) -> http.client.HTTPConnection:
    if address.scheme == "http":
        return http.client.HTTPConnection(address.netloc, timeout=2)
    # We ask whether our own child answers, and tell it nothing; its certificate is made out to another name than this.
    trusting = ssl._create_unverified_context()  # noqa: S323
    return http.client.HTTPSConnection(address.netloc, timeout=2, context=trusting)


def with_port(settings: Settings) -> Settings:
    """The settings with port 0 replaced by a port that is free now.

    Raises:
        StartError: before anything starts: nothing can listen there.
    """
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise StartError("web", why_not_bound(settings, error)) from error
        return settings.model_copy(update={"port": probe.getsockname()[1]})


def why_not_bound(settings: Settings, error: OSError) -> str:
    """What is wrong with the address or the port, and what to change."""
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return f"{settings.host} is not an address of this machine: choose one of its own, or 0.0.0.0 for all: --host."
    return f"port {settings.port} of {settings.host} cannot be used ({error.strerror}); choose another: --port."


@contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Hold a data folder for one stack; the lock ends with the process that holds it.

    Raises:
        StartError: another process holds it, or it is not ours.
    """
    private_folder(data_dir, data_dir)
    with (data_dir / "up.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            reason = f"it already runs on {data_dir} (process {holder}); stop it or set ONCOQUEUE_DATA_DIR."
            raise StartError("OncoQueue", reason) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def why_it_died(child: Child) -> str:
    """The exit code and the end of the log, for a person."""
    return f"{how_it_died(child)}. The end of {child.log}:\n{child.log_tail()}"


def how_it_died(child: Child) -> str:
    """In a few words."""
    code = child.exit_code
    return f"killed by signal {-code}" if code is not None and code < 0 else f"exit code {code}"
