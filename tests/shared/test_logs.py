"""What goes to the logs, and what must not."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from shared.logs import configure_logging


@pytest.fixture
def lines():
    """Configure logging to a stream and give a function that reads what was written."""
    root = logging.getLogger()
    before = list(root.handlers), root.level
    stream = io.StringIO()

    def read(level="info"):
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    read.configure = lambda level: configure_logging(level, stream)
    yield read
    structlog.reset_defaults()
    root.handlers[:], level = before
    root.setLevel(level)


def test_our_messages_are_json_lines(lines):
    lines.configure("info")
    structlog.get_logger("ours").info("scan_settled", scan_id=3)
    (line,) = lines()
    assert (line["event"], line["scan_id"], line["level"], line["logger"]) == ("scan_settled", 3, "info", "ours")


def test_messages_of_libraries_look_the_same(lines):
    lines.configure("info")
    logging.getLogger("theirs").warning("left %s", "over", extra={"scans": 2})
    (line,) = lines()
    assert (line["event"], line["scans"], line["level"], line["logger"]) == ("left over", 2, "warning", "theirs")


def test_paths_and_patients_are_left_out(lines):
    lines.configure("info")
    structlog.get_logger().error("bad", path="/scans/doe_jane.dcm", patient_name="Doe", scan_id=1)
    logging.getLogger("theirs").error("bad", extra={"filename_": 1, "folder": "/scans"})
    assert "doe" not in json.dumps(lines()).lower()
    assert "/scans" not in json.dumps(lines())


def test_paths_may_be_seen_when_debugging(lines):
    lines.configure("debug")
    structlog.get_logger().debug("read", path="a.png")
    assert lines()[0]["path"] == "a.png"


def test_messages_below_the_level_are_not_written(lines):
    lines.configure("warning")
    structlog.get_logger().info("quiet")
    logging.getLogger("theirs").info("quiet")
    assert lines() == []


def test_an_error_comes_with_its_trace(lines):
    lines.configure("info")
    try:
        raise ValueError("wrong")
    except ValueError:
        structlog.get_logger().exception("broke")
    assert "ValueError: wrong" in lines()[0]["exception"]
