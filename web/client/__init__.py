"""The HTTP client: what the commands use, and what another program may."""

from __future__ import annotations

from web.client.api import Client
from web.client.errors import ApiError, ServerAwayError, WrongServerError
from web.client.files import LeftOut, LocalFile, Skipped

__all__ = ["ApiError", "Client", "LeftOut", "LocalFile", "ServerAwayError", "Skipped", "WrongServerError"]
