"""An analysis worker that cannot load its models: it ends, and its log says in a sentence why."""

from __future__ import annotations

import json

from shared.processes import Child, Part
from shared.stack import environment, own_command


def test_a_classifier_that_is_not_there_ends_the_worker_with_a_sentence_and_no_trace(installation):
    installation.start_redis()
    settings = installation.settings.model_copy(update={"classifier": "clasic"})
    log = settings.data_dir / "worker.log"
    worker = Child(Part("worker", own_command("worker"), frozenset({"models"})), environment(settings), log)
    installation.children.append(worker)
    installation.wait_for(lambda: worker.exit_code is not None, 60)
    assert worker.exit_code == 1
    (line,) = [json.loads(line) for line in log.read_text().splitlines() if "child_did_not_start" in line]
    assert line["reason"].startswith("There is no classifier 'clasic'; choose one of own, classic")
    assert "exception" not in line
