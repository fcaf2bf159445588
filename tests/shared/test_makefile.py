"""What `make` says of itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_help_prints_the_lines_at_the_top_of_the_makefile() -> None:
    line = ["make", "--no-print-directory", "help"]  # which a make that runs the tests has us print
    printed = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = (ROOT / "Makefile").read_text().partition("\n\n")[0].splitlines()
    assert printed.splitlines() == [line.removeprefix("# ") for line in lines]
    assert {"make demo", "make test", "make setup"} <= {" ".join(line.split()[:2]) for line in printed.splitlines()}
