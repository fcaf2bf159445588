"""Many slices in one DICOM file, and DICOM series in many files."""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, RLELossless

from models.errors import ScanRejectedError
from models.reading import Volume, open_scan, open_series, read_scan, series_in
from models.reading.dicom_header import read_header
from models.reading.dicom_pixels import find_pixels
from models.report import Kind
from models.synthetic.dicom import dicom_bytes
from models.synthetic.volumes import SyntheticVolume, draw_volume, enhanced_header, series_files

ORDER = [3, 1, 2, 0, 8, 7, 6, 5, 4]


@pytest.fixture(scope="module")
def drawn() -> SyntheticVolume:
    return draw_volume(3, 9, size=64)


@pytest.fixture
def enhanced(drawn: SyntheticVolume) -> FileDataset:
    return enhanced_header(drawn, ORDER)


def written(tmp_path: Path, header: FileDataset) -> Path:
    (tmp_path / "volume").write_bytes(dicom_bytes(header))
    return tmp_path / "volume"


def opened(path: Path) -> Volume:
    found = open_scan(path)
    assert isinstance(found, Volume)
    return found


def reason(path: Path) -> str:
    with pytest.raises(ScanRejectedError) as rejection:
        open_scan(path)
    return rejection.value.reason


def test_frames_are_ordered_by_their_places_and_windowed_by_their_own_groups(
    drawn: SyntheticVolume, enhanced: FileDataset, tmp_path: Path
) -> None:
    volume = opened(written(tmp_path, enhanced))
    assert [part.frame for part in volume.slices] == [ORDER.index(number) + 1 for number in range(9)]
    assert volume.kind is Kind.BRAIN_MRI
    assert volume.notes == ()
    for part, scan in zip(volume.slices, drawn.slices, strict=True):
        read = part.read()
        expected = scan.pixels / scan.pixels.max()
        np.testing.assert_allclose(read.pixels, expected, atol=2 / scan.pixels.max())
        assert read.spacing_mm == pytest.approx(scan.spacing_mm)
        assert read.directions is not None
        assert read.directions.plane == "axial"
        assert part.place.spacing_mm == 5


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, RLELossless])
def test_compressed_frames_are_the_same(enhanced: FileDataset, tmp_path: Path, syntax: pydicom.uid.UID) -> None:
    plain = [part.read().pixels for part in opened(written(tmp_path, enhanced)).slices]
    enhanced.compress(syntax, generate_instance_uid=False)
    for part, expected in zip(opened(written(tmp_path, enhanced)).slices, plain, strict=True):
        np.testing.assert_array_equal(part.read().pixels, expected)


@pytest.mark.parametrize("table", [True, False])
def test_frames_in_several_pieces_are_told_apart_by_the_offset_table_or_refused(
    enhanced: FileDataset, tmp_path: Path, table: bool
) -> None:
    plain = [part.read().pixels for part in opened(written(tmp_path, enhanced)).slices]
    enhanced.compress(JPEG2000Lossless, generate_instance_uid=False)
    frames = list(pydicom.encaps.generate_frames(enhanced.PixelData, number_of_frames=9))
    enhanced.PixelData = encapsulate(frames, fragments_per_frame=2, has_bot=table)
    if not table:
        assert "cannot be told apart as 9 frames" in reason(written(tmp_path, enhanced))
        return
    for part, expected in zip(opened(written(tmp_path, enhanced)).slices, plain, strict=True):
        np.testing.assert_array_equal(part.read().pixels, expected)


def test_frames_without_groups_keep_their_order_and_know_no_place(enhanced: FileDataset, tmp_path: Path) -> None:
    del enhanced.PerFrameFunctionalGroupsSequence, enhanced.SharedFunctionalGroupsSequence
    volume = opened(written(tmp_path, enhanced))
    assert [part.frame for part in volume.slices] == list(range(1, 10))
    assert volume.slices[0].place.spacing_mm is None


def test_frames_know_nothing_of_each_other_even_in_many_threads(
    drawn: SyntheticVolume, enhanced: FileDataset, tmp_path: Path
) -> None:
    for number, groups in enumerate(enhanced.PerFrameFunctionalGroupsSequence):
        if number % 2:
            del groups.FrameVOILUTSequence
        else:
            groups.FrameVOILUTSequence[0].WindowWidth = 300 + 50 * number
    alone = [part.read().pixels for part in opened(written(tmp_path, enhanced)).slices]
    volume = opened(tmp_path / "volume")
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda part: part.read().pixels, list(volume.slices) * 20))
    for number, pixels in enumerate(together):
        np.testing.assert_array_equal(pixels, alone[number % len(alone)])
    reverse = [part.read().pixels for part in reversed(opened(tmp_path / "volume").slices)]
    for pixels, expected in zip(reversed(reverse), alone, strict=True):
        np.testing.assert_array_equal(pixels, expected)
    assert {part.read().pixels.max() for part in volume.slices} == {1.0}
    widths = [np.count_nonzero(pixels == 1) for pixels in alone]
    assert len(set(widths)) > 4


def test_a_damaged_frame_is_rejected_alone(enhanced: FileDataset, tmp_path: Path) -> None:
    enhanced.compress(JPEG2000Lossless, generate_instance_uid=False)
    frames = list(pydicom.encaps.generate_frames(enhanced.PixelData, number_of_frames=9))
    frames[0] = bytes(len(frames[0]))
    enhanced.PixelData = encapsulate(frames)
    volume = opened(written(tmp_path, enhanced))
    with pytest.raises(ScanRejectedError, match="cannot be decoded"):
        volume.slices[3].read()  # the first frame in the file lies fourth
    assert volume.slices[0].read().pixels.shape == (64, 64)


