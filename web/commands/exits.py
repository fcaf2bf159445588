"""The exit codes of the commands that judge a batch."""

from __future__ import annotations

from enum import IntEnum

from shared.schemas import BatchView


class Exit(IntEnum):
    """What a script can tell from the exit code."""

    ALL_DONE = 0
    COULD_NOT = 1
    SOME_NOT = 2
    INTERRUPTED = 130


HELP = """\b
Exit codes:
  0    all is well: every file was submitted; with --wait or --watch every scan is done
  1    could not: no server, nothing to submit, refused
  2    some files were not submitted, or some scans failed, were rejected or cancelled; or wrong usage
  130  Ctrl-C"""


def judge(batch: BatchView) -> Exit:
    """The code for a finished batch."""
    return Exit.ALL_DONE if batch.counts.done == batch.total else Exit.SOME_NOT
