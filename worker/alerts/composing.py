"""From what the store knows of a delivery to the message that its recipient gets."""

from __future__ import annotations

from shared.blobs import BlobStore
from shared.errors import BlobMissingError
from shared.links import acknowledge_link, public_url
from shared.schemas import DeliveryView
from shared.settings import Settings
from shared.store.alert_subjects import AlertSubject, ToldScan
from worker.alerts.content import AlertMessage, DigestWords, ScanWords
from worker.alerts.words import scan_words, time_words

MAX_DIGEST_SCANS = 25
MAX_PICTURE_BYTES = 3 * 2**20  # mail servers often refuse more than 10 MB, and a phone has to load it
PICTURES = ("overlay", "thumbnail")

MAY_HAVE_COME = "This message may have reached you before: the answer to an earlier try was lost."
LAST_AT_ONCE = "Further urgent findings of this batch are told together, several in one message."


def compose(settings: Settings, blobs: BlobStore, delivery: DeliveryView, subject: AlertSubject) -> AlertMessage:
    """The message of a delivery about its alert."""
    alert, base = subject.alert, public_url(settings)
    one = scan_of(subject.scans[0], base) if alert.scan_id is not None else None
    return AlertMessage(
        name=str(delivery.id),
        key=delivery.key,
        recipient=delivery.recipient,
        subject=subject_line(delivery, subject),
        created=time_words(alert.created_at),
        link=one.link if one else f"{base}/batches/{alert.batch_id}",
        acknowledge=None if alert.acknowledged_at else acknowledge_link(settings, delivery.id),
        notes=tuple(notes(delivery, subject)),
        batch_id=alert.batch_id,
        scan=one,
        digest=None if one else digest_of(subject, base),
        picture=picture_of(blobs, subject.scans[0]) if one and settings.alert_pictures else None,
    )


def subject_line(delivery: DeliveryView, subject: AlertSubject) -> str:
    """The subject, by which a mailbox can be sorted. It names numbers only."""
    alert = subject.alert
    if alert.scan_id is not None:
        line = f"Urgent finding in scan {alert.scan_id} (batch {alert.batch_id})"
    else:
        scans = "1 scan" if subject.total == 1 else f"{subject.total} scans"
        line = f"Batch {alert.batch_id} is done: {scans} to look at"
        if not subject.finished:
            line = f"Batch {alert.batch_id} so far: {scans} more, urgent"
    return f"Escalated: {line}" if delivery.rung else line


def notes(delivery: DeliveryView, subject: AlertSubject) -> list[str]:
    """What the reader must know before all else."""
    alert, said = subject.alert, []
    if delivery.repeat:
        said.append(MAY_HAVE_COME)
    if alert.acknowledged_at is not None:
        said.append(f"This alert was acknowledged at {time_words(alert.acknowledged_at)}.")
    elif delivery.rung:
        said.append(f"Nobody has acknowledged this alert since {time_words(alert.created_at)}: it now comes to you.")
    if alert.last_at_once:
        said.append(LAST_AT_ONCE)
    if subject.told:
        said.append(f"Told one by one before: {subject.told} of this batch.")
    return said


def scan_of(scan: ToldScan, base: str) -> ScanWords:
    """A scan in words, with its page."""
    return scan_words(scan.scan_id, f"{base}/scans/{scan.scan_id}", scan.result)


def digest_of(subject: AlertSubject, base: str) -> DigestWords:
    """A batch in words."""
    scans = tuple(scan_of(scan, base) for scan in subject.scans)
    return DigestWords(tuple(subject.counts.items()), scans, subject.total - len(scans))


def picture_of(blobs: BlobStore, scan: ToldScan) -> bytes | None:
    """The overlay, or the thumbnail where that is too large for a mail; None where neither is there any more.

    An overlay lies as the pixels are stored, and locations are told of the image as displayed: of an image that a
    viewer turns, only the thumbnail, which is upright, agrees with the words.
    """
    upright = scan.result.image is None or scan.result.image.orientation == 1
    for name in PICTURES if upright else PICTURES[1:]:
        try:
            path = blobs.path(scan.images.get(name, ""))
            if path.stat().st_size <= MAX_PICTURE_BYTES:
                return path.read_bytes()
        except (BlobMissingError, FileNotFoundError):
            continue
    return None
