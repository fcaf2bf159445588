"""From a claim to its result: real store, real blobs, a pipeline that does what the scans' bytes say."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from sqlalchemy.exc import DataError

from shared.states import ScanState
from shared.store.claims import Claim, claim, renew
from shared.store.results import get_result, result_images
from shared.store.scans import cancel_scan, retry_scan
from shared.store.sweep import recover_expired
from worker import analysis, engine, in_hand, leases
from worker.analysis import analyse_scans
from worker.feed import MISSING_REASON
from worker.leases import Leases
from worker.resources import Resources
from worker.write_back import NO_RESULT_REASON

CANCELLED, DONE, FAILED, QUEUED, RECEIVED, REJECTED = (
    ScanState(name) for name in ("cancelled", "done", "failed", "queued", "received", "rejected")
)


@pytest.fixture
def pipeline(scripted):
    return scripted.ScriptedPipeline()


@pytest.fixture
def resources(any_installation, pipeline, monkeypatch):
    monkeypatch.setattr(engine, "load_pipeline", lambda settings: pipeline)
    ours = Resources(any_installation.settings, any_installation.celery)
    yield ours
    ours.database.dispose()


def between(pipeline, monkeypatch, number, action):
    """Run `action` after the pipeline has given its result number `number`."""
    analyse = pipeline.analyse

    def interrupted(sources):
        for index, found in enumerate(analyse(sources)):
            if index == number:
                action()
            yield found

    monkeypatch.setattr(pipeline, "analyse", interrupted)


def leave_to_run_alone(installation, ids):
    """A worker died with these scans."""
    with installation.database.write() as session:
        claim(session, ids, "a dead worker", 1, datetime.now(UTC) - timedelta(days=1))
        recover_expired(session)


def test_a_scan_gets_its_result_and_its_pictures(any_installation, resources, scripted, scripts):
    ids = any_installation.add(scripts(1))
    analyse_scans(resources, ids)
    with any_installation.database.read() as session:
        result = get_result(session, ids[0])
        pictures = result_images(session, ids[0])
    assert (result.status, result.path, result.tumor_probability) == ("done", "000.json", 0.5)
    assert any_installation.blobs.path(pictures["original"]).read_bytes().startswith(scripted.PICTURE)


def test_each_scan_ends_in_its_own_way(any_installation, resources, scripts):
    ids = any_installation.add([{"reject": "It is no image."}, {"fail": "We are at fault."}, *scripts(1)])
    analyse_scans(resources, ids)
    scans = [any_installation.scan(number) for number in ids]
    assert [(scan.state, scan.reason) for scan in scans] == [
        (REJECTED, "It is no image."),
        (FAILED, "We are at fault."),
        (DONE, None),
    ]


def test_a_scan_that_breaks_the_pipeline_fails_and_its_neighbours_are_done(any_installation, resources, scripts):
    ids = any_installation.add([*scripts(5), {"raise": True}, *scripts(2)])
    analyse_scans(resources, ids)
    assert any_installation.states(ids) == {DONE: 7, FAILED: 1}
    assert any_installation.scan(ids[5]).reason == "The analysis broke off: RuntimeError."


def test_the_same_bytes_are_not_analysed_again(any_installation, resources, pipeline, monkeypatch, scripts):
    script = scripts(1)
    analyse_scans(resources, any_installation.add(script))
    monkeypatch.setattr(pipeline, "_analysis", lambda *_: pytest.fail("analysed again"))
    again = any_installation.add(script)
    analyse_scans(resources, again)
    assert any_installation.states(again) == {DONE: 1}


def test_bytes_that_were_rejected_are_rejected_again_without_analysis(
    any_installation, resources, pipeline, monkeypatch
):
    analyse_scans(resources, any_installation.add([{"reject": "It is no image."}]))
    monkeypatch.setattr(pipeline, "_analysis", lambda *_: pytest.fail("analysed again"))
    again = any_installation.add([{"reject": "It is no image."}])
    analyse_scans(resources, again)
    assert any_installation.scan(again[0]).reason == "It is no image."


def test_another_release_analyses_the_same_bytes_again(any_installation, resources, pipeline, monkeypatch, scripts):
    script = scripts(1)
    analyse_scans(resources, any_installation.add(script))
    again = any_installation.add(script)
    calls = []
    between(pipeline, monkeypatch, 0, lambda: calls.append(1))
    monkeypatch.setattr(pipeline, "release", "scripted-2", raising=False)
    analyse_scans(resources, again)
    assert calls == [1]
    assert any_installation.states(again) == {DONE: 1}


def test_a_scan_whose_file_is_gone_fails_and_can_be_retried(any_installation, resources, scripts):
    script = scripts(2)
    ids = any_installation.add(script)
    gone = hashlib.sha256(json.dumps(script[0]).encode()).hexdigest()
    any_installation.blobs.path(gone).unlink()
    analyse_scans(resources, ids)
    assert any_installation.scan(ids[0]).reason == MISSING_REASON
    assert any_installation.states(ids) == {FAILED: 1, DONE: 1}
    any_installation.blobs.put(json.dumps(script[0]).encode())
    with any_installation.database.write() as session:
        retry_scan(session, ids[0])
    analyse_scans(resources, ids)
    assert any_installation.states(ids) == {DONE: 2}


def test_single_scans_are_topped_up_with_others_that_wait(any_installation, resources, scripts):
    ids = any_installation.add(scripts(30))
    analyse_scans(resources, ids[:1])
    assert any_installation.states(ids) == {DONE: 30}


def test_scans_seen_before_do_not_end_the_topping_up(any_installation, resources, scripts):
    seen = scripts(any_installation.settings.chunk_size)
    analyse_scans(resources, any_installation.add(seen))
    ids = [scan_id for batch in (scripts(1), seen, scripts(1)) for scan_id in any_installation.add(batch)]
    analyse_scans(resources, ids[:1])
    assert any_installation.states(ids) == {DONE: len(ids)}


def test_what_is_in_the_pipeline_ends_before_more_of_the_same_bytes_is_taken(
    any_installation, resources, pipeline, monkeypatch, scripts
):
    seen = scripts(1)
    analyse_scans(resources, any_installation.add(seen))
    ids = any_installation.add(scripts(1))
    same = [any_installation.add(seen)[0] for _ in range(3 * any_installation.settings.chunk_size)]
    running = []
    between(pipeline, monkeypatch, 0, lambda: running.append(any_installation.states(same)))
    analyse_scans(resources, ids)
    assert running == [{DONE: any_installation.settings.chunk_size, RECEIVED: 2 * any_installation.settings.chunk_size}]
    assert any_installation.states([*ids, *same]) == {DONE: len(ids) + len(same)}


@pytest.mark.parametrize("settings", [{"task_seconds": 2}], indirect=True)
def test_scans_not_begun_when_half_the_time_is_over_are_handed_back(any_installation, resources, scripted, scripts):
    ids = any_installation.add(scripts(8, seconds=0.5))
    analyse_scans(resources, ids)
    assert any_installation.states(ids) == {DONE: scripted.WINDOW, QUEUED: 8 - scripted.WINDOW}


@pytest.mark.parametrize(("alone", "state"), [(False, ScanState.RUNNING), (True, FAILED)])
def test_only_a_scan_that_ran_alone_fails_for_taking_too_long(
    any_installation, resources, pipeline, monkeypatch, scripts, alone, state
):
    ids = any_installation.add(scripts(1))
    if alone:
        leave_to_run_alone(any_installation, ids)

    def overrun():
        raise SoftTimeLimitExceeded

    between(pipeline, monkeypatch, 0, overrun)
    monkeypatch.setattr(analysis.os, "_exit", sys.exit)
    with pytest.raises(SystemExit):
        analyse_scans(resources, ids)
    assert any_installation.scan(ids[0]).state is state


def test_a_scan_that_a_worker_died_with_runs_alone(any_installation, resources, scripts):
    ids = any_installation.add(scripts(3))
    leave_to_run_alone(any_installation, ids[:1])
    analyse_scans(resources, ids[:1])
    assert [any_installation.scan(number).state for number in ids] == [DONE, RECEIVED, RECEIVED]


def test_a_scan_cancelled_before_its_turn_is_not_started(any_installation, resources, pipeline, monkeypatch, scripts):
    ids = any_installation.add(scripts(8))

    def cancel_last():
        with any_installation.database.write() as session:
            cancel_scan(session, ids[-1])
        time.sleep(any_installation.settings.heartbeat_seconds * 1.5)

    started = []
    read = pipeline._read
    monkeypatch.setattr(pipeline, "_read", lambda source: started.append(source.name) or read(source))
    between(pipeline, monkeypatch, 0, cancel_last)
    analyse_scans(resources, ids)
    assert started == [f"{number}.1" for number in ids[:-1]]
    assert any_installation.ends(ids[-1]) == [CANCELLED]


def test_the_result_of_a_scan_cancelled_meanwhile_is_discarded(
    any_installation, resources, pipeline, monkeypatch, scripts
):
    ids = any_installation.add(scripts(2))

    def cancel_first():
        with any_installation.database.write() as session:
            cancel_scan(session, ids[0])

    between(pipeline, monkeypatch, 0, cancel_first)
    analyse_scans(resources, ids)
    assert [any_installation.ends(number) for number in ids] == [[CANCELLED], [DONE]]


def test_a_scan_retried_while_its_first_attempt_is_in_the_pipeline_ends_once(
    any_installation, resources, pipeline, monkeypatch, capsys, scripts
):
    ids = any_installation.add(scripts(3))

    def read_far_ahead(sources):
        sources = iter(sources)
        first = next(sources)
        with any_installation.database.write() as session:
            cancel_scan(session, ids[0])
            retry_scan(session, ids[0])
        yield from analyse([first, *sources])

    analyse = pipeline.analyse
    monkeypatch.setattr(pipeline, "analyse", read_far_ahead)
    analyse_scans(resources, ids)
    assert [any_installation.ends(number) for number in ids] == [[CANCELLED, DONE], [DONE], [DONE]]
    assert any_installation.scan(ids[0]).attempt == 2
    assert "pipeline_broke" not in capsys.readouterr().out


def test_an_earlier_attempt_does_not_take_a_later_one_out_of_hand(resources):
    first = Claim(1, 1, 1, "0" * 64, "a.png", solo=False)
    second = replace(first, attempt=2)
    ours = Leases(resources.database, resources.settings)
    ours.hold([first])
    ours.hold([second])
    ours.drop(first)
    assert ours.held() == [second]
    assert not ours.holds(first)


def test_the_heartbeat_goes_on_after_an_error(any_installation, resources, monkeypatch, scripts):
    ids = any_installation.add(scripts(1))
    with any_installation.database.write() as session:
        claims = claim(session, ids, "worker", any_installation.settings.lease_seconds)
    answers = iter([DataError("UPDATE", {}, ValueError("refused"))])
    renewed = threading.Event()

    def refuse_once(session, held, lease_seconds):
        for error in answers:
            raise error
        renewed.set()
        return renew(session, held, lease_seconds)

    monkeypatch.setattr(leases, "renew", refuse_once)
    with Leases(resources.database, resources.settings) as ours:
        ours.hold(claims)
        assert renewed.wait(10)


def test_the_heartbeat_keeps_scans_that_take_longer_than_a_lease(
    any_installation, resources, pipeline, monkeypatch, scripts
):
    ids = any_installation.add(scripts(2))

    def outlast_the_lease():
        time.sleep(any_installation.settings.lease_seconds * 1.5)
        with any_installation.database.write() as session:
            assert recover_expired(session).requeued == []

    between(pipeline, monkeypatch, 0, outlast_the_lease)
    analyse_scans(resources, ids)
    assert any_installation.states(ids) == {DONE: 2}


def test_a_worker_that_must_stop_finishes_what_it_began_and_hands_back_the_rest(
    any_installation, resources, pipeline, monkeypatch, scripted, scripts
):
    ids = any_installation.add(scripts(8))
    between(pipeline, monkeypatch, 0, resources.stopping.set)
    analyse_scans(resources, ids)
    assert any_installation.states(ids) == {DONE: scripted.WINDOW, QUEUED: 8 - scripted.WINDOW}


def test_a_scan_that_the_pipeline_forgets_fails(any_installation, resources, pipeline, monkeypatch, scripts):
    ids = any_installation.add(scripts(1))
    monkeypatch.setattr(pipeline, "analyse", lambda sources: iter(list(sources)[:0]))
    analyse_scans(resources, ids)
    assert any_installation.scan(ids[0]).reason == NO_RESULT_REASON


def test_a_figure_that_is_not_a_number_fails_its_scan_only(any_installation, resources, scripts):
    ids = any_installation.add([{"probability": "nan"}, *scripts(1)])
    analyse_scans(resources, ids)
    assert any_installation.states(ids) == {FAILED: 1, DONE: 1}


def test_a_disk_that_takes_no_pictures_fails_the_scan_with_the_reason(any_installation, resources, scripts):
    ids = any_installation.add(scripts(1))
    incoming = any_installation.settings.blob_dir / "incoming"
    incoming.rmdir()
    incoming.write_text("in the way")
    analyse_scans(resources, ids)
    assert any_installation.scan(ids[0]).reason == "The result could not be stored: FileExistsError."


@pytest.mark.parametrize("failing", ["reject", "fail"])
def test_a_reason_that_a_database_cannot_hold_is_cleaned(any_installation, resources, scripts, failing):
    ids = any_installation.add([{failing: "Bad\x00 header:\n" + "x" * 5000}, *scripts(1)])
    analyse_scans(resources, ids)
    reason = any_installation.scan(ids[0]).reason
    assert reason.startswith("Bad header: xxx")
    assert len(reason) <= 500


def test_a_result_that_the_database_refuses_fails_its_scan_only(any_installation, resources, monkeypatch, scripts):
    ids = any_installation.add(scripts(12))
    store = in_hand.finish

    def refuse(session, claim, stored, policy):
        if claim.scan_id == ids[2]:
            raise DataError("INSERT", {}, ValueError("refused"))
        return store(session, claim, stored, policy)

    monkeypatch.setattr(in_hand, "finish", refuse)
    analyse_scans(resources, ids)
    assert any_installation.states(ids) == {DONE: 11, FAILED: 1}
    assert any_installation.scan(ids[2]).reason == "The analysis broke off: DataError."
