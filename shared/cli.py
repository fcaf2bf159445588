"""The root of the command line. A command's module is imported when it is called, so that help is quick."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import click

from shared.errors import OncoQueueError
from shared.processes import die_with_parent

OUR_PACKAGES = frozenset({"shared", "web", "worker", "models"})


@dataclass(frozen=True)
class Entry:
    """A command: `module:attribute`, its line in the help, and the extra that its libraries come with."""

    target: str
    summary: str
    extra: str | None = None


COMMANDS: Mapping[str, Entry] = {
    "demo": Entry("shared.demo:demo", "Run the main job once on synthetic scans, or on your own.", "worker"),
    "up": Entry("shared.up:up", "Start everything on this machine, and stop it on Ctrl-C."),
    "submit": Entry("web.commands.submit:submit", "Send the scans of a directory to the server."),
    "status": Entry("web.commands.status:status", "Show how far batches are."),
    "results": Entry("web.commands.results:results", "Fetch the results of a batch."),
    "cancel": Entry("web.commands.cancel:cancel", "Cancel what a batch has not finished."),
    "retry": Entry("web.commands.retry:retry", "Run the failed and cancelled scans of a batch again."),
    "alerts": Entry("web.commands.alerts:alerts", "Show what was told, and whether somebody has seen it."),
    "acknowledge": Entry("web.commands.acknowledge:acknowledge", "Say that somebody has seen an alert."),
    "predict": Entry("worker.commands.predict:predict", "Analyse files here, without queue or server.", "worker"),
    "web": Entry("web.commands.web:web", "Run the web server."),
    "worker": Entry("worker.commands.worker:worker", "Run an analysis worker.", "worker"),
    "alert-worker": Entry("worker.commands.alert_worker:alert_worker", "Run the worker for alerts and housekeeping."),
    "test-alert": Entry("worker.commands.try_alert:try_alert", "Send a test message by email, to slack or a folder."),
    "beat": Entry("worker.commands.beat:beat", "Run the clock that sends the periodic tasks; one for all hosts."),
    "dicom-listener": Entry(
        "worker.commands.dicom_listener:dicom_listener", "Take in what a PACS sends by DICOM.", "worker"
    ),
    "watch": Entry("worker.commands.watch:watch", "Take in what is put into a folder."),
    "user": Entry("web.commands.user:user", "Manage who may log in."),
    "token": Entry("web.commands.token:token", "Manage the tokens that programs come in with."),
    "migrate": Entry("shared.migrate:migrate", "Bring the database to this version."),
    "check": Entry("shared.check:check", "Say whether Redis and the database answer."),
    "pack": Entry("models.commands.pack:pack", "Read annotated scans once, for trainings here or elsewhere.", "train"),
    "train": Entry("models.commands.train:train", "Train a network.", "train"),
    "evaluate": Entry("models.commands.evaluate:evaluate", "Measure a trained network on labelled scans.", "train"),
    "cut-regions": Entry("models.commands.cut_regions:cut_regions", "Cut tumours out, to train on.", "train"),
    "models": Entry("models.commands.show_models:models", "List the models, or show a model's card.", "worker"),
    "demo-scans": Entry("models.commands.demo_scans:demo_scans", "Write synthetic scans to try things with.", "worker"),
}


class LazyGroup(click.Group):
    """A group whose commands are named by strings; an error of ours becomes one line and exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of use, not of the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command; one sentence where its libraries are not installed."""
        if cmd_name not in COMMANDS:
            return None
        with explained_imports(cmd_name):
            return load_command(COMMANDS[cmd_name].target)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError:
            with explained_imports(ctx.invoked_subcommand):
                raise
        except OncoQueueError as error:
            raise click.ClickException(str(error)) from error


def load_command(target: str) -> click.Command:
    """The command at `module:attribute`."""
    module, _, attribute = target.partition(":")
    return cast(click.Command, getattr(importlib.import_module(module), attribute))


@contextmanager
def explained_imports(name: str | None) -> Iterator[None]:
    """Say of a library that is not installed which extra brings it."""
    extra = COMMANDS[name].extra if name else None
    try:
        yield
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if extra is None or module in OUR_PACKAGES:
            raise
        raise click.ClickException(
            f"'oncoqueue {name}' needs {module}, which is not installed: `make setup` beside the source brings "
            f"it (the extra '{extra}')."
        ) from error


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="oncoqueue", prog_name="oncoqueue")
def cli() -> None:
    """Find, classify and measure tumours in X-rays and MRIs, in bulk.

    Research use only: not a medical device.
    """


def main() -> None:
    """The console script."""
    die_with_parent()
    cli(prog_name="oncoqueue")


if __name__ == "__main__":
    main()
