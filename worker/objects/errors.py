"""Why there are no objects of a scan."""

from __future__ import annotations

from shared.errors import OncoQueueError


class ObjectsError(OncoQueueError):
    """No objects can be made of this scan or its result; the message says why."""
