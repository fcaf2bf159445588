"""Saving pictures under the names that a server gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from web.client.overlays import overlay_file, save_bytes


def test_an_overlay_is_saved_under_the_path_of_its_scan(tmp_path: Path) -> None:
    file = overlay_file(tmp_path, "ward/a.dcm", 7)
    assert file == tmp_path / "ward" / "a.dcm.overlay.png"
    save_bytes(file, b"picture")
    assert file.read_bytes() == b"picture"
    assert [path.name for path in file.parent.iterdir()] == ["a.dcm.overlay.png"]


@pytest.mark.parametrize("path", ["../a", "/etc/passwd", "a/../../b", "a\x00b", "x" * 300, "", "link/a.png"])
def test_no_path_leads_out_of_the_folder(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    assert overlay_file(folder, path, 7) == folder / "scan-7.overlay.png"


def test_a_link_of_the_same_name_is_replaced_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    file = tmp_path / "a.overlay.png"
    file.symlink_to(victim)
    save_bytes(file, b"picture")
    assert victim.read_bytes() == b"mine"
    assert not file.is_symlink()
