"""From the CSV files of a collection to records: who they are of, what they count as, and where the tumour is."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.collections import UNFOLDED, Lesion, Record, boxes_of, read_sources, several_types, truth_mask
from models.collections.mammograms import MASSES
from models.errors import TrainingDataError
from models.report import Kind

REAL = Path(__file__).parents[3] / "shared/data"


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
    assert (tumour.label, tumour.lesions, tumour.pool) == (None, (Lesion((1, 2, 9, 8)),), "brain_br35h/tumor")
    assert (free.tumour, free.pool) == (False, "brain_br35h/none")


def test_a_list_that_excel_wrote_is_read(tmp_path: Path) -> None:
    image(tmp_path / "a.png")
    (tmp_path / "images.csv").write_text("image,label,group\na.png,glioma,p1\n", encoding="utf-8-sig")
    [record] = read_sources(tmp_path)
    assert (record.label, record.group, record.fold) == ("glioma", "p1", UNFOLDED)
    assert record.patient == f"{tmp_path.name}/p1"


def test_a_box_ends_at_the_images_edge_and_one_that_lies_beyond_it_is_refused() -> None:
    record = Record(Path("a.png"), "p", "g", 0, True, lesions=(Lesion((30, 10, 60, 20)),))
    assert boxes_of(record, (40, 50)) == ((30, 10, 50, 20),)
    assert truth_mask(record, (40, 50)).sum() == 20 * 10
    with pytest.raises(
        TrainingDataError, match=r"\(30, 10, 60, 20\) of a.png lies outside of the image, 44 x 40 pixels"
    ):
        boxes_of(record, (40, 44))


def test_only_where_there_are_several_types_is_a_type_more_than_the_source() -> None:
    pairs = [("a", "glioma"), ("a", None), ("b", "glioma"), ("b", "pituitary"), ("c", None), ("a", "glioma")]
    assert several_types(pairs) == {"b"}


def test_a_mammogram_has_all_its_circles_and_the_gravest_type_and_one_without_a_circle_is_not_normal(
    tmp_path: Path,
) -> None:
    (tmp_path / "mammo_mias").mkdir()
    (tmp_path / "mammo_mias/lesions.csv").write_text(
        "image,mask,patient,fold,density,finding,severity,x,y,radius,mm_per_pixel\n"
        "a.png,,p1,2,G,CIRC,M,300,400,50,0.2\n"
        "a.png,,p1,2,G,CALC,B,10,400,20,0.2\n"
        "b.png,,p1,2,G,NORM,,,,,0.2\n"
        "c.png,,p2,0,G,CALC,B,,,,0.2\n"
    )
    found, normal, somewhere = read_sources(tmp_path, Kind.MAMMOGRAM)
    assert found.lesions == (
        Lesion((250, 350, 351, 451), "suspicious lesion", 20.0, finding="CIRC"),
        Lesion((0, 380, 31, 421), "benign lesion", 8.0, finding="CALC"),
    )
    assert (found.label, found.malignant, found.tumour) == ("suspicious lesion", True, True)
    assert (found.patient, found.patient == normal.patient, found.fold) == ("mammo_mias/mias-p1", True, 2)
    assert (normal.clean, normal.tumour, normal.malignant) == (True, False, False)
    assert (somewhere.clean, somewhere.tumour, somewhere.lesions, somewhere.malignant) == (False, True, (), False)


def test_a_chest_image_whose_nodules_do_not_count_is_neither_positive_nor_clean(tmp_path: Path) -> None:
    data = tmp_path / "chest_drr"
    data.mkdir()
    (data / "images.csv").write_text("image,mask,patient,fold\n" + "".join(f"{i},m,p{i},1\n" for i in range(4)))
    (data / "nodules.csv").write_text(
        "image,patient,n_readers,mean_malignancy,mean_diameter_mm,x0,y0,x1,y1\n"
        "0,p0,3,3.5,8.0,10,20.4,30,40.2\n"
        "0,p0,4,5,7.9,1,1,9,9\n"
        "1,p1,4,3.6,8.0,10,20,30,40\n"
        "2,p2,2,5,30.0,10,20,30,40\n"
    )
    counted, suspicious, doubtful, clean = read_sources(data, Kind.CHEST_XRAY)
    assert [lesion.counts for lesion in counted.lesions] == [True, False]
    assert counted.lesions[0].box == (10, 20, 30, 41)
    assert (counted.label, counted.malignant) == ("indeterminate opacity", False)
    assert (suspicious.label, suspicious.malignant) == ("suspicious opacity", True)
    assert [(r.tumour, r.clean) for r in (counted, doubtful, clean)] == [(True, False), (False, False), (False, True)]
    assert (doubtful.label, doubtful.malignant, clean.mask) == (None, False, None)


def test_only_collections_of_the_kind_that_is_asked_for_are_read(lgg: Path) -> None:
    (lgg / "mammo_mias").mkdir()
    (lgg / "mammo_mias/lesions.csv").write_text(
        "image,mask,patient,fold,density,finding,severity,x,y,radius,mm_per_pixel\na.png,,p1,2,G,NORM,,,,,0.2\n"
    )
    assert {r.collection for r in read_sources(lgg)} == {"brain_lgg"}
    assert {r.collection for r in read_sources(lgg, Kind.MAMMOGRAM)} == {"mammo_mias"}
    with pytest.raises(TrainingDataError, match=r"holds no collection: neither images\.csv nor a folder chest_drr"):
        read_sources(lgg, Kind.CHEST_XRAY)
    with pytest.raises(TrainingDataError, match="holds images of the kind mammogram, and not brain-mri"):
        read_sources(lgg / "mammo_mias")


@pytest.mark.skipif(not REAL.exists(), reason="the collections are not there")
def test_the_real_x_ray_collections_hold_what_they_are_known_to_hold() -> None:
    mammograms, chest = read_sources(REAL, Kind.MAMMOGRAM), read_sources(REAL, Kind.CHEST_XRAY)
    lesions = [lesion for r in mammograms for lesion in r.lesions]
    assert (len(mammograms), len({r.patient for r in mammograms}), len(lesions)) == (242, 121, 86)
    assert (sum(r.clean for r in mammograms), sum(r.tumour and not r.lesions for r in mammograms)) == (157, 4)
    assert (sum(lesion.finding in MASSES for lesion in lesions), sum(r.mask is not None for r in mammograms)) == (
        45,
        40,
    )
    nodules = [lesion for r in chest for lesion in r.lesions]
    counted = [lesion for lesion in nodules if lesion.counts]
    assert (len(chest), len({r.patient for r in chest}), len(nodules), len(counted)) == (437, 432, 1082, 416)
    assert (sum(r.tumour for r in chest), sum(r.clean for r in chest)) == (252, 50)
    assert sum((lesion.diameter_mm or 0) >= 15 for lesion in counted) == 149
    assert sum(lesion.label == "suspicious opacity" for lesion in counted) == 143
    for records in (mammograms, chest):  # no patient is held out and trained on at once
        assert len({(r.patient, r.fold) for r in records}) == len({r.patient for r in records})