def test_too_few_bytes_for_the_frames_that_are_promised_are_rejected(enhanced: FileDataset, tmp_path: Path) -> None:
    enhanced.PixelData = enhanced.PixelData[:-2]
    assert "the pixels of 9 frames need 73728 bytes, and it has 73726" in reason(written(tmp_path, enhanced))


def test_ten_thousand_frames_are_rejected_before_one_is_read(enhanced: FileDataset, tmp_path: Path) -> None:
    enhanced.NumberOfFrames = 10_000
    assert reason(written(tmp_path, enhanced)) == "The file holds 10,000 slices; at most 2,000 are read."


READS_SOME = """
import resource, sys
from pathlib import Path
from models.reading import open_scan
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for part in open_scan(Path(sys.argv[1])).slices[::50]:
    part.read()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_long_file_is_read_without_being_held_in_memory(tmp_path: Path) -> None:
    header = enhanced_header(draw_volume(3, 1, size=64))
    del header.PerFrameFunctionalGroupsSequence
    header.Rows, header.Columns, header.NumberOfFrames = 512, 512, 400
    header.PixelData = np.random.default_rng(0).integers(0, 999, (512, 512)).astype(np.uint16).tobytes() * 400
    path = written(tmp_path, header)
    process = subprocess.run([sys.executable, "-c", READS_SOME, path], capture_output=True, text=True, check=True)
    assert int(process.stdout) < 60_000  # kB; the file has 200 MB


def saved(folder: Path, drawn: SyntheticVolume, series: str = "1.2.3", prefix: str = "") -> list[Path]:
    """A series as files whose names say nothing of the order."""
    folder.mkdir(exist_ok=True)
    names = np.random.default_rng(1).permutation(len(drawn.slices))
    for name, content in zip(names, series_files(drawn, series), strict=True):
        (folder / f"{prefix}{name}").write_bytes(content)
    return sorted(folder.iterdir())


def changed(path: Path, **elements: object) -> None:
    header = pydicom.dcmread(path)
    for keyword, value in elements.items():
        if value is None:
            delattr(header, keyword)
        else:
            setattr(header, keyword, value)
    header.save_as(path)


def test_a_series_is_ordered_by_geometry_and_read_file_by_file(drawn: SyntheticVolume, tmp_path: Path) -> None:
    volume = open_series(saved(tmp_path / "series", drawn))
    for part, scan in zip(volume.slices, drawn.slices, strict=True):
        assert part.read().spacing_mm == pytest.approx(scan.spacing_mm)
        np.testing.assert_allclose(part.read().pixels, read_scan(tmp_path / "series" / str(part.file)).pixels)
    heights = [pydicom.dcmread(tmp_path / "series" / str(p.file)).ImagePositionPatient[2] for p in volume.slices]
    assert heights == sorted(heights)


def test_series_are_told_apart_and_other_files_stand_alone(drawn: SyntheticVolume, tmp_path: Path) -> None:
    saved(tmp_path / "a", drawn, "1.2.3", "x")
    paths = saved(tmp_path / "a", drawn, "1.2.4", "y")
    (tmp_path / "a" / "notes.txt").write_text("text")
    (tmp_path / "a" / "many").write_bytes(dicom_bytes(enhanced_header(drawn)))
    groups = series_in([*paths, tmp_path / "a" / "notes.txt", tmp_path / "a" / "many", tmp_path / "missing"])
    assert sorted(map(len, groups)) == [1, 1, 1, 9, 9]


def test_copies_gaps_missing_positions_and_damaged_files_are_tolerated(drawn: SyntheticVolume, tmp_path: Path) -> None:
    paths = saved(tmp_path / "a", drawn)
    shutil.copy(paths[0], tmp_path / "a" / "copy")
    changed(paths[1], ImagePositionPatient=None)
    paths[2].write_bytes(paths[2].read_bytes()[:400])
    volume = open_series(sorted((tmp_path / "a").iterdir()))
    assert len(volume) == 8
    assert [part.place.stack for part in volume.slices] == [0] * 7 + [1]
    assert volume.slices[-1].file == paths[1].name
    assert len(volume.notes) == 1
    assert volume.notes[0].startswith("1 files of the series could not be read; of the first: The DICOM file")


def test_several_echoes_are_read_once_and_that_is_said(drawn: SyntheticVolume, tmp_path: Path) -> None:
    saved(tmp_path / "a", drawn, prefix="x")
    volume = open_series(saved(tmp_path / "a", drawn, prefix="y"))
    assert len(volume) == 9
    assert volume.notes[0].startswith("9 further images lie where another one does")


def test_a_series_without_a_readable_file_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("text")
    with pytest.raises(ScanRejectedError, match="is text"):
        open_series([tmp_path / "a"])


def test_the_frames_of_a_baseline_jpeg_are_told_apart() -> None:
    path = Path(str(pydicom.data.get_testdata_file("color3d_jpeg_baseline.dcm", download=False)))
    with path.open("rb") as file:
        header, content = read_header(file)
        assert header.file_meta.TransferSyntaxUID == JPEGBaseline8Bit
        header.NumberOfFrames = 1
        pixels = find_pixels(header, content, 120)
        assert all(pixels.read(i).startswith(b"\xff\xd8") for i in range(120))
