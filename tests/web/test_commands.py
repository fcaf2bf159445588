"""The commands of the client against a real server; only the worker is played by the test."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import threading
import zipfile
from contextlib import contextmanager

import click
import pytest
from click.testing import CliRunner

from shared.cli import cli
from shared.processes import wait_until
from shared.schemas import Malignancy, ScanOutcome
from shared.stack import environment, own_command
from shared.store.batches import list_batches
from shared.store.scans import list_scans
from web.commands.results import to_line

NAMES = ["copy-1.png", "copy-2.png", *(f"ward-{number % 3}/{number}.png" for number in range(148))]


@pytest.fixture
def run(server, monkeypatch):
    """A function that runs a command against the server and gives its result."""
    monkeypatch.setenv("ONCOQUEUE_SERVER_URL", server.url)
    return lambda *arguments: CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path):
    """A folder with scans whose bytes no other test has."""
    for name in NAMES:
        file = tmp_path / "scans" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(f"{tmp_path} {'copy' if name.startswith('copy') else name}".encode())
    return tmp_path / "scans"


@contextmanager
def working(server, end):
    """Play the worker: `end` finishes each waiting scan of the newest batch, given its view."""
    stop = threading.Event()

    def work():
        while not stop.wait(0.1):
            with server.store.database.read() as session:
                batch = list_batches(session, limit=1).items[0]
                waiting = list_scans(session, batch.id, limit=200).items
            for scan in waiting:
                if scan.state in ("received", "queued"):
                    end(scan)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join()


def scans_of(server, batch_id):
    """All scans of a batch by path."""
    with server.store.database.read() as session:
        return {scan.path: scan for scan in list_scans(session, batch_id, limit=1000).items}


def test_a_folder_is_submitted_once(run, server, folder):
    first = run("submit", folder, "--json", "--jobs", 3)
    assert first.exit_code == 0, first.output
    outcome = json.loads(first.stdout)
    assert (outcome["submitted"], outcome["uploaded"], outcome["errors"]) == (150, 149, [])
    assert outcome["batch"]["state"] == "closed"
    assert set(scans_of(server, outcome["batch"]["id"])) == set(NAMES)
    again = json.loads(run("submit", folder, "--json", "--urgent", "--name", "again").stdout)
    assert (again["submitted"], again["uploaded"]) == (150, 0)
    assert (again["batch"]["name"], again["batch"]["priority"]) == ("again", "urgent")
    assert again["batch"]["id"] != outcome["batch"]["id"]


def test_a_submission_that_was_interrupted_goes_on_with_the_same_batch(server, folder):
    large = folder / "large.png"
    large.write_bytes(os.urandom(3_900_000))
    env = environment(server.settings.model_copy(update={"server_url": server.url}))
    command = [sys.executable, "-m", "shared.cli", "submit", str(folder), "--jobs", "1"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        before = newest(server)
        assert wait_until(
            lambda: newest(server) not in (before, 0) and server.store.batch(newest(server)).total > 0, 30
        )
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=30)[0]
    if process.returncode == 0:
        pytest.skip("it was quicker than the signal")
    assert process.returncode == 130, output
    batch = server.store.batch(newest(server))
    assert batch.state == "open"
    assert f"goes on with batch {batch.id}" in output
    again = subprocess.run([*command, "--json"], env=env, capture_output=True, text=True, check=True, timeout=60)
    outcome = json.loads(again.stdout)
    assert outcome["batch"]["id"] == batch.id
    assert outcome["batch"]["total"] == 151
    assert outcome["uploaded"] < 150


def newest(server):
    """The id of the newest batch; 0 where there is none."""
    with server.store.database.read() as session:
        items = list_batches(session, limit=1).items
    return items[0].id if items else 0


def test_waiting_ends_when_all_is_done(run, server, folder, done_result):
    with working(server, lambda scan: server.store.finish(scan.id, done_result())):
        result = run("submit", folder, "--wait")
    assert result.exit_code == 0, result.output
    assert "150 done" in result.output
    assert "\x1b" not in result.output


def test_a_rejected_scan_is_exit_code_2(run, server, folder, done_result, rejected_result):
    def end(scan):
        server.store.finish(scan.id, rejected_result if scan.path == "ward-0/0.png" else done_result())

    with working(server, end):
        result = run("submit", folder, "--wait")
    assert result.exit_code == 2, result.output
    assert "1 rejected" in result.output


def test_files_that_are_refused_are_named_and_the_others_submitted(run, folder):
    (folder / "huge.dcm").write_bytes(b"\0" * (4 * 1024 * 1024 + 1))
    (folder / "dangling.png").symlink_to("nowhere")
    result = run("submit", folder)
    assert result.exit_code == 2
    assert "Not submitted: huge.dcm: The file is larger than 4 MB." in result.output
    assert "Not submitted: dangling.png" in result.output
    assert "150 scans submitted" in result.output


def test_files_that_can_be_no_scan_are_left_out_with_one_line(run, folder):
    for name in ("report.pdf", "ward-0/notes.txt", "more.txt"):
        (folder / name).write_bytes(b"x")
    result = run("submit", folder, "--json")
    assert result.exit_code == 0, result.output
    assert "left out: 3 files that are no scans (.pdf .txt); --all sends them\n" in result.stderr
    outcome = json.loads(result.stdout)
    assert (outcome["submitted"], outcome["left_out"]) == (150, 3)
    everything = json.loads(run("submit", folder, "--json", "--all").stdout)
    assert (everything["submitted"], everything["left_out"]) == (153, 0)


def test_archives_are_opened_and_what_is_refused_of_them_is_named(run, server, folder):
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        for name in ("a.png", "x/b.png", "notes.txt", "../c.png"):
            archive.writestr(name, f"{folder} {name}")
    (folder / "DICOMDIR").write_bytes(b"index")
    result = run("submit", folder, "--json")
    assert result.exit_code == 2, result.output
    outcome = json.loads(result.stdout)
    assert (outcome["submitted"], outcome["left_out"]) == (152, 2)
    assert outcome["errors"] == [{"path": "more.zip/../c.png", "error": "The path leaves its folder (..)."}]
    scans = scans_of(server, outcome["batch"]["id"])
    assert {"more.zip/a.png", "more.zip/x/b.png"} <= set(scans)
    assert server.store.blobs.path(scans["more.zip/a.png"].sha256).read_bytes() == f"{folder} a.png".encode()


def test_nothing_to_submit_is_exit_code_1(run, tmp_path):
    result = run("submit", tmp_path)
    assert result.exit_code == 1
    assert "no file to submit" in result.output


def test_no_server_is_exit_code_1_with_advice(monkeypatch):
    monkeypatch.setenv("ONCOQUEUE_SERVER_URL", "http://127.0.0.1:1")
    result = CliRunner().invoke(cli, ["status"])
    assert result.exit_code == 1
    assert "oncoqueue up" in result.output
    assert "Traceback" not in result.output


def test_status_shows_batches(run, server, done_result):
    batch = server.store.new_batch("my batch")
    server.store.finish(server.store.add_scan(batch.id, "a.png"), done_result())
    assert f"{batch.id}\tmy batch\troutine\topen\t1\t1 done" in run("status").output
    assert json.loads(run("status", batch.id, "--json").output)["id"] == batch.id
    server.store.close(batch.id)
    assert "finished" in run("status", batch.id, "--watch").output


def test_status_of_no_batch_is_exit_code_1(run):
    result = run("status", 999_999)
    assert result.exit_code == 1
    assert "no batch 999999" in result.output


@pytest.fixture
def finished(server, done_result, rejected_result):
    """The id of a batch with scans of two urgencies, one rejected, and one with a hostile name."""
    batch = server.store.new_batch()
    for path, result in (
        ("ward/low.png", done_result(0.1)),
        ("ward/high.png", done_result(0.9, "meningioma")),
        ("bad.txt", rejected_result),
        ("=cmd.png", done_result(0.5)),
    ):
        server.store.finish(server.store.add_scan(batch.id, path, f"{batch.id} {path}".encode()), result)
    server.store.close(batch.id)
    return batch.id


def test_results_are_a_table_by_urgency(run, finished):
    lines = run("results", finished).stdout.splitlines()
    assert [line.split("\t")[1] for line in lines[1:]] == ["ward/high.png", "=cmd.png", "ward/low.png", "bad.txt"]
    assert "meningioma 93 %\t92 % (malignant)\t23.4 x 17.1 mm" in lines[1]
    assert "The file is not an image." in lines[4]
    assert len(run("results", finished, "--top", 1).stdout.splitlines()) == 2


def on_a_terminal(server, columns, *arguments):
    """What a command prints on a terminal this wide."""
    ours, theirs = os.openpty()
    env = environment(server.settings.model_copy(update={"server_url": server.url}))
    command = [*own_command(arguments[0]), *map(str, arguments[1:])]
    with subprocess.Popen(command, env={**env, "COLUMNS": str(columns), "TERM": "xterm"}, stdout=theirs) as process:
        os.close(theirs)
        blocks = iter(lambda: read_terminal(ours), b"")
        printed = b"".join(blocks).decode()
    os.close(ours)
    assert process.returncode == 0, printed
    return click.unstyle(printed).splitlines()


def read_terminal(descriptor):
    """The next bytes; none at its end, which Linux tells by an error."""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


def test_a_row_in_doubt_takes_one_line_of_a_terminal_with_120_columns(server, done_result, rejected_result):
    batch = server.store.new_batch()
    unsure = done_result(0.9, "meningioma")
    widest = {"certain": False, "malignancy": Malignancy(label="uncertain", probability=0.52)}
    unsure = unsure.model_copy(update={"findings": [unsure.findings[0].model_copy(update=widest)]})
    server.store.finish(server.store.add_scan(batch.id, "scan-0001.dcm", os.urandom(9)), unsure)
    server.store.finish(server.store.add_scan(batch.id, "bad.png", os.urandom(9)), rejected_result)
    lines = on_a_terminal(server, 120, "results", batch.id)
    assert max(map(len, lines)) <= 120, "\n".join(lines)
    (row,) = [line for line in lines if "scan-0001.dcm" in line]
    assert "meningioma 93 %, in doubt" in row
    assert "52 % (uncertain)" in row
    assert any(line.endswith("bad.png: rejected. The file is not an image.") for line in lines)


def test_a_narrow_terminal_folds_a_table_and_loses_none_of_it(server, done_result):
    batch = server.store.new_batch()
    server.store.finish(server.store.add_scan(batch.id, "folder/scan-0001.dcm", os.urandom(9)), done_result(0.9))
    rows = [line.split("│") for line in on_a_terminal(server, 80, "results", batch.id) if line.startswith("│")]
    cells = ["".join(part.strip() for part in column) for column in zip(*rows, strict=True)]
    assert cells[2:4] == ["folder/scan-0001.dcm", "done"]
    assert cells[8].replace(" ", "") == "23.4x17.1mm"


def test_a_table_ends_with_the_notice_where_no_script_reads_it(run, finished):
    assert run("results", finished).stderr == "Research use only\n"
    assert run("results", finished, "--json").stderr == ""


def test_a_row_of_the_table_is_about_the_finding_that_matters_most(done_result):
    result = done_result()
    benign = Malignancy(label="benign", probability=0.07)
    surer = result.findings[0].model_copy(update={"score": 0.97, "label": "meningioma", "malignancy": benign})
    both = result.model_copy(update={"findings": [surer, *result.findings]})
    assert "glioma 93 %" in to_line(ScanOutcome(scan_id=1, result=both)).cells


def test_results_are_saved_as_csv(run, finished, tmp_path):
    assert run("results", finished, "--csv", tmp_path / "out.csv").exit_code == 0
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))
    assert [row["path"] for row in rows] == ["ward/low.png", "ward/high.png", "bad.txt", "'=cmd.png"]


def test_results_are_json_lines(run, finished):
    lines = [json.loads(line) for line in run("results", finished, "--json").stdout.splitlines()]
    assert [line["path"] for line in lines] == ["ward/low.png", "ward/high.png", "bad.txt", "=cmd.png"]
    assert lines[0]["findings"][0]["label"] == "glioma"


def test_overlays_are_saved_under_the_paths_of_their_scans(run, finished, tmp_path):
    result = run("results", finished, "--overlays", tmp_path / "out")
    assert result.exit_code == 0, result.output
    saved = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.png")}
    assert saved == {"ward/low.png.overlay.png", "ward/high.png.overlay.png", "=cmd.png.overlay.png"}


def test_objects_are_saved_under_the_ids_of_their_scans(run, server, done_result, tmp_path):
    batch = server.store.new_batch()
    scan_id = server.store.add_scan(batch.id, "ward/DOE.png")
    server.store.finish(scan_id, done_result(), sr=b"the report", report=b"%PDF-")
    result = run("results", batch.id, "--objects", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "Saved 2 objects" in result.stderr
    saved = {
        path.relative_to(tmp_path / "out").as_posix(): path.read_bytes() for path in (tmp_path / "out").rglob("*.*")
    }
    assert saved == {f"scan-{scan_id}-sr.dcm": b"the report", f"scan-{scan_id}-report.pdf": b"%PDF-"}


def test_where_no_objects_are_made_the_setting_is_named(run, finished, tmp_path):
    result = run("results", finished, "--objects", tmp_path / "out")
    assert (result.exit_code, "ONCOQUEUE_OBJECTS=on" in result.stderr) == (0, True)


def test_cancel_and_retry(run, server):
    batch = server.store.new_batch()
    server.store.add_scan(batch.id, "a.png")
    assert "1 cancelled" in run("cancel", batch.id).output
    assert "1 received" in run("retry", batch.id).output
    assert server.store.batch(batch.id).counts.queued == 1


def test_cancel_and_retry_say_where_there_is_nothing_to_do(run, server, done_result):
    batch = server.store.new_batch()
    for path in ("a.png", "b.png"):
        server.store.finish(server.store.add_scan(batch.id, path), done_result())
    assert run("cancel", batch.id).output.splitlines() == [
        "Nothing to cancel: all 2 scans are finished.",
        f"Batch {batch.id}: 2 done.",
    ]
    assert run("retry", batch.id).output.splitlines()[0] == "Nothing to retry: no scan has failed or was cancelled."


def test_cancel_and_retry_with_something_to_do_do_not_say_so(run, server):
    batch = server.store.new_batch()
    server.store.add_scan(batch.id, "a.png")
    assert "Nothing" not in run("cancel", batch.id).output + run("retry", batch.id).output


@pytest.mark.parametrize("name", ["submit", "status", "results", "cancel", "retry", "web"])
def test_each_command_explains_itself(run, name):
    result = run(name, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.output
