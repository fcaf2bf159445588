"""Why a message was not handed over; each error carries what the drain decides by."""

from __future__ import annotations

from shared.errors import OncoQueueError
from worker.alerts.redaction import redacted

MAX_REASON = 300


class DeliveryError(OncoQueueError):
    """The message was not handed over, or nobody can say whether it was. `reason` is one sentence for a person.

    What a far side said is in the reason without links and addresses, and not in `logged`: there its `code` stands.

    permanent: the same message to the same recipient will fail again.
    unsure: the far side may have taken it, its answer was lost.
    retry_after: seconds that the far side asks us to wait.
    whole_recipient: whatever else waits for this recipient would fail too.
    whole_channel: whatever else waits on this channel would fail too.
    tries: so many failures for this very reason make it permanent.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool = False,
        unsure: bool = False,
        retry_after: float | None = None,
        whole_recipient: bool = False,
        whole_channel: bool = False,
        tries: int | None = None,
        code: str | None = None,
    ) -> None:
        self.reason = redacted(reason)[:MAX_REASON]
        self.logged = self.reason if code is None else code
        super().__init__(self.reason)
        self.permanent = permanent
        self.unsure = unsure
        self.retry_after = retry_after
        self.whole_recipient = whole_recipient
        self.whole_channel = whole_channel
        self.tries = tries


class ClaimLostError(OncoQueueError):
    """Just before its bytes would have gone out, the delivery turned out to be in other hands, or to be settled."""
