"""From the CSV files of a collection to records: who they are of, what they count as, and where the tumour is."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.collections import UNFOLDED, Record, boxes_of, read_sources, several_types, truth_mask
from models.errors import TrainingDataError


def image(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), np.zeros((40, 50), np.uint8))


@pytest.fixture
def lgg(tmp_path: Path) -> Path:
    """Two slices of one patient, each a FLAIR and a post-contrast image; the first has a lesion."""
    (tmp_path / "brain_lgg").mkdir()
    (tmp_path / "brain_lgg/slices.csv").write_text(
        "flair,post,mask,patient,fold,slice,has_lesion\nf1,p1,m1,TCGA,2,1,1\nf2,p2,m2,TCGA,2,2,0\n"
    )
    return tmp_path


def test_a_sequence_without_any_tumour_is_drawn_with_its_collection_but_counted_apart(lgg: Path) -> None:
    for data in (lgg, lgg / "brain_lgg"):
        records = read_sources(data)
        assert [(r.image.name, r.pool, r.source, r.tumour) for r in records] == [
            ("f1", "brain_lgg/lesion", "brain_lgg", True),
            ("f2", "brain_lgg/free", "brain_lgg", False),
            ("p2", "brain_lgg/free", "brain_lgg_post", False),
        ]
        assert {(r.collection, r.patient, r.fold) for r in records} == {("brain_lgg", "brain_lgg/lgg-TCGA", 2)}


def test_one_of_our_collections_is_read_as_such_though_its_list_has_the_name_of_anybodys(tmp_path: Path) -> None:
    data = tmp_path / "brain_br35h"
    data.mkdir()
    (data / "images.csv").write_text(
        "image,group,fold,label,x0,y0,x1,y1\na.jpg,1,3,tumor,1,2,9,8\nb.jpg,2,0,none,,,,\n"
    )
    tumour, free = read_sources(data)
    assert (tumour.label, tumour.boxes, tumour.pool) == (None, ((1, 2, 9, 8),), "brain_br35h/tumor")
    assert (free.tumour, free.pool) == (False, "brain_br35h/none")


def test_a_list_that_excel_wrote_is_read(tmp_path: Path) -> None:
    image(tmp_path / "a.png")
    (tmp_path / "images.csv").write_text("image,label,group\na.png,glioma,p1\n", encoding="utf-8-sig")
    [record] = read_sources(tmp_path)
    assert (record.label, record.group, record.fold) == ("glioma", "p1", UNFOLDED)
    assert record.patient == f"{tmp_path.name}/p1"


def test_a_box_ends_at_the_images_edge_and_one_that_lies_beyond_it_is_refused() -> None:
    record = Record(Path("a.png"), "p", "g", 0, True, boxes=((30, 10, 60, 20),))
    assert boxes_of(record, (40, 50)) == ((30, 10, 50, 20),)
    assert truth_mask(record, (40, 50)).sum() == 20 * 10
    with pytest.raises(
        TrainingDataError, match=r"\(30, 10, 60, 20\) of a.png lies outside of the image, 44 x 40 pixels"
    ):
        boxes_of(record, (40, 44))


def test_only_where_there_are_several_types_is_a_type_more_than_the_source() -> None:
    pairs = [("a", "glioma"), ("a", None), ("b", "glioma"), ("b", "pituitary"), ("c", None), ("a", "glioma")]
    assert several_types(pairs) == {"b"}
