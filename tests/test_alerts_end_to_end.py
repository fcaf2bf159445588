"""From `oncoqueue submit` to the e-mail that its readers get: a real stack, synthetic scans, a real mail server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from mail_server import MailServer, mail_server

from models.release import load_release
from models.synthetic import write_scans
from shared.demo import client_environment
from shared.settings import Settings
from shared.stack import Stack, running_stack

COUNT = 12
PATIENT = "Doe-Jane-19551231"
RULES = """
[[rule]]
name = "oncall"
min_probability = 0.3
min_urgency = 0.0
at_once_urgency = 0.1
at_once_limit = 1
send = ["email:oncall@hospital.example"]
"""


@pytest.fixture(scope="module")
def mails(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, MailServer]]:
    """A stack with one batch done, whose folder and files have a patient's name, and the server that got its mails."""
    folder = tmp_path_factory.mktemp("alerts")
    scans, rules = folder / PATIENT, folder / "rules.toml"
    write_scans(scans, COUNT, seed=3, broken=False)
    for file in [file for file in scans.iterdir() if not file.name.startswith(".")]:
        file.rename(file.with_name(f"{PATIENT}-{file.name}"))
    rules.write_text(RULES)
    with mail_server() as server:
        smtp = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": "none"}
        settings = Settings(data_dir=folder / "data", port=0, alert_rules=rules, sweep_seconds=1, **smtp)
        with running_stack(settings) as stack:
            submit(stack, scans)
            server.wait_for(2, 60)
            yield stack, server


def submit(stack: Stack, scans: Path) -> None:
    line = [sys.executable, "-P", "-m", "shared.cli", "submit", str(scans), "--wait", "--json"]
    environment = {**os.environ, **client_environment(stack)}
    subprocess.run(line, env=environment, capture_output=True, check=True, timeout=170)


def all_text(mail: EmailMessage) -> str:
    return mail.get_body(("plain",)).get_content() + mail.get_body(("html",)).get_content()


def test_the_urgent_finding_comes_at_once_and_the_rest_in_one_digest(mails):
    _, server = mails
    subjects = [mail["Subject"] for mail in server.mails]
    assert len(subjects) == 2
    assert subjects[0].startswith("Urgent finding in scan ")
    assert subjects[1].startswith("Batch 1 is done: ")


def test_the_mail_tells_what_was_found_where_and_by_which_model(mails):
    stack, server = mails
    urgent = server.mails[0]
    said = urgent.get_body(("plain",)).get_content()
    for words in ("Urgency:", "P(tumour):", "P(malignant):", "Size:", " mm", "Location:", "as displayed"):
        assert words in said
    assert any(name in said for name in ("Glioma", "Meningioma", "Pituitary adenoma"))
    assert f"{stack.address}/scans/" in said
    assert f"{stack.address}/alerts/acknowledge/" in said
    assert f"Model brain-mri {load_release('brain-mri').version}" in said
    assert "Research use only" in said
    [picture] = [part for part in urgent.walk() if part.get_content_type() == "image/png"]
    assert picture.get_content().startswith(b"\x89PNG")


def test_no_mail_names_the_file_or_the_batch(mails):
    _, server = mails
    for mail in server.mails:
        assert "Doe" not in all_text(mail)
        assert "19551231" not in mail.as_string()
