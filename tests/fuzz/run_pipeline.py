"""Sends all files of a folder through the pipeline: a line of JSON for each, and at last the most memory it took (kB).

A process of its own, so that its death is seen: `python tests/fuzz/run_pipeline.py FOLDER`.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
import warnings
from pathlib import Path

from models.pipeline import Pipeline, Source


def main(folder: Path) -> None:
    """Print as results come, so that whoever reads knows what was in hand when the process died."""
    logging.basicConfig(level=logging.ERROR)
    warnings.simplefilter("ignore")
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    with Pipeline.load("litert") as pipeline:
        for analysis in pipeline.analyse(Source(path.name, path) for path in sorted(folder.iterdir())):
            line = {"name": analysis.name, "status": analysis.report.status, "reason": analysis.report.reason}
            print(json.dumps(line), flush=True)
    print(json.dumps({"max_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
