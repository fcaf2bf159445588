"""From a file in a watched folder to a scan: exactly once, whenever this process dies."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from shared.arrivals import KEY_PREFIX, Arrived, Source, digest, find_arrived, take_in
from shared.blobs import BlobInfo, BlobStore
from shared.database import Database
from shared.errors import BlobTooLargeError, ConflictError, DatabaseUnavailableError
from shared.paths import BadPathError, normalise_path
from shared.store.adding import NewScan
from worker.watching.folder import WatchedFolder
from worker.watching.settling import Settling, facts_of, look

BLOCK = 1024 * 1024
CLOCKS_DIFFER = timedelta(seconds=60)  # between this host, a file server and the database

log = structlog.get_logger(__name__)


class UnfitFileError(Exception):
    """A file that cannot become a scan, now or later; the message says why."""


@dataclass
class Watch:
    """What one round works with; `announce` is told of each new scan."""

    folder: WatchedFolder
    database: Database
    blobs: BlobStore
    announce: Callable[[Arrived], None]

    def __post_init__(self) -> None:
        self._settling = Settling()
        self._stuck: set[Path] = set()  # which the log has spoken of
        root = self.folder.root
        name = root.name if root.name.isprintable() and 0 < len(root.name) <= 200 else "watched folder"
        self._source = Source(KEY_PREFIX + digest("watch", str(root)), name)

    def round(self) -> int:
        """Look once: finish what was begun, and take in what has stopped changing. Gives how many became scans."""
        taken = sum(self._take(path, is_begun=True) for path in self.folder.claimed())
        stuck: set[Path] = set()
        for path in self._settling.still(look(self.folder.root)):
            try:
                claimed = self.folder.claim(path)
            except OSError as error:
                stuck.add(path)
                if path not in self._stuck:
                    log.warning("file_cannot_be_moved", error=type(error).__name__, errno=error.errno)
                continue
            taken += self._take(claimed, is_begun=False)
        self._stuck = stuck
        return taken

    def _take(self, claimed: Path, *, is_begun: bool) -> bool:
        """Whether the file became a scan. What cannot be done now stays where it is, for the next round."""
        try:
            arrived = self._store(claimed, is_begun=is_begun)
            self.folder.keep(claimed, arrived.batch_id, arrived.path)
        except (UnfitFileError, BlobTooLargeError, BadPathError) as error:
            log.warning("file_refused", reason=str(error))
            self.folder.refuse(claimed)
            return False
        except (DatabaseUnavailableError, ConflictError, OSError) as error:
            log.warning("file_not_stored", error=type(error).__name__)
            return False
        self.announce(arrived)
        return True

    def _store(self, claimed: Path, *, is_begun: bool) -> Arrived:
        path = normalise_path(self.folder.name_of(claimed))
        claimed_at = datetime.fromtimestamp(claimed.stat().st_ctime, UTC)  # which a move changes
        blob = self._read(claimed)
        scan = NewScan(path, blob.sha256, blob.size)
        if is_begun:
            with self.database.read() as session:
                arrived = find_arrived(session, self._source, scan, claimed_at - CLOCKS_DIFFER)
            if arrived is not None:
                return arrived
        return take_in(self.database, self._source, scan)

    def _read(self, claimed: Path) -> BlobInfo:
        try:
            file = claimed.open("rb")
        except PermissionError as error:
            raise UnfitFileError("The file may not be read.") from error
        with file, self.blobs.writer() as writer:
            before = facts_of(os.fstat(file.fileno()))
            while block := file.read(BLOCK):
                writer.write(block)
            if facts_of(os.fstat(file.fileno())) != before:
                raise BlockingIOError("The file is still written to.")
            return writer.commit()
