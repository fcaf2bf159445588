"""What the demo may remove, and what it must not."""

from __future__ import annotations

from pathlib import Path

from shared.demo import fresh_folder
from shared.stack import locked


def demo_folder(folder: Path, name: str) -> Path:
    with locked(folder / name / "data"):
        return folder / name


def test_an_earlier_demo_is_removed_and_a_new_folder_made(tmp_path: Path) -> None:
    old = demo_folder(tmp_path, "20250101-120000")
    run = fresh_folder(tmp_path)
    assert run.is_dir()
    assert not old.exists()


def test_folders_and_files_that_no_demo_made_stay(tmp_path: Path) -> None:
    for name in ("20240105-doe", "20250101-120000", "notes"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "scan.dcm").write_text("x")
    (tmp_path / "20250202-120000").write_text("a file")
    fresh_folder(tmp_path)
    assert len(list(tmp_path.rglob("scan.dcm"))) == 3
    assert (tmp_path / "20250202-120000").is_file()


def test_a_demo_that_still_runs_stays(tmp_path: Path) -> None:
    running = tmp_path / "20250101-120000"
    with locked(running / "data"):
        fresh_folder(tmp_path)
        assert running.exists()
