"""Packs: all that training needs in one folder, exact or compact."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from models.collections import Lesion, Record
from models.engines.base import HeadOutputs
from models.errors import TrainingDataError
from models.geometry import inverse_orientation, oriented
from models.preprocessing import Recipe
from models.release import Release
from models.synthetic import draw_slice
from models.synthetic.brain import LesionType
from models.training.compact import write_pieces
from models.training.packed_examples import run_packed
from models.training.packed_records import make_pack, pack_records
from models.training.packing import (
    Pack,
    load_pack,
    save_compact,
    save_pack,
)
from models.training.truth_values import IGNORED

PACKED = 288


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    """An outlined tumour, a boxed one, a tumour-free slice, and a file that is no image."""
    folder = tmp_path_factory.mktemp("collection")
    made = [
        draw_slice(i, lesion, size=128) for i, lesion in enumerate((LesionType.GLIOMA, LesionType.MENINGIOMA, None))
    ]
    for i, scan in enumerate(made):
        cv2.imwrite(str(folder / f"{i}.png"), np.asarray(scan.pixels))
    cv2.imwrite(str(folder / "mask.png"), made[0].lesions[0].mask.astype(np.uint8) * 255)
    (folder / "broken.png").write_bytes(b"no image")
    return [
        Record(folder / "0.png", "made", "a", 0, True, "glioma", mask=folder / "mask.png"),
        Record(folder / "1.png", "made", "b", 1, True, None, lesions=(Lesion(made[1].lesions[0].box),)),
        Record(folder / "broken.png", "made", "x", 1, False),
        Record(folder / "2.png", "made", "c", 2, False),
    ]


@pytest.fixture(scope="module")
def pack(records: list[Record]) -> Pack:
    return make_pack(records, Recipe(), PACKED)


def facts(pack: Pack) -> tuple[list[str], list[str], list[int], list[bool], list[str | None]]:
    return pack.pools, pack.groups, pack.folds, pack.tumours, pack.labels


def test_what_cannot_be_read_is_left_out_and_the_rest_keeps_its_facts(pack: Pack) -> None:
    assert pack.images.shape == pack.masks.shape == (3, PACKED, PACKED)
    assert facts(pack) == (["made"] * 3, ["a", "b", "c"], [0, 1, 2], [True, True, False], ["glioma", None, None])
    assert [sorted(np.unique(mask).tolist()) for mask in pack.masks] == [[0, 255], [0, IGNORED], [0]]


def test_a_collection_of_which_nothing_can_be_read_is_an_error(records: list[Record]) -> None:
    with pytest.raises(TrainingDataError, match="None of the images"):
        make_pack([records[2]], Recipe(), PACKED)


def test_a_saved_pack_needs_no_collection_and_is_the_same(pack: Pack, tmp_path: Path) -> None:
    save_pack(pack, tmp_path / "made")
    loaded = load_pack(tmp_path / "made")
    assert facts(loaded) == facts(pack)
    assert np.array_equal(loaded.images, pack.images)
    assert np.array_equal(loaded.masks, pack.masks)


def test_a_pack_that_another_training_made_meanwhile_is_taken(pack: Pack, tmp_path: Path) -> None:
    save_pack(pack, tmp_path / "made")
    save_pack(pack, tmp_path / "made")
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    assert facts(load_pack(tmp_path / "made")) == facts(pack)


def test_records_are_packed_once_and_again_where_a_fact_changes(records: list[Record], tmp_path: Path) -> None:
    pack_records(records, Recipe(), PACKED, tmp_path)
    pack_records(records, Recipe(), PACKED, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    changed = pack_records([replace(records[0], label="pituitary"), *records[1:]], Recipe(), PACKED, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    assert changed.labels[0] == "pituitary"


@pytest.mark.parametrize(("recipe", "times"), [(Recipe(), 1), (Recipe(subject="breast", size=256, width=128), 2)])
def test_images_are_packed_anew_where_another_rule_finds_what_they_show_but_heads_never(
    recipe: Recipe, times: int, records: list[Record], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack_records(records[:1], recipe, 64, tmp_path)
    monkeypatch.setattr("models.training.packed_records.FINDERS_VERSION", 1000)
    pack_records(records[:1], recipe, 64, tmp_path)
    assert len(list(tmp_path.iterdir())) == times


def test_a_compact_pack_is_small_and_nearly_the_same(pack: Pack, tmp_path: Path) -> None:
    pieces = save_compact(pack, tmp_path / "carried")
    assert sum(piece.stat().st_size for piece in pieces) < pack.images.nbytes / 8
    for _ in ("unfolds", "is there already"):
        loaded = load_pack(tmp_path / "carried")
        assert facts(loaded) == facts(pack)
        for i in range(3):
            small = cv2.resize(pack.images[i], (256, 256), interpolation=cv2.INTER_AREA)
            assert np.abs(loaded.images[i].astype(int) - small).mean() < 3
            exact = cv2.resize(pack.masks[i], (256, 256), interpolation=cv2.INTER_NEAREST)
            assert np.array_equal(loaded.masks[i], exact)


def test_pieces_are_bounded_and_none_may_be_missing(pack: Pack, tmp_path: Path) -> None:
    save_compact(pack, tmp_path)
    for piece in tmp_path.glob("piece-*"):
        piece.unlink()
    pieces = write_pieces(pack.images, pack.masks, tmp_path, most=20_000)
    assert len(pieces) > 1
    assert all(piece.stat().st_size <= 20_000 for piece in pieces)
    kept = pieces[0].read_bytes()
    pieces[0].unlink()
    with pytest.raises(TrainingDataError, match=r"lacks a piece: \d of 3 images"):
        load_pack(tmp_path)
    pieces[0].write_bytes(kept)
    assert len(load_pack(tmp_path).images) == 3


def test_a_folder_that_is_no_pack_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="is no pack; `oncoqueue pack` makes one"):
        load_pack(tmp_path)


class SayingNothing:
    """An engine whose network sees nothing anywhere."""

    name, batch = "none", 1

    def predict(self, images: np.ndarray) -> HeadOutputs:
        half = images.shape[1] // 2
        self.seen = images
        return HeadOutputs(np.zeros((1, half, half)), np.zeros((1, half, half, 3)), np.zeros(1), np.zeros((1, 3)))

    def close(self) -> None: ...


def test_calibration_examples_come_from_the_pack_alone(pack: Pack, release: Release) -> None:
    engine = SayingNothing()
    outlined, boxed, free = run_packed(pack, [0, 1, 2], release, engine)
    assert engine.seen.shape == (1, release.recipe.size, release.recipe.size)
    assert (outlined.outlined, boxed.outlined, free.outlined) == (True, False, False)
    assert [e.record.tumour for e in (outlined, boxed, free)] == [True, True, False]
    assert outlined.record.label == "glioma"
    assert outlined.truth.sum() == pytest.approx(
        (pack.masks[0] == 255).sum() * (release.recipe.size / PACKED) ** 2, rel=0.03
    )
    assert boxed.truth.any()
    assert not free.truth.any()


def test_a_mask_drawn_anew_is_packed_anew(records: list[Record], tmp_path: Path) -> None:
    mask = tmp_path / "mask.png"
    packs = []
    for side in (20, 60):
        cv2.imwrite(str(mask), np.pad(np.full((side, side), 255, np.uint8), (128 - side) // 2))
        packs.append(pack_records([replace(records[0], mask=mask)], Recipe(), PACKED, tmp_path / "packs"))
    small, large = ((pack.masks == 255).sum() for pack in packs)
    assert large > 5 * small


def test_a_turned_image_is_packed_upright_with_its_mask(records: list[Record], pack: Pack, tmp_path: Path) -> None:
    assert records[0].mask
    exif = Image.Exif()
    exif[0x0112] = 6
    for name, source in (("turned.png", records[0].image), ("mask.png", records[0].mask)):
        pixels = cv2.imread(str(source), cv2.IMREAD_GRAYSCALE)
        turned = np.ascontiguousarray(oriented(np.asarray(pixels), inverse_orientation(6)))
        Image.fromarray(turned).save(tmp_path / name, exif=exif if name == "turned.png" else None)
    turned_pack = make_pack(
        [replace(records[0], image=tmp_path / "turned.png", mask=tmp_path / "mask.png")], Recipe(), PACKED
    )
    assert np.array_equal(turned_pack.images[0], pack.images[0])
    assert np.array_equal(turned_pack.masks[0], pack.masks[0])
