"""Seconds from a result's write-back to its alert in the hands of the mail server and of Slack, on the whole stack.

Run: .venv/bin/python benchmarks/alert_latency.py [ROUNDS]. Each round submits synthetic scans that no round had before,
to a stack with its own SMTP and Slack-like servers on loopback: one alert at once for each urgent scan, and a digest.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from models.synthetic import write_scans
from shared.database import Database
from shared.demo import client_environment
from shared.processes import wait_until
from shared.settings import Settings
from shared.stack import Stack, own_command, running_stack
from shared.states import AlertKind, DeliveryState
from shared.tables import AlertMatchRow, AlertRow, DeliveryRow, ScanRow

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "servers"))

from mail_server import mail_server
from slack_server import slack_server

SCANS = 40
RULES = """
[[rule]]
name = "all"
min_probability = 0.0
min_urgency = 0.0
at_once_urgency = 0.1
at_once_limit = 10
send = ["email:reader@hospital.example", "slack:default", "folder"]
"""

Seconds = dict[tuple[str, str], list[float]]


def submit(stack: Stack, scans: Path) -> None:
    """Submit a folder and wait until its scans are done."""
    line = [*own_command("submit"), str(scans), "--wait", "--json"]
    subprocess.run(line, env=client_environment(stack), stdout=subprocess.PIPE, check=True)


def wait_for_deliveries(database: Database) -> None:
    """Until none waits any more, for at most a minute."""
    open_ones = DeliveryRow.state.in_([DeliveryState.PENDING, DeliveryState.SENDING])

    def none_left() -> bool:
        with database.read() as session:
            return session.scalar(select(func.count()).select_from(DeliveryRow).where(open_ones)) == 0

    if not wait_until(none_left, 60, pause=0.2):
        raise SystemExit("Some alerts were not handed over within a minute.")


def measure(database: Database) -> Seconds:
    """Seconds of each delivery by kind and channel: from the write-back of its scan, or of the last one it tells of."""
    found: Seconds = defaultdict(list)
    told = aliased(ScanRow)
    last = select(func.max(told.updated_at)).join(AlertMatchRow, AlertMatchRow.scan_id == told.id)
    last = last.where(AlertMatchRow.alert_id == AlertRow.id).scalar_subquery()
    query = (
        select(AlertRow.kind, DeliveryRow.channel, DeliveryRow.sent_at, ScanRow.updated_at, last)
        .join(AlertRow, DeliveryRow.alert_id == AlertRow.id)
        .outerjoin(ScanRow, ScanRow.id == AlertRow.scan_id)
        .where(DeliveryRow.state == DeliveryState.SENT)
    )
    with database.read() as session:
        for kind, channel, sent_at, written_at, last_written_at in session.execute(query):
            since = written_at if kind is AlertKind.AT_ONCE else last_written_at
            found[kind, channel].append((sent_at - since).total_seconds())
    return found


def show(found: Seconds) -> None:
    """One line for each kind and channel."""
    for (kind, channel), seconds in sorted(found.items()):
        median, late = np.percentile(seconds, [50, 95])
        print(
            f"{kind:8} {channel:7} n={len(seconds):4}  p50 {median:6.3f} s  p95 {late:6.3f} s  max {max(seconds):.3f} s"
        )


def main() -> None:
    """Run the rounds, then show the latency of all of them."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with ExitStack() as stay:
        folder = Path(stay.enter_context(tempfile.TemporaryDirectory()))
        mail, slack = stay.enter_context(mail_server()), stay.enter_context(slack_server())
        (folder / "rules.toml").write_text(RULES)
        smtp = {"smtp_host": "127.0.0.1", "smtp_port": mail.port, "smtp_security": "none"}
        hook = {"slack_webhook": slack.url(), "alert_rules": folder / "rules.toml"}
        settings = Settings(data_dir=folder / "data", port=0, **smtp, **hook)
        stack = stay.enter_context(running_stack(settings))
        database = Database(settings.database_address)
        for number in range(rounds):
            write_scans(folder / f"scans-{number}", SCANS, seed=100 + number, broken=False)
            submit(stack, folder / f"scans-{number}")
            wait_for_deliveries(database)
        show(measure(database))
        print(f"received: {len(mail.mails)} mails, {len(slack.messages)} Slack messages")
        database.dispose()


if __name__ == "__main__":
    main()
