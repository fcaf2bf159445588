"""Fills a data folder with believable content through the store's own functions: the same each time, in seconds."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import cycle
from pathlib import Path

from examples import Examples, analysed_examples
from sqlalchemy.orm import Session
from telling import IMPATIENT, POLICY, escalate, named, refuse_all, send_all, tell

import models
from models.analysis import Analysis
from models.presets import BRAIN_MRI
from models.release import load_release
from shared.alerting.rules import Policy
from shared.blobs import FolderBlobs
from shared.database import Database
from shared.schemas import BatchCreate, BatchView
from shared.settings import Settings
from shared.states import Priority, ScanState, Scope
from shared.store.accounts import add_account
from shared.store.adding import NewScan, add_scans
from shared.store.batches import cancel_batch, close_batch, create_batch, retry_batch
from shared.store.claims import Claim, claim, fail, finish
from shared.store.clock import utc_now
from shared.store.digests import raise_digests
from shared.store.installation import keep_model, worker_seen
from shared.store.results import StoredResult
from shared.store.scans import list_scans, mark_queued
from shared.store.sweep import recover_expired
from web.access.passwords import Passwords

WORKER = "worker-1:4711"
ACCOUNT, PASSWORD = "reader", "correct horse battery staple"
"""Of the installation where everybody logs in."""
LEASE_SECONDS = 24 * 3600
"""Nobody sweeps a seeded folder while it is looked at, but a claim should not look expired."""
LOST_SECONDS = 0.01
SCANS = 500
CARD = Path(models.__file__).parent / "weights" / "brain-mri" / "MODEL_CARD.md"

ODD_NAMES = (
    "series/" + "a-name-that-goes-on-and-on-" * 8 + "end.dcm",
    "<script>alert('path')</script>/<img src=x onerror=alert(1)>.png",
    "a \"quoted\" & 'ticked' name; rm -rf .dcm",
    "Größe/Ångström/日本語/スキャン-医用画像.dcm",
    "שלום/مرحبا-بالعالم.dcm",
    "right-to-left-override-\u202egnp.exe.dcm",
    "emoji-🧠-and-combining-e\u0301\u0327.dcm",
    "zero\u200bwidth\u200djoined.dcm",
    "deep/" * 60 + "scan.dcm",
    "no-extension",
    "{{ 7 * 7 }}${7*7}.png",
    "tab-free  two  blanks .tif",
)

FAILURES = (
    "An error inside OncoQueue stopped this scan in the network.",
    "The result could not be stored: OSError.",
    "An error inside OncoQueue stopped this scan in measuring.",
)


class Variant(StrEnum):
    """What a seeded installation holds."""

    EMPTY = "empty"
    FULL = "full"
    FAILING = "failing"
    LOCKED = "locked"


@dataclass
class Seeded:
    """Ids of what was made, by a name for it; paths of links that acknowledge; versions of models by their names."""

    variant: Variant
    batches: dict[str, int] = field(default_factory=dict)
    scans: dict[str, int] = field(default_factory=dict)
    alerts: dict[str, int] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)


def seed(settings: Settings, variant: Variant) -> Seeded:
    """Migrate the database that the settings name, and fill it and the blob store."""
    database = Database(settings.database_address)
    database.migrate()
    blobs = FolderBlobs(settings.blob_dir, settings.max_file_bytes)
    seeded = Seeded(variant)
    try:
        if variant is Variant.LOCKED:
            with database.write() as session:
                add_account(session, ACCOUNT, Passwords().hash(PASSWORD), frozenset(Scope))
        if variant in FILLERS:
            content = Content(blobs, analysed_examples())
            with database.write() as session:
                add_workers(session)
                add_model(session, seeded)
                FILLERS[variant](Filler(session, content, seeded))
            told = (send_all, escalate, send_all) if variant is Variant.FULL else (refuse_all,)
            tell(database, settings, *told)
            with database.write() as session:
                seeded.alerts, seeded.links = named(session, settings)
        return seeded
    finally:
        database.dispose()


class Content:
    """Results for scans: real ones of the examples, with their pictures, at figures that vary a little."""

    def __init__(self, blobs: FolderBlobs, examples: Examples) -> None:
        self.release = examples.release
        self._random = random.Random(3)
        self._rejected = cycle([(analysis, {}) for analysis in examples.rejected])
        stored = [(a, {name: blobs.put(data) for name, data in a.images.items()}) for a in examples.done]
        self._empty = cycle([pair for pair in stored if not pair[0].report.findings])
        self._volume = next(pair for pair in stored if pair[0].report.volume)
        self._found = cycle([pair for pair in stored if pair[0].report.findings and pair is not self._volume])

    def done(self, sha256: str) -> StoredResult:
        """A result with findings for two scans of five, as in a screening run."""
        analysis, images = next(self._found if self._random.random() < 0.4 else self._empty)
        return StoredResult(sha256, self.release, self._varied(analysis), images)

    def found(self, sha256: str) -> StoredResult:
        """A result with findings."""
        analysis, images = next(self._found)
        return StoredResult(sha256, self.release, self._varied(analysis), images)

    def volume(self, sha256: str) -> StoredResult:
        """The result of many slices."""
        analysis, images = self._volume
        return StoredResult(sha256, self.release, json.dumps(analysis.report.to_dict()), images)

    def rejected(self, sha256: str) -> StoredResult:
        """A result for a file that is at fault."""
        analysis, images = next(self._rejected)
        return StoredResult(sha256, self.release, json.dumps(analysis.report.to_dict()), images)

    def _varied(self, analysis: Analysis) -> str:
        """Urgency and chance of a tumour vary, which no picture shows; the rest stays true to the pictures."""
        result = analysis.report.to_dict()
        result["urgency"] = round(result["urgency"] * self._random.uniform(0.55, 1), 4)
        result["tumor_probability"] = round(result["tumor_probability"] * self._random.uniform(0.93, 1), 4)
        return json.dumps(result)


class Filler:
    """Makes batches and ends their scans in one write transaction: nobody else works on the database."""

    def __init__(self, session: Session, content: Content, seeded: Seeded) -> None:
        self.session = session
        self.content = content
        self.seeded = seeded

    def batch(self, key: str, name: str, paths: Iterable[str], priority: Priority = Priority.ROUTINE) -> BatchView:
        """An open batch with these scans queued."""
        batch, _ = create_batch(self.session, BatchCreate(name=name, priority=priority))
        self.seeded.batches[key] = batch.id
        new = [NewScan(path, digest(f"{key}/{path}"), 524_288 + 977 * i) for i, path in enumerate(paths)]
        ids = [scan.scan_id for scan in add_scans(self.session, batch.id, new) if scan.scan_id is not None]
        assert len(ids) == len(new)
        mark_queued(self.session, ids)
        return batch

    def take(self, batch: BatchView, most: int, lease_seconds: float = LEASE_SECONDS) -> list[Claim]:
        """queued -> running for the next scans of a batch."""
        waiting = list_scans(self.session, batch.id, ScanState.QUEUED, limit=most).items
        return claim(self.session, [scan.id for scan in waiting], WORKER, lease_seconds)

    def close(self, batch: BatchView) -> None:
        """open -> closed, with the digest where it is finished."""
        close_batch(self.session, batch.id)
        raise_digests(self.session, POLICY, [batch.id])

    def end(self, claims: Sequence[Claim], result: Callable[[str], StoredResult], policy: Policy = POLICY) -> None:
        """running -> done | rejected, with alerts."""
        for one in claims:
            finish(self.session, one, result(one.sha256), policy)

    def fail(self, claims: Sequence[Claim]) -> None:
        """running -> failed, for one reason after another."""
        for one, reason in zip(claims, cycle(FAILURES), strict=False):
            fail(self.session, one, reason)

    def keep(self, key: str, scan: Claim) -> None:
        """Remember a scan to look at."""
        self.seeded.scans[key] = scan.scan_id


def fill_full(filler: Filler) -> None:
    """A finished batch of many scans, one cancelled, one half done, an urgent one, and one that is still open."""
    night = filler.batch("night", "Night run, 22 November", series("mri", SCANS))
    claims = filler.take(night, SCANS)
    filler.end(claims[:12], filler.content.found)
    filler.end(claims[12:-14], filler.content.done)
    filler.end(claims[-14:-4], filler.content.rejected)
    filler.fail(claims[-4:])
    filler.close(night)
    filler.keep("two-findings", claims[TWO_LESIONS])
    filler.keep("one-finding", claims[0])
    filler.keep("failed", claims[-1])
    filler.keep("rejected", claims[-5])
    stopped = filler.batch("stopped", "Started by mistake", series("wrong-folder", 30))
    filler.end(filler.take(stopped, 6), filler.content.done)
    cancel_batch(filler.session, stopped.id)
    half = filler.batch("half", "Follow-up study, arm B", series("follow-up", 240))
    filler.close(half)
    filler.end(filler.take(half, 118), filler.content.done)
    filler.keep("running", filler.take(half, 8)[0])
    volumes = filler.batch("volumes", "Volumes", ["head.nii.gz"])
    filler.end(volume := filler.take(volumes, 1), filler.content.volume)
    filler.close(volumes)
    filler.keep("volume", volume[0])
    urgent = filler.batch("urgent", "Emergency department", series("emergency", 6), Priority.URGENT)
    filler.end(filler.take(urgent, 3), filler.content.found, IMPATIENT)
    filler.take(urgent, 2)
    filler.close(urgent)
    filler.batch("open", "Still being sent", series("arriving", 9))


def fill_failing(filler: Filler) -> None:
    """Odd names, all that can go wrong with a scan, and batches of which nothing came."""
    for name in ("odd", "script"):
        title = {"odd": "Ünïcode — 画像 — " + "very long name " * 9, "script": "<script>alert('batch')</script>"}[name]
        batch = filler.batch(name, title, ODD_NAMES)
        claims = filler.take(batch, len(ODD_NAMES))
        filler.end(claims[:4], filler.content.found)
        filler.end(claims[4:6], filler.content.rejected)
        filler.fail(claims[6:10])
        filler.end(claims[10:], filler.content.done)
        filler.close(batch)
        by_path = {one.path[:6]: one for one in claims}  # Scans are added in the order of their paths.
        for key, start in {"found": "<scrip", "long": "deep/d", "rejected": "emoji-", "failed": "series"}.items():
            filler.keep(f"{name}-{key}", by_path[start])
    rejected = filler.batch("rejected", "Not one scan among them", [f"letters/letter-{i:02}.pdf" for i in range(18)])
    filler.end(filler.take(rejected, 18), filler.content.rejected)
    filler.close(rejected)
    failed = filler.batch("failed", "Disk was full", series("disk-full", 24))
    filler.fail(filler.take(failed, 24))
    filler.close(failed)
    retried = filler.batch("retried", "Failed and tried again", series("again", 5))
    filler.fail(filler.take(retried, 5))
    retry_batch(filler.session, retried.id)
    filler.close(retried)
    filler.close(filler.batch("nothing", "Closed without a scan", []))
    filler.keep("poison", poison(filler))


def poison(filler: Filler) -> Claim:
    """A scan whose worker died each time."""
    batch = filler.batch("poison", "One file that kills its worker", ["poison.dcm"])
    filler.close(batch)
    while True:
        taken = filler.take(batch, 1, LOST_SECONDS)
        later = utc_now(filler.session) + timedelta(seconds=2 * LOST_SECONDS)
        if recover_expired(filler.session, now=later).failed:
            return taken[0]


def add_workers(session: Session) -> None:
    """Two workers that analyse, and one for alerts. They are missed unless this is called again every few seconds."""
    examples = analysed_examples()
    for name in (WORKER, "worker-2:1337"):
        worker_seen(session, name, "analysis", examples.release, examples.engine, threads=8)
    worker_seen(session, "worker-1:4712", "alerts", None, None, threads=1)


def add_model(session: Session, seeded: Seeded) -> None:
    """The model that they use, with its card."""
    info = load_release(BRAIN_MRI.release or "").info
    keep_model(session, info.name, info.version, str(BRAIN_MRI.kind), CARD.read_text())
    seeded.models[info.name] = info.version


FILLERS: dict[Variant, Callable[[Filler], None]] = {Variant.FULL: fill_full, Variant.FAILING: fill_failing}

TWO_LESIONS = 9
"""Which of the results with findings has two."""


def series(folder: str, number: int) -> Iterator[str]:
    """File names as an export from an archive has them."""
    for i in range(number):
        yield f"{folder}/series-{i // 20 + 1:03}/slice-{i % 20 + 1:04}.dcm"


def digest(text: str) -> str:
    """A SHA-256 that stands for the bytes of a file; they are not stored, since no page shows them."""
    return hashlib.sha256(text.encode()).hexdigest()
