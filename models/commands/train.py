"""`oncoqueue train`: one trainer for each kind of model, imported when it is called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, cast

import click

from models.errors import ModelsError

TRAINERS: Mapping[str, str] = {
    "classic": "models.commands.train_classifier:train_classic",
    "gate": "models.commands.train_gate:train_gate",
    "type": "models.commands.train_classifier:train_type",
    "network": "models.commands.train_network:train_network",
}
DEFAULT = "network"


class Trainers(click.Group):
    """A group whose commands are named by strings; what names none of them is the model of the trainer of networks."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """`train brain-mri ...` and `train --data ...` go to the trainer of networks."""
        if args and args[0] not in (*TRAINERS, *self.get_help_option_names(ctx)):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All trainers."""
        return list(TRAINERS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the trainer's command, which in turn imports Keras only when it runs."""
        if cmd_name not in TRAINERS:
            return None
        module, _, attribute = TRAINERS[cmd_name].partition(":")
        return cast(click.Command, getattr(importlib.import_module(module), attribute))

    def invoke(self, ctx: click.Context) -> Any:
        """Train; what a person can mend is one sentence and exit code 1."""
        try:
            return super().invoke(ctx)
        except ModelsError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Trainers)
def train() -> None:
    """Train a model: `oncoqueue train brain-mri --data DATA`, or one of the trainers below.

    Each ends in a release with its evaluation and model card. Started again, it goes on where it stopped.
    Research use only.
    """
