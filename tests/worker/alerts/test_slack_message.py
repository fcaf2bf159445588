"""What Slack is sent."""

from __future__ import annotations

import dataclasses

from worker.alerts.content import RESEARCH_USE_ONLY
from worker.alerts.slack_message import build_slack


def texts(body) -> str:
    """All that a reader sees."""
    parts = []
    for block in body["blocks"]:
        parts += [block["text"]["text"]] if "text" in block else []
        parts += [element["text"] for element in block.get("elements", [])]
    return "\n".join(parts)


def test_a_finding_is_told_with_all_its_figures(make_message):
    said = texts(build_slack(make_message()))
    for words in ("Glioma", "93 %", "88 % (malignant)", "23.4 x 15.2 mm", "upper left of the head", "Urgency 0.91"):
        assert words in said
    assert "brain-mri 1.0" in said
    assert RESEARCH_USE_ONLY in said
    assert "<http://q.example/scans/17|Open in OncoQueue>" in said
    assert "<http://q.example/alerts/acknowledge/token|Acknowledge>" in said


def test_the_block_id_is_the_same_for_each_try_and_differs_between_deliveries(make_message):
    first, second = build_slack(make_message()), build_slack(make_message(notes=("It may have reached you before.",)))
    assert first["blocks"][0]["block_id"] == second["blocks"][0]["block_id"]
    assert "before" in texts(second)
    assert first["blocks"][0]["block_id"] != build_slack(make_message(key="other"))["blocks"][0]["block_id"]


def test_slacks_own_characters_are_escaped(make_message):
    assert "a &lt;b&gt; &amp; c" in texts(build_slack(make_message(notes=("a <b> & c",))))


def test_a_digest_of_many_scans_keeps_slacks_bounds(make_message, digest):
    long = dataclasses.replace(digest.scans[0], findings=(dataclasses.replace(digest.scans[0].findings[0]),))
    body = build_slack(make_message(scan=None, digest=dataclasses.replace(digest, scans=(long,) * 25)))
    assert len(body["blocks"]) <= 50
    assert all(len(block["text"]["text"]) <= 3000 for block in body["blocks"] if "text" in block)
    assert texts(body).count("|Scan 17>") == 25
    assert "and 4 more" in texts(body)


def test_a_digest_gives_the_probability_of_a_tumour_and_says_how_many_more_findings_there_are(make_message, digest):
    first, second, third = digest.scans
    several = dataclasses.replace(first, findings=first.findings * 3, others_in_doubt=True)
    body = build_slack(make_message(scan=None, digest=dataclasses.replace(digest, scans=(several, second, third))))
    said = texts(body)
    assert said.count("P(tumour) 80 %") == 3
    assert said.count("P(tumour) 93 %") == 3
    assert said.count("more finding") == 1
    assert "and 2 more findings (in doubt)" in said


def test_slack_is_asked_for_no_preview_of_our_pages(make_message):
    body = build_slack(make_message())
    assert body["unfurl_links"] is False
    assert body["unfurl_media"] is False
