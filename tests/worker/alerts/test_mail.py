"""What a mail holds."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser

import pytest

from worker.alerts.content import RESEARCH_USE_ONLY
from worker.alerts.mail import build_mail

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.fixture
def sender(settings):
    return settings.model_copy(update={"smtp_from": "Radiology <alerts@hospital.example>"})


def html_of(mail) -> str:
    return mail.get_body(("html",)).get_content()


def text_of(mail) -> str:
    return mail.get_body(("plain",)).get_content()


@pytest.mark.parametrize("read", [html_of, text_of])
def test_a_finding_is_told_with_all_its_figures(sender, make_message, read):
    said = read(build_mail(make_message(), sender))
    for words in ("Glioma", "93 %", "88 % (malignant)", "23.4 x 15.2 mm", "upper left of the head", "0.91"):
        assert words in said
    for words in ("brain-mri 1.0", RESEARCH_USE_ONLY, "/scans/17", "/alerts/acknowledge/token", "Batch 3"):
        assert words in said


def test_the_picture_is_inline_and_shown(sender, make_message):
    mail = build_mail(make_message(picture=PNG), sender)
    [picture] = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert picture.get_content() == PNG
    assert picture.get_content_disposition() == "inline"
    assert f"cid:{picture['Content-ID'].strip('<>')}" in html_of(mail)
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "multipart/related"]


def test_without_a_picture_none_is_asked_for(sender, make_message):
    assert "<img" not in html_of(build_mail(make_message(), sender))


def test_the_message_id_is_the_same_for_each_try_and_differs_between_deliveries(sender, make_message):
    first, again = (build_mail(make_message(notes=notes), sender)["Message-ID"] for notes in ((), ("again",)))
    assert first == again
    assert re.fullmatch(r"<[0-9a-f]{32}@hospital\.example>", first)
    assert first != build_mail(make_message(key="other"), sender)["Message-ID"]


def test_nobody_answers_it_by_machine(sender, make_message):
    mail = build_mail(make_message(), sender)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"


def test_only_what_is_urgent_says_so(sender, make_message, digest):
    assert build_mail(make_message(), sender)["Importance"] == "high"
    assert build_mail(make_message(scan=None, digest=digest), sender)["Importance"] is None


@pytest.mark.parametrize("read", [html_of, text_of])
def test_a_digest_lists_its_scans(sender, make_message, digest, read):
    said = read(build_mail(make_message(scan=None, digest=digest), sender))
    for words in ("120 done", "2 rejected", "and 4 more", "/scans/17", "/scans/18", "/scans/19", "Glioma", "40 %"):
        assert words in said


@pytest.mark.parametrize("read", [html_of, text_of])
def test_a_digest_says_how_many_more_findings_a_scan_has_and_that_one_is_in_doubt(sender, make_message, digest, read):
    first, second, third = digest.scans
    several = (
        dataclasses.replace(first, findings=first.findings * 3, more=2, others_in_doubt=True),
        dataclasses.replace(second, findings=second.findings * 2),
        third,
    )
    said = read(build_mail(make_message(scan=None, digest=dataclasses.replace(digest, scans=several)), sender))
    assert "and 4 more findings (in doubt)" in said
    assert said.count("(in doubt)") == 1
    assert re.search(r"and 1 more finding\b(?!s)", said)
    assert said.count("more finding") == 2


def test_what_goes_into_html_is_escaped(sender, make_message):
    assert "&lt;script&gt;" in html_of(build_mail(make_message(notes=("<script>",)), sender))


def test_a_note_comes_before_the_findings(sender, make_message):
    said = text_of(build_mail(make_message(notes=("It may have reached you before.",)), sender))
    assert said.index("reached you before") < said.index("Glioma")


@pytest.mark.parametrize("with_digest", [False, True])
def test_every_element_is_closed(sender, make_message, digest, with_digest):
    changes = {"scan": None, "digest": digest} if with_digest else {"picture": PNG}
    checker = Balance()
    checker.feed(html_of(build_mail(make_message(**changes), sender)))
    assert checker.open == []


def test_every_line_is_short_ascii(sender, make_message):
    data = build_mail(make_message(notes=("höher " * 400,)), sender).as_bytes()
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    ("changes", "address"),
    [
        ({"smtp_from": "a@b.example"}, "a@b.example"),
        ({"smtp_user": "user@c.example"}, "user@c.example"),
        ({"smtp_from": "a@b.example", "smtp_user": "user@c.example"}, "a@b.example"),
    ],
)
def test_the_sender_is_the_setting_or_the_user(settings, make_message, changes, address):
    mail = build_mail(make_message(), settings.model_copy(update=changes))
    assert mail["From"].addresses[0].addr_spec == address


def test_without_settings_the_sender_is_of_this_host(settings, make_message):
    assert build_mail(make_message(), settings)["From"].addresses[0].username == "oncoqueue"


class Balance(HTMLParser):
    """Elements that were opened and not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in {"meta", "br", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
