"""POST /dicomweb/studies: STOW-RS, the store transaction of DICOMweb (PS3.18, 10.5)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from functools import partial

from flask import Blueprint, Flask, Response, request

from shared.arrivals import Arrived
from shared.dicom.errors import DicomHeaderError
from shared.dicom.refusals import RefusedObjectError, Status
from shared.dicom.taking import take_object
from shared.errors import BlobTooLargeError
from shared.states import Scope
from web.access.guard import declare
from web.access.visitor import visitor
from web.dicomweb.answer import MEDIA_TYPE, Outcome, as_dicom_json, http_status
from web.dicomweb.arriving import ArrivingObject
from web.dicomweb.parts import Part, RelatedParts
from web.enqueue import enqueue
from web.problems import ProblemError
from web.services import services
from web.uploads import read_block

OBJECT = "application/dicom"
PART_OVERHEAD = 16 * 1024  # bytes of headers allowed for each part
UNDERSTOOD = {MEDIA_TYPE, "application/json", "application/*", "*/*"}

logger = logging.getLogger(__name__)
blueprint = Blueprint("dicomweb", __name__, url_prefix="/dicomweb")


def install_dicomweb(app: Flask) -> None:
    """Serve it to whoever may submit."""
    app.register_blueprint(blueprint)
    declare(app, "dicomweb.store", (Scope.SUBMIT,))


@blueprint.post("/studies")
def store() -> Response:
    """Store the objects of the request, each in the batch of its study, and say what became of each.

    On an error halfway the objects before it are stored; sent again, they are the scans that are there.
    """
    outcomes: list[Outcome] = []
    arrived: list[Arrived] = []
    for part in _parts():
        if len(outcomes) == services().settings.max_files_per_request:
            raise ProblemError(413, f"A request may carry at most {len(outcomes)} objects; send the rest in another.")
        outcome, scan = _take(part)
        outcomes.append(outcome)
        arrived += [scan] if scan else []
    if not outcomes:
        raise ProblemError(400, "The body has no part.")
    for priority in {scan.priority for scan in arrived}:
        enqueue([scan.scan_id for scan in arrived if scan.priority is priority], priority)
    body = json.dumps(as_dicom_json(outcomes))
    return Response(body, http_status(outcomes), {"Cache-Control": "no-store"}, content_type=MEDIA_TYPE)


def _parts() -> Iterator[Part]:
    """The parts of the body. Raises ProblemError for a request that brings something else or wants something else."""
    if request.args:
        raise ProblemError(400, "This address takes no query parameters.")
    if not {value.lower() for value, _ in request.accept_mimetypes or [("*/*", 1)]} & UNDERSTOOD:
        raise ProblemError(406, f"The answer is {MEDIA_TYPE}.")
    parameters = request.mimetype_params
    if request.mimetype != "multipart/related" or parameters.get("type", OBJECT).lower() != OBJECT:
        raise ProblemError(415, f'Send the objects as multipart/related; type="{OBJECT}".')
    boundary = parameters.get("boundary", "")
    if not boundary.isascii() or not 0 < len(boundary) <= 70:
        raise ProblemError(400, "The content type names no boundary of 1 to 70 characters.")
    limits = services().settings
    request.max_content_length = limits.max_files_per_request * (limits.max_file_bytes + PART_OVERHEAD)
    return iter(RelatedParts(partial(read_block, request.stream), boundary.encode()))


def _take(part: Part) -> tuple[Outcome, Arrived | None]:
    """One object, and the scan that it became."""
    if part.media_type != OBJECT:
        return _refused(Outcome(Status.CANNOT_UNDERSTAND), f"A part is not {OBJECT}."), None
    with ArrivingObject(part, services().blobs) as arriving:
        try:
            identity = arriving.identity()
        except DicomHeaderError as error:
            return _refused(Outcome(Status.CANNOT_UNDERSTAND), str(error)), None
        except BlobTooLargeError as error:
            return _refused(Outcome(Status.OUT_OF_RESOURCES), str(error)), None
        try:
            scan = take_object(services().database, arriving, f"dicomweb {visitor().name or ''}")
        except RefusedObjectError as error:
            return _refused(Outcome(error.status, identity), error.comment), None
    return Outcome(Status.SUCCESS, identity), scan


def _refused(outcome: Outcome, reason: str) -> Outcome:
    """The answer has room for a number only, so the log says why."""
    logger.warning("object_refused", extra={"status": f"0x{outcome.status:04X}", "reason": reason})
    return outcome
