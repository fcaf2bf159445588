"""What a channel is: a way to hand one message to one recipient."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from worker.alerts.content import AlertMessage

HandOver = Callable[[], None]
Stopping = Callable[[], bool]


def never() -> bool:
    """Nobody asks us to stop."""
    return False


class Channel(Protocol):
    """Used as a `with` block, for any number of messages one after another; connections are kept between them."""

    def send(self, message: AlertMessage, hand_over: HandOver) -> str | None:
        """Hand the message over and give what the far side said. Calls `hand_over` just before its bytes go out.

        Raises:
            DeliveryError: it was not handed over, or perhaps was.
            ClaimLostError: what `hand_over` raised; nothing went out.
        """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
