"""The objects of a result that is written back, where `ONCOQUEUE_OBJECTS` asks for them."""

from __future__ import annotations

import json
from collections.abc import Mapping

import structlog

from shared.errors import BlobMissingError, BlobTooLargeError
from shared.schemas import ScanResult
from shared.store.claims import Claim
from worker.resources import Resources

log = structlog.get_logger(__name__)


def objects_of(resources: Resources, claim: Claim, text: str, images: Mapping[str, bytes]) -> dict[str, bytes]:
    """Files by name, for a scan that is done. `text`: its result as JSON.

    None where objects cannot refer to the scan: the result counts all the same, and the log says why. Raises OSError.
    """
    if not resources.settings.objects or "overlay" not in images:
        return {}
    from worker.objects.errors import ObjectsError
    from worker.objects.making import make_objects  # seconds, and only for those who want objects

    result = ScanResult.model_validate({"path": ""} | json.loads(text))
    try:
        with resources.blobs.open(claim.sha256) as scan:
            data = scan.read()
        files = make_objects(data, result, resources.pipeline.release, images["overlay"])
        check_sizes(files, resources.settings.max_file_bytes)
        return files
    except (ObjectsError, BlobMissingError, BlobTooLargeError) as error:
        log.warning("objects_not_made", scan_id=claim.scan_id, reason=str(error))
        return {}


def check_sizes(files: Mapping[str, bytes], max_bytes: int) -> None:
    """Before they are stored with the result, which would fail with them. Raises BlobTooLargeError."""
    if any(len(content) > max_bytes for content in files.values()):
        raise BlobTooLargeError(max_bytes)
