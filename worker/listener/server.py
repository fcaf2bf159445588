"""The server: who may come in, what is negotiated, and what the log says of each association."""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Callable
from typing import Any, cast

import structlog
from pydicom import config as pydicom_config
from pynetdicom import AE, _config, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.transport import RequestHandler, ThreadedAssociationServer

from shared.blobs import BlobStore
from shared.dicom.classes import EXPLICIT_LITTLE, IMPLICIT_LITTLE, STORAGE_CLASSES, TRANSFER_SYNTAXES, VERIFICATION
from shared.dicom.head import IMPLEMENTATION_NAME, IMPLEMENTATION_UID
from shared.settings import Settings
from worker.listener.connection import MAX_PDU_BYTES, BoundedSocket
from worker.listener.messages import BoundedMessages

WAITING_CONNECTIONS = 10  # beyond the associations: those that have not asked for one yet
REQUEST_SECONDS = 15  # for the association request, from the connection on

log = structlog.get_logger(__name__)


class BoundedServer(ThreadedAssociationServer):
    """Takes only so many connections; `blobs` and `settings` are for what its associations do."""

    daemon_threads = True
    blobs: BlobStore
    settings: Settings

    def get_request(self) -> tuple[socket.socket, Any]:
        """The next connection. A TLS handshake is left to the connection's own thread."""
        listening = cast(socket.socket, self.socket)
        client, address = listening.accept()
        client.settimeout(self.settings.dicom_idle_seconds)
        if self.ssl_context is not None:
            client = self.ssl_context.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
        return client, address

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether there is room for a connection."""
        return len(self.active_associations) < self.settings.dicom_max_associations + WAITING_CONNECTIONS

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke before it was one; socketserver would print where it came from."""
        log.warning("connection_failed", exc_info=True)


class BoundedHandler(RequestHandler):
    """Puts our bounds on each new association."""

    def _create_association(self) -> Association:
        association = super()._create_association()
        server = cast(BoundedServer, self.server)
        seconds = server.settings.dicom_idle_seconds
        association.dul.event_queue.get_nowait()  # that a connection is there, which each socket says when it is made
        association.dul.socket = BoundedSocket(association, self.request, seconds)
        association.dimse = BoundedMessages(association, server.blobs, server.settings.max_file_bytes)
        return association


def start_server(
    settings: Settings, blobs: BlobStore, store: Callable[[Event], Any], context: ssl.SSLContext | None
) -> BoundedServer:
    """A server that listens; call its `serve_forever`. Raises OSError where it cannot listen there."""
    quieten()
    entity = application_entity(settings)
    handlers: list[Any] = [
        (evt.EVT_C_STORE, store),
        (evt.EVT_ACCEPTED, _on_accepted),
        (evt.EVT_REJECTED, lambda event: log.warning("association_rejected")),
        (evt.EVT_ABORTED, lambda event: log.warning("association_aborted")),
        (evt.EVT_CONN_CLOSE, _on_closed),
    ]
    made = entity.make_server(
        (settings.dicom_host, settings.dicom_port),
        ssl_context=context,
        evt_handlers=handlers,
        server_class=BoundedServer,
        request_handler=BoundedHandler,
    )
    server = cast(BoundedServer, made)
    server.blobs, server.settings = blobs, settings
    entity._servers.append(server)
    return server


def application_entity(settings: Settings) -> AE:
    """Our side of each association: what is not listed here is refused in the negotiation."""
    entity = AE(settings.dicom_ae_title)
    entity.require_called_aet = True
    entity.require_calling_aet = list(settings.dicom_senders)
    entity.maximum_associations = settings.dicom_max_associations
    entity.maximum_pdu_size = MAX_PDU_BYTES
    entity.acse_timeout = REQUEST_SECONDS
    entity.dimse_timeout = settings.dicom_idle_seconds
    entity.network_timeout = settings.dicom_idle_seconds
    entity.implementation_class_uid = IMPLEMENTATION_UID
    entity.implementation_version_name = IMPLEMENTATION_NAME
    entity.add_supported_context(VERIFICATION, [IMPLICIT_LITTLE, EXPLICIT_LITTLE])
    for sop_class in STORAGE_CLASSES:
        entity.add_supported_context(sop_class, list(TRANSFER_SYNTAXES))
    return entity


def quieten() -> None:
    """Neither library may write down what a sender says: UIDs and values lead to patients. We say what matters."""
    _config.LOG_HANDLER_LEVEL = "none"
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL + 1)
    pydicom_config.settings.reading_validation_mode = pydicom_config.IGNORE


def _on_accepted(event: Event) -> None:
    """What was refused of an association is told by class: the peer learns as little, and a person must know."""
    refused = [context.abstract_syntax for context in event.assoc.rejected_contexts]
    names = sorted({uid.name for uid in refused if uid is not None})
    known = [name for name in names if not name[:1].isdigit()]
    log.info("association_accepted", refused_classes=known, refused_unknown=len(names) - len(known))


def _on_closed(event: Event) -> None:
    """The connection is closed, by whichever side."""
    association = event.assoc
    cast(BoundedMessages, association.dimse).forget()
    if association.requestor.primitive is None:
        # Its thread would wait on for an association request, and hold a place meanwhile: nothing comes.
        association.dul.to_user_queue.put(None)
