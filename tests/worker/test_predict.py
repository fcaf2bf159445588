"""`oncoqueue predict` with the real models, on synthetic scans."""

from __future__ import annotations

import json
import logging

import pydicom
import pytest
import structlog
from click.testing import CliRunner
from rich.console import Console

from models.report import Report, Status
from models.synthetic.volumes import draw_volume, series_files
from shared.cli import cli
from shared.schemas import ScanResult
from worker.commands.report_table import report_line, report_table


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """A folder of synthetic scans, and one of files that are broken on purpose."""
    folder = tmp_path_factory.mktemp("scans")
    made = CliRunner().invoke(cli, ["demo-scans", str(folder), "--count", "4"])
    assert made.exit_code == 0, made.output
    return folder


@pytest.fixture(autouse=True)
def _logging_as_it_was():
    """The command sends logging to the runner's stream, which is closed afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def good(scans):
    return sorted(str(path) for path in scans.glob("scan-*"))


def broken(scans):
    return sorted(str(path) for path in (scans / "broken-on-purpose").iterdir())


def predict(*arguments, **env):
    return CliRunner().invoke(cli, ["predict", *arguments], env=env)


def test_json_gives_one_object_for_each_argument_in_order(scans):
    arguments = [good(scans)[0], "missing.png", *broken(scans), str(scans), *good(scans), good(scans)[0]]
    outcome = predict("--json", *arguments)
    results = [ScanResult.model_validate_json(line) for line in outcome.stdout.splitlines()]
    assert outcome.exit_code == 0
    assert [result.path for result in results] == arguments
    assert {result.path: result.status for result in results} == {
        **dict.fromkeys(arguments, "rejected"),
        **dict.fromkeys(good(scans), "done"),
    }
    assert all(result.reason for result in results if result.status == "rejected")


def test_json_has_the_keys_of_the_contract(scans):
    line = json.loads(predict("--json", good(scans)[0]).stdout)
    keys = {"path", "status", "reason", "kind", "model", "tumor_probability", "urgency", "image", "findings"}
    assert keys <= set(line)


def test_many_arguments_are_handled():
    outcome = predict("--json", *["missing.png"] * 3000)
    assert len(outcome.stdout.splitlines()) == 3000


def test_without_a_terminal_each_file_is_a_line_of_text(scans):
    outcome = predict(*good(scans))
    lines = outcome.stdout.splitlines()
    assert outcome.exit_code == 0
    assert [line.split(": ")[0] for line in lines] == good(scans)
    assert all(": done: tumour " in line for line in lines)
    assert outcome.stderr.splitlines()[-1] == "Research use only"


def test_a_rejected_file_shows_its_reason_and_the_exit_code_tells(scans):
    outcome = predict(good(scans)[0], "missing.png")
    assert outcome.exit_code == 2
    assert outcome.stdout.splitlines()[1] == "missing.png: rejected: There is no file at this path."


def test_steps_are_written_as_pictures(scans, tmp_path):
    outcome = predict(good(scans)[0], "--steps", str(tmp_path / "steps"))
    assert outcome.exit_code == 0
    pictures = list((tmp_path / "steps").glob("*.png"))
    assert len(pictures) >= 5
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in pictures)


def test_steps_are_written_of_what_the_caller_says_it_is(scans, tmp_path):
    outcome = predict(good(scans)[0], "--kind", "mammogram", "--steps", str(tmp_path / "steps"))
    assert outcome.exit_code == 2
    assert "no steps written" in outcome.stderr
    assert not (tmp_path / "steps").exists()


def test_steps_of_several_files_have_a_folder_each(scans, tmp_path):
    outcome = predict(good(scans)[0], "missing.png", good(scans)[0], "--steps", str(tmp_path))
    assert [folder.name[:2] for folder in sorted(tmp_path.iterdir())] == ["1-", "3-"]
    assert "missing.png: no steps written" in outcome.stderr


def test_objects_are_written_where_the_options_say(scans, tmp_path):
    outcome = predict(good(scans)[0], "--dicom", str(tmp_path / "out" / "dicom"), "--pdf", str(tmp_path / "pdf"))
    assert outcome.exit_code == 0, outcome.output
    written = sorted(path.name for path in (tmp_path / "out" / "dicom").iterdir())
    assert {"scan-0001-capture.dcm", "scan-0001-sr.dcm"} <= set(written)
    assert pydicom.dcmread(tmp_path / "out" / "dicom" / "scan-0001-sr.dcm").Modality == "SR"
    assert [path.read_bytes()[:5] for path in (tmp_path / "pdf").iterdir()] == [b"%PDF-"]
    assert f"Wrote {len(written)} files to " in outcome.stderr


def test_objects_of_several_files_are_numbered_and_refused_files_have_none(scans, tmp_path):
    outcome = predict("--json", good(scans)[0], "missing.png", good(scans)[1], "--pdf", str(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1-scan-0001-report.pdf", "3-scan-0002-report.pdf"]
    assert len(outcome.stdout.splitlines()) == 3


def test_models_that_cannot_be_loaded_are_one_line_and_exit_code_1(scans):
    outcome = predict("--json", good(scans)[0], ONCOQUEUE_ENGINE="no-such-engine")
    assert outcome.exit_code == 1
    assert outcome.stdout == ""
    assert outcome.stderr.startswith("Error: The models could not be loaded: ")


def test_a_classifier_says_the_type_and_stands_beside_the_figures(scans):
    by_option = predict("--json", "--classifier", "classic", good(scans)[0])
    by_setting = predict("--json", good(scans)[0], ONCOQUEUE_CLASSIFIER="classic")
    assert by_option.stdout == by_setting.stdout
    assert json.loads(by_option.stdout)["model"]["name"].endswith("+classic")


def test_a_classifier_that_is_not_there_is_one_line_and_exit_code_1(scans):
    outcome = predict("--classifier", "clasic", good(scans)[0])
    assert outcome.exit_code == 1
    assert "There is no classifier 'clasic'; choose one of own, classic" in outcome.stderr


def test_a_file_name_that_looks_like_markup_is_shown_as_it_is():
    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(report_table(["[red]a.png"], [Report(Status.REJECTED, "No [image] here.")]))
    shown = console.export_text()
    assert "[red]a.png" in shown
    assert "No [image] here." in shown


def test_nothing_reported_is_said_so():
    report = Report(Status.DONE, tumor_probability=0.02, urgency=0.01)
    assert report_line("a.png", report) == "a.png: done: tumour 2 %: nothing reported"


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """A folder with two series in one sub-folder, a picture, a hidden file and a text."""
    folder = tmp_path_factory.mktemp("studies")
    (folder / "ward").mkdir()
    for name, seed in (("a", 3), ("b", 5)):
        for number, content in enumerate(series_files(draw_volume(seed, 5, size=128))):
            (folder / "ward" / f"{number}{name}.dcm").write_bytes(content)
    (folder / "notes.txt").write_text("text")
    (folder / ".hidden").write_text("text")
    return folder


def test_each_series_of_a_directory_is_one_result_and_every_other_file_one(studies):
    outcome = predict("--series", "--json", str(studies))
    results = {
        result.path.removeprefix(f"{studies}/"): result
        for result in map(ScanResult.model_validate_json, outcome.stdout.splitlines())
    }
    assert set(results) == {"notes.txt", "ward/0a.dcm", "ward/0b.dcm"}
    assert results["notes.txt"].status == "rejected"
    for name in "ab":
        volume = results[f"ward/0{name}.dcm"].volume
        assert (volume.slices, volume.file[1:]) == (5, f"{name}.dcm")


def test_without_series_each_file_is_one_result(studies):
    outcome = predict("--json", str(studies / "ward" / "0a.dcm"), str(studies))
    file, folder = map(ScanResult.model_validate_json, outcome.stdout.splitlines())
    assert file.volume is None
    assert "directory" in folder.reason


def test_a_series_is_told_in_a_line(studies):
    outcome = predict("--series", str(studies / "ward"))
    assert [" of 5 slices: " in line for line in outcome.stdout.splitlines()] == [True, True]


def test_steps_of_series_are_not_offered(studies, tmp_path):
    outcome = predict("--series", "--steps", str(tmp_path), str(studies))
    assert outcome.exit_code == 2
    assert "leave out --series" in outcome.stderr
