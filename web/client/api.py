"""The API as Python methods: typed in, typed out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self, TypeVar

from pydantic import BaseModel

from shared.addresses import server_address
from shared.objects import PDF
from shared.schemas import (
    AlertListItem,
    AlertView,
    BatchCreate,
    BatchView,
    Page,
    RegisteredScan,
    ScanOutcome,
    ScanRegister,
    ScanResult,
    ScanView,
)
from shared.settings import Settings
from web.api.schemas import AddedScans, HashList, MissingHashes, ScanRegistrations
from web.client.errors import ApiError
from web.client.files import LocalFile
from web.client.multipart import MultipartFiles
from web.client.transport import Transport, retry_after

PATIENCE_SECONDS = 5.0
LONG_PATIENCE_SECONDS = 120.0  # outlasts a restart of the server
PAGE_ITEMS = 200
POLL_SECONDS = 2.0
ModelT = TypeVar("ModelT", bound=BaseModel)
JSON = {"Content-Type": "application/json"}


class Client:
    """A server's API. Methods raise ApiError where it refuses, ServerAwayError where it does not answer, and
    WrongServerError where what answers is not the server meant."""

    def __init__(
        self,
        server_url: str,
        token: str | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
        ca_file: Path | None = None,
    ) -> None:
        """`patience_seconds`: how long a request is tried again while the server is away or busy.

        `ca_file`: PEM of certificates to trust beside those that the system trusts.
        """
        self._transport = Transport(server_url, token, patience_seconds, ca_file)

    @classmethod
    def from_settings(cls, settings: Settings, patience_seconds: float = PATIENCE_SECONDS) -> Self:
        """The client for the server that the settings name. Raises SettingsError."""
        token = settings.api_token.get_secret_value() if settings.api_token else None
        return cls(server_address(settings), token, patience_seconds, settings.server_ca_file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.close()

    def stop(self) -> None:
        """Make requests that wait for the server give up with StoppedError. May be called from another thread."""
        self._transport.stop()

    def create_batch(self, batch: BatchCreate) -> BatchView:
        """A new batch, or the open one with the same client key."""
        return self._post("/batches", BatchView, batch)

    def batch(self, batch_id: int) -> BatchView:
        """How far a batch is."""
        return self._get(f"/batches/{batch_id}", BatchView)

    def batches(self, limit: int) -> list[BatchView]:
        """The newest batches."""
        return self._get("/batches", Page[BatchView], {"limit": limit}).items

    def watch(self, batch_id: int) -> Iterator[BatchView]:
        """The batch now and after each change, until it is finished."""
        etag = ""
        while True:
            headers = {"If-None-Match": etag} if etag else {}
            response = self._transport.request("GET", f"/api/v1/batches/{batch_id}", headers=headers)
            if response.status_code == 200:
                etag = response.headers.get("ETag", "")
                batch = BatchView.model_validate_json(response.content)
                yield batch
                if batch.finished:
                    return
            self._transport.pause(retry_after(response) or POLL_SECONDS)

    def close_batch(self, batch_id: int) -> BatchView:
        """Say that no more scans will come."""
        return self._post(f"/batches/{batch_id}/close", BatchView)

    def cancel_batch(self, batch_id: int) -> BatchView:
        """Cancel what is not finished."""
        return self._post(f"/batches/{batch_id}/cancel", BatchView)

    def retry_batch(self, batch_id: int) -> BatchView:
        """Try failed and cancelled scans again."""
        return self._post(f"/batches/{batch_id}/retry", BatchView)

    def alerts(self, limit: int, open_only: bool = False) -> list[AlertListItem]:
        """The newest alerts; with `open_only` of those that nobody has acknowledged."""
        show = "open" if open_only else "all"
        return self._get("/alerts", Page[AlertListItem], {"limit": limit, "show": show}).items

    def acknowledge_alert(self, alert_id: int) -> AlertView:
        """Say that somebody has seen the alert."""
        return self._post(f"/alerts/{alert_id}/acknowledge", AlertView)

    def missing(self, hashes: Sequence[str]) -> set[str]:
        """Those of the hashes whose bytes the server lacks."""
        return set(self._post("/blobs/missing", MissingHashes, HashList(sha256=list(hashes))).missing)

    def register(self, batch_id: int, scans: Sequence[ScanRegister]) -> list[RegisteredScan]:
        """Add scans whose bytes the server has; one entry for each, in order."""
        request = ScanRegistrations(scans=list(scans))
        return self._post(f"/batches/{batch_id}/scans", AddedScans, request).scans

    def upload(
        self, batch_id: int, files: Sequence[LocalFile], check: Callable[[], None] = lambda: None
    ) -> list[RegisteredScan]:
        """Send files and add them to the batch; one entry for each, in order. Raises FileChangedError.

        `check` is called while bytes are sent; what it raises ends the upload.
        """
        form = MultipartFiles(files, check)
        headers = {"Content-Type": form.content_type}
        path = f"/api/v1/batches/{batch_id}/files"
        response = self._transport.request("POST", path, content=form.body, headers=headers)
        return AddedScans.model_validate_json(response.content).scans

    def scans(self, batch_id: int) -> Iterator[ScanView]:
        """All scans of a batch, by id."""
        return self._pages(f"/batches/{batch_id}/scans", Page[ScanView])

    def worklist(self, batch_id: int) -> Iterator[ScanView]:
        """All scans of a batch, the most urgent first."""
        return self._pages(f"/batches/{batch_id}/worklist", Page[ScanView])

    def results(self, batch_id: int) -> Iterator[ScanOutcome]:
        """All results of a batch, by scan id."""
        return self._pages(f"/batches/{batch_id}/results", Page[ScanOutcome])

    def result(self, scan_id: int) -> ScanResult:
        """The result of one scan."""
        return self._get(f"/scans/{scan_id}/result", ScanResult)

    def results_csv(self, batch_id: int) -> AbstractContextManager[Iterator[bytes]]:
        """The results of a batch as CSV, as it arrives."""
        return self._transport.download(f"/api/v1/batches/{batch_id}/results.csv")

    def image(self, scan_id: int, name: str) -> bytes | None:
        """A picture of a scan as PNG; None where it has none."""
        return self._file(f"/api/v1/scans/{scan_id}/images/{name}")

    def object(self, scan_id: int, name: str) -> bytes | None:
        """An object of a scan, by its name in `shared.objects`; None where there is none."""
        part = "report" if name == PDF else f"dicom/{name}"
        return self._file(f"/api/v1/scans/{scan_id}/{part}")

    def _file(self, path: str) -> bytes | None:
        try:
            return self._transport.request("GET", path).content
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def _pages(self, path: str, kind: type[Page[ModelT]]) -> Iterator[ModelT]:
        query: dict[str, str | int] = {"limit": PAGE_ITEMS}
        while True:
            page = self._get(path, kind, query)
            yield from page.items
            if page.next is None:
                return
            query["after"] = page.next

    def _get(self, path: str, kind: type[ModelT], params: dict[str, str | int] | None = None) -> ModelT:
        return kind.model_validate_json(self._transport.request("GET", "/api/v1" + path, params=params).content)

    def _post(self, path: str, kind: type[ModelT], body: BaseModel | None = None) -> ModelT:
        content = body.model_dump_json().encode() if body else None
        response = self._transport.request("POST", "/api/v1" + path, content=content, headers=JSON if body else {})
        return kind.model_validate_json(response.content)
