"""`oncoqueue test-alert`: does a message get through, and if not, why."""

from __future__ import annotations

import sys

import click

from shared.alerting.rules import Target, load_policy, slack_webhooks
from shared.alerting.targets import FOLDER
from shared.errors import SettingsError
from shared.settings import Settings, load_settings
from worker.alerts.errors import DeliveryError
from worker.alerts.registry import CHANNELS
from worker.alerts.trial import recipients, send_trial


@click.command("test-alert")
@click.argument("channel", type=click.Choice(list(CHANNELS)))
@click.option("--to", "recipient", help="An address or a webhook's name; else all that the rules name.")
def try_alert(channel: str, recipient: str | None) -> None:
    """Send a test message by email, to slack or into the folder, just as alerts are sent.

    Exits with 1 where one was not handed over.
    """
    settings = load_settings()
    results = [tell(settings, channel, name) for name in chosen(settings, channel, recipient)]
    sys.exit(0 if all(results) else 1)


def chosen(settings: Settings, channel: str, recipient: str | None) -> tuple[str, ...]:
    """The recipients to try. Raises SettingsError where there are none, UsageError where `--to` is not one."""
    if recipient is not None:
        try:
            return (Target.parse(f"{channel}:{recipient}").recipient,)
        except ValueError as error:
            raise click.UsageError(f"--to: {error}.") from error
    found = recipients(load_policy(settings), channel)
    if found:
        return found
    if channel == "email":
        raise SettingsError("No rule names an e-mail address: say --to ADDRESS, or set ONCOQUEUE_ALERT_TO.")
    names = tuple(slack_webhooks(settings)) if channel == "slack" else ("default",)
    if not names:
        raise SettingsError("No Slack webhook is set: set ONCOQUEUE_SLACK_WEBHOOK.")
    return names


def tell(settings: Settings, channel: str, recipient: str) -> bool:
    """Try one recipient and say in plain words what happened."""
    try:
        answer = send_trial(settings, channel, recipient)
    except DeliveryError as error:
        click.echo(f"{channel} to {recipient}: not sent. {error.reason}", err=True)
        if error.unsure:
            click.echo("It may have arrived all the same: look there.", err=True)
        return False
    if channel == "folder":
        click.echo(f"Written to {settings.data_dir / 'alerts'}: {answer} and the Slack message beside it.")
    else:
        click.echo(f"{channel} to {recipient}: handed over. The answer was: {answer}")
    if missing := what_is_missing(settings, Target(channel, recipient)):
        click.echo(f"No rule sends there yet: {missing}")
    return True


def what_is_missing(settings: Settings, target: Target) -> str:
    """What to set so that real alerts reach this recipient too; empty where they do."""
    try:
        reached = load_policy(settings).all_targets
    except SettingsError as error:
        return str(error)
    if target in reached:
        return ""
    if settings.alert_rules is not None:
        return f"name {target} in {settings.alert_rules}."
    # Whoever has connected something has looked at the files.
    kept = reached if any(other.channel != FOLDER for other in reached) else ()
    return f"set ONCOQUEUE_ALERT_TO={','.join(map(str, (*kept, target)))}"
