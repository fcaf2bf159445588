"""How scans come in: which bytes are missing, uploads, and registration of bytes that are already there."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request

from shared.blobs import BlobInfo
from shared.errors import BlobMissingError, ConflictError
from shared.paths import BadPathError, normalise_path
from shared.schemas import BatchView, RegisteredScan, ScanRegister
from shared.states import BatchState
from shared.store import batches
from shared.store.adding import NewScan, add_scans
from web.api.routing import Answer, Routes
from web.api.schemas import AddedScans, HashList, MissingHashes, ScanRegistrations
from web.enqueue import enqueue
from web.problems import ProblemError
from web.services import services
from web.uploads import FIELD, ReceivedFile, receive_files

routes = Routes("submission")
ADDED = Answer("What became of each file, in the order they were sent.", AddedScans)
PART_OVERHEAD = 16 * 1024  # bytes of headers allowed for each part
FORM = {
    "schema": {
        "type": "object",
        "properties": {FIELD: {"type": "array", "items": {"type": "string", "format": "binary"}, "minItems": 1}},
        "required": [FIELD],
        "additionalProperties": False,
    },
    "encoding": {FIELD: {"contentType": "application/octet-stream"}},
}


@routes.post("/blobs/missing", Answer("The hashes to upload.", MissingHashes))
def missing_blobs(body: HashList) -> MissingHashes:
    """Tell which of these files the store lacks, so that only those are uploaded."""
    return MissingHashes(missing=services().blobs.missing(body.sha256))


@routes.post("/batches/{batch_id}/scans", ADDED, problems=(409,))
def register_scans(batch_id: int, body: ScanRegistrations) -> AddedScans:
    """Add scans whose bytes are in the store.

    A file that is refused has an `error` in its entry; the others are added. Adding the same path with the same
    bytes again gives the scan that is there.
    """
    return _add_to_batch(_open_batch(batch_id), [_known(scan) for scan in body.scans])


@routes.post("/batches/{batch_id}/files", ADDED, multipart=FORM, problems=(409,))
def upload_files(batch_id: int) -> AddedScans:
    """Upload files and add them to the batch.

    Each part is named `files`, and its file name is the path of the scan inside the batch. Files are stored while
    they arrive; those that came whole before a connection broke need not be sent again.
    """
    limits = services().settings
    boundary = request.mimetype_params.get("boundary", "")
    if request.mimetype != "multipart/form-data" or not boundary.isascii() or not boundary:
        raise ProblemError(415, "Send the files as multipart/form-data with a boundary.")
    request.max_content_length = limits.max_files_per_request * (limits.max_file_bytes + PART_OVERHEAD)
    batch = _open_batch(batch_id)
    received = receive_files(request.stream, boundary.encode(), services().blobs, limits.max_files_per_request)
    return _add_to_batch(batch, list(received))


def _add_to_batch(batch: BatchView, files: Sequence[ReceivedFile]) -> AddedScans:
    """Add those files that have a blob to the batch, enqueue them, and say what became of each."""
    new = [NewScan(file.path, file.blob.sha256, file.blob.size) for file in files if file.blob is not None]
    with services().database.write() as session:
        added = add_scans(session, batch.id, new)
    enqueue([scan.scan_id for scan in added if scan.scan_id is not None], batch.priority)
    outcomes = iter(added)
    return AddedScans(
        scans=[RegisteredScan(path=file.path, error=file.error) if file.error else next(outcomes) for file in files]
    )


def _known(scan: ScanRegister) -> ReceivedFile:
    try:
        path = normalise_path(scan.path)
        size = services().blobs.path(scan.sha256).stat().st_size
    except BadPathError as error:
        return ReceivedFile(scan.path, error=str(error))
    except BlobMissingError:
        return ReceivedFile(scan.path, error="The store does not have these bytes; upload the file.")
    return ReceivedFile(path, BlobInfo(scan.sha256, size))


def _open_batch(batch_id: int) -> BatchView:
    """Refuse before the body is read, not after."""
    with services().database.read() as session:
        batch = batches.get_batch(session, batch_id)
    if batch.state is BatchState.CLOSED:
        raise ConflictError("The batch is closed: start another one for more scans.")
    return batch
