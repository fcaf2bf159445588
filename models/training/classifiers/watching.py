"""How far a training is: a bar on a terminal, a line an epoch in a log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

log = logging.getLogger(__name__)


@contextmanager
def watching(epochs: int, steps: int) -> Iterator[keras.callbacks.Callback]:
    """The bar where stderr is a terminal, else the lines. However the block ends, the terminal is left as it was."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield EpochLines(epochs)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.fields[figures]}"), console=console) as progress:
        yield EpochBar(progress, epochs, steps)


class EpochLines(keras.callbacks.Callback):
    """One line an epoch."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self._epochs = epochs

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Log the epoch's figures."""
        log.info("epoch %d of %d: %s", epoch + 1, self._epochs, _figures(logs))


class EpochBar(keras.callbacks.Callback):
    """Steps of all epochs on one bar, with the figures of the epoch before."""

    def __init__(self, progress: Progress, epochs: int, steps: int) -> None:
        super().__init__()
        self._progress, self._epochs, self._steps = progress, epochs, steps
        self._task = progress.add_task("Training", total=epochs * steps, figures="")

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Where a resumed run stands."""
        self._progress.update(
            self._task, completed=epoch * self._steps, description=f"Epoch {epoch + 1} of {self._epochs}"
        )

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """One step on."""
        self._progress.advance(self._task)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """The epoch's figures."""
        self._progress.update(self._task, figures=_figures(logs))


def _figures(logs: dict[str, float] | None) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in (logs or {}).items())
