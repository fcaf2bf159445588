"""Results: findings as JSON, JSON Lines and CSV, and the pictures that a worker rendered."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response, request, send_file

from shared.objects import DICOM, OBJECTS, PDF, object_file
from shared.schemas import Page, ScanOutcome, ScanResult
from shared.store import batches, results
from web.api.routing import Answer, Routes
from web.api.schemas import ResultListQuery
from web.polling import batch_etag, batch_retry_after, polled, unchanged
from web.problems import ProblemError
from web.results_csv import csv_lines
from web.results_jsonl import json_lines
from web.services import services

routes = Routes("results")
PICTURES = ("original", "overlay", "heatmap", "mask", "thumbnail", "steps", "slices")
DICOM_OBJECTS = tuple(name for name in OBJECTS if name != PDF)
PAGE = Answer("A page of results.", Page[ScanOutcome], headers=("ETag", "Retry-After"))
TEXT = {"type": "string"}
BYTES = {"type": "string", "format": "binary"}
TABLE = Answer("The table.", media_type="text/csv", schema=TEXT, headers=("Content-Disposition",))
LINES = Answer("The lines.", media_type="application/jsonl", schema=TEXT, headers=("Content-Disposition",))
PICTURE = Answer("The picture.", media_type="image/png", schema=BYTES, headers=("ETag",))
OBJECT = Answer("The object.", media_type=DICOM, schema=BYTES, headers=("Content-Disposition", "ETag"))
REPORT = Answer("The page.", media_type="application/pdf", schema=BYTES, headers=("Content-Disposition", "ETag"))


@routes.get("/scans/{scan_id}/result", Answer("The result contract.", ScanResult))
def get_result(scan_id: int) -> ScanResult:
    """Give the result of a scan that is done, rejected or failed; 404 until then."""
    with services().database.read() as session:
        result = results.get_result(session, scan_id)
    if result is None:
        raise ProblemError(404, f"Scan {scan_id} has no result: it is not finished, or was cancelled.")
    return result


@routes.get("/scans/{scan_id}/images/{image}", PICTURE, choices={"image": PICTURES}, conditional=True)
def get_image(scan_id: int, image: str) -> Response:
    """Give a picture of a scan as PNG.

    As it was read, with findings drawn on it, the heat map, the mask, a small one for lists, the preprocessing steps
    side by side, or, of a volume, its slices side by side. A result of an earlier version may lack some: then 404.
    """
    with services().database.read() as session:
        sha256 = results.result_images(session, scan_id).get(image)
    if sha256 is None:
        raise ProblemError(404, f"Scan {scan_id} has no {image}.")
    return _blob(sha256, "image/png", f'inline; filename="scan-{scan_id}-{image}.png"')


@routes.get("/scans/{scan_id}/dicom/{object}", OBJECT, choices={"object": DICOM_OBJECTS}, conditional=True)
def get_dicom(scan_id: int, object: str) -> Response:
    """Give a DICOM object of a scan, for viewers and archives; it carries what the scan's header says of the patient.

    The structured report (sr), the segmentation (seg), the picture with outlines (capture) and, of a scan that was no
    DICOM, the picture that these refer to (source). 404 where workers make no objects (ONCOQUEUE_OBJECTS), and for
    seg where no region is reported.
    """
    return _object(scan_id, object)


@routes.get("/scans/{scan_id}/report", REPORT, conditional=True)
def get_report(scan_id: int) -> Response:
    """Give the page of a scan to print, as PDF; no patient is named in it.

    404 where workers make no objects (ONCOQUEUE_OBJECTS).
    """
    return _object(scan_id, PDF)


@routes.get("/batches/{batch_id}/results", PAGE, conditional=True)
def list_results(batch_id: int, query: ResultListQuery) -> Response:
    """List the results of a batch, by scan id: scans that are done, rejected or failed."""
    with services().database.read() as session:
        batch = batches.get_batch(session, batch_id)
        etag, retry_after = batch_etag(batch), batch_retry_after(batch)
        if answer := unchanged(etag, retry_after):
            return answer
        page = results.list_results(session, batch_id, query.after, query.limit)
    return polled(page, etag, retry_after)


@routes.get("/batches/{batch_id}/results.csv", TABLE)
def results_table(batch_id: int) -> Response:
    """Give the results of a batch as CSV.

    One row for each scan that is done, rejected or failed, by id, with the best of the findings
    that are reported: the one with the highest score. Their number is a column; all of them are in the JSON.
    """
    with services().database.read() as session:
        batch = batches.get_batch(session, batch_id)
    return _file(csv_lines(services().database, batch.id), batch.id, "csv", "text/csv")


@routes.get("/batches/{batch_id}/results.jsonl", LINES)
def results_lines(batch_id: int) -> Response:
    """Give all results of a batch as JSON Lines.

    One line for each scan that is done, rejected or failed, by id: an item of the list of results.
    """
    with services().database.read() as session:
        batch = batches.get_batch(session, batch_id)
    return _file(json_lines(services().database, batch.id), batch.id, "jsonl", "application/jsonl")


def _object(scan_id: int, name: str) -> Response:
    with services().database.read() as session:
        sha256 = results.result_images(session, scan_id).get(name)
    if sha256 is None:
        raise ProblemError(404, f"Scan {scan_id} has no {OBJECTS[name].title}.")
    file = object_file(f"scan-{scan_id}", name)
    return _blob(sha256, OBJECTS[name].media_type, f'attachment; filename="{file}"')


def _blob(sha256: str, media_type: str, disposition: str) -> Response:
    """A file that a worker made."""
    response = send_file(services().blobs.path(sha256), mimetype=media_type, conditional=False, etag=False)
    response.set_etag(sha256)
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["Content-Disposition"] = disposition
    response.make_conditional(request.environ)
    return response


def _file(lines: Iterator[str], batch_id: int, kind: str, media_type: str) -> Response:
    """A download that is sent while it is read."""
    headers = {
        "Content-Disposition": f'attachment; filename="oncoqueue-batch-{batch_id}.{kind}"',
        "Cache-Control": "no-store",
    }
    return Response(lines, content_type=f"{media_type}; charset=utf-8", headers=headers)
