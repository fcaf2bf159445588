"""What a run leaves behind after each epoch: checkpoint, history, TensorBoard events. Under any Keras backend."""

from __future__ import annotations

import json
from pathlib import Path

import keras
from tensorboard.summary import Writer

from models.files import replaced

CHECKPOINT = "checkpoint.keras"
HISTORY = "history.jsonl"
EVENTS = "events"


class Progress(keras.callbacks.Callback):
    """After each epoch: a checkpoint (weights, optimizer, averages) and a line of figures, replaced in one step."""

    def __init__(self, run: Path) -> None:
        super().__init__()
        self.run = run

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Save, then say so: a crash in between repeats an epoch and loses nothing."""
        with replaced(self.run / CHECKPOINT) as path:
            self.model.save(path)
        line = {"epoch": epoch + 1, **{k: round(float(v), 5) for k, v in (logs or {}).items()}}
        with (self.run / HISTORY).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


class Events(keras.callbacks.Callback):
    """Each figure by epoch as an event file in `run`/events: `tensorboard --logdir RUN` draws them.

    Losses of training and validation go under one tag, in folders of their own, so that they share a chart.
    """

    def __init__(self, run: Path) -> None:
        super().__init__()
        self.folder = run / EVENTS

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """One file an epoch and part: nothing is held open that an interruption would cut."""
        for part, figures in _by_part(logs or {}).items():
            writer = Writer(str(self.folder / part))
            for name, value in figures.items():
                writer.add_scalar(name, value, epoch + 1)
            writer.close()


def _by_part(logs: dict[str, float]) -> dict[str, dict[str, float]]:
    parts: dict[str, dict[str, float]] = {}
    for name, value in logs.items():
        part = "validation" if name.startswith("val_") else "training"
        parts.setdefault(part, {})[name.removeprefix("val_")] = float(value)
    return parts


class EpochSeeds(keras.callbacks.Callback):
    """Dropout's draws follow from seed and epoch, so that a resumed run draws what an uninterrupted one does.

    A checkpoint does not hold the state of these generators.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Set each generator's state, (seed, counter), to the first draw of this epoch."""
        for layer in self.model.layers:
            if hasattr(layer, "seed_generator"):
                layer.seed_generator.state.assign([self.seed, (epoch + 1) << 20])


def epochs_done(run: Path) -> int:
    """How many epochs the checkpoint in `run` has behind it."""
    history = read_history(run)
    return int(history[-1]["epoch"]) if history and (run / CHECKPOINT).exists() else 0


def read_history(run: Path) -> list[dict[str, float]]:
    """The figures of each epoch that is done, its number among them."""
    path = run / HISTORY
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
