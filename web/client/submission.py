"""Submitting many files: hash, ask what is missing, upload that, register the rest; a group of files at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from shared.schemas import RegisteredScan, ScanRegister
from web.client.api import Client
from web.client.errors import ApiError, FileChangedError, StoppedError
from web.client.files import LocalFile

GROUP_FILES = 64
GROUP_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class Submitted:
    """What became of one file. `uploaded`: its bytes were sent; else the server had them."""

    file: LocalFile
    scan_id: int | None
    error: str | None
    uploaded: bool = False


class Submission:
    """Adds files to an open batch with `jobs` threads, each of which takes a whole group through all steps."""

    def __init__(self, client: Client, batch_id: int, jobs: int) -> None:
        """Sends nothing yet."""
        self.client = client
        self.batch_id = batch_id
        self.jobs = jobs
        self._stopped = Event()

    def run(self, files: Iterable[LocalFile], report: Callable[[Sequence[Submitted]], None]) -> None:
        """Submit all files; `report` is called in this thread with each group that is through.

        Memory holds a few groups, however many files there are. An exception, Ctrl-C too, ends the uploads that run.
        """
        with ThreadPoolExecutor(self.jobs) as pool:
            running: set[Future[list[Submitted]]] = set()
            try:
                for group in groups(files):
                    running.add(pool.submit(self._submit, group))
                    if len(running) >= 2 * self.jobs:
                        running = _report_finished(running, report)
                while running:
                    running = _report_finished(running, report)
            except BaseException:
                self._stopped.set()
                self.client.stop()
                pool.shutdown(cancel_futures=True)
                raise

    def _submit(self, files: list[LocalFile]) -> list[Submitted]:
        hashes: dict[str, str] = {}
        outcomes: list[Submitted] = []
        for file in files:
            try:
                hashes[file.name] = file_sha256(file.path, self._check)
            except OSError as error:
                outcomes.append(Submitted(file, None, f"The file cannot be read: {error.strerror}."))
        missing = self.client.missing(sorted(set(hashes.values()))) if hashes else set()
        upload: list[LocalFile] = []
        known: list[LocalFile] = []
        for file in files:
            if hashes.get(file.name) in missing:
                missing.remove(hashes[file.name])
                upload.append(file)
            elif file.name in hashes:
                known.append(file)
        outcomes += self._upload(upload)
        outcomes += self._register(known, hashes)
        return outcomes

    def _upload(self, files: list[LocalFile]) -> list[Submitted]:
        """Send what is missing. A file that cannot be read any more is left out, and the others are sent again."""
        lost: list[Submitted] = []
        while files:
            try:
                entries = self.client.upload(self.batch_id, files, self._check)
                return lost + _outcomes(files, entries, uploaded=True)
            except FileChangedError as error:
                lost += [Submitted(file, None, error.reason) for file in files if file.name == error.name]
                files = [file for file in files if file.name != error.name]
            except ApiError as error:
                if error.status != 413 or len(files) == 1:
                    raise
                half = len(files) // 2
                return lost + self._upload(files[:half]) + self._upload(files[half:])
        return lost

    def _register(self, files: list[LocalFile], hashes: dict[str, str]) -> list[Submitted]:
        if not files:
            return []
        scans = [ScanRegister(path=file.name, sha256=hashes[file.name]) for file in files]
        return _outcomes(files, self.client.register(self.batch_id, scans), uploaded=False)

    def _check(self) -> None:
        if self._stopped.is_set():
            raise StoppedError("Stopped.")


def groups(files: Iterable[LocalFile]) -> Iterator[list[LocalFile]]:
    """Files in order, cut into groups of at most GROUP_FILES and, but for a single large file, GROUP_BYTES."""
    group: list[LocalFile] = []
    size = 0
    for file in files:
        if group and (len(group) == GROUP_FILES or size + file.size > GROUP_BYTES):
            yield group
            group, size = [], 0
        group.append(file)
        size += file.size
    if group:
        yield group


def file_sha256(path: Path, check: Callable[[], None]) -> str:
    """The SHA-256 of a file in hexadecimal; `check` is called for each block. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1024 * 1024):
            check()
            digest.update(block)
    return digest.hexdigest()


def _outcomes(files: Sequence[LocalFile], entries: Sequence[RegisteredScan], *, uploaded: bool) -> list[Submitted]:
    pairs = zip(files, entries, strict=True)
    return [Submitted(file, entry.scan_id, entry.error, uploaded) for file, entry in pairs]


def _report_finished(
    running: set[Future[list[Submitted]]], report: Callable[[Sequence[Submitted]], None]
) -> set[Future[list[Submitted]]]:
    finished, rest = wait(running, return_when=FIRST_COMPLETED)
    for future in finished:
        report(future.result())
    return rest
