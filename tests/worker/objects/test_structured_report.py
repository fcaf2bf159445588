"""The structured report: what it measures, of which image, in whose opinion."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from highdicom.sr import Comprehensive3DSR, MeasurementReport

from shared.objects import SEG, SR

NUM, SCOORD, TEXT, CODE = "NUM", "SCOORD", "TEXT", "CODE"


def items(container, kind, name=None):
    """Content items below a container, of a value type and with a name."""
    found = []
    for item in container.get("ContentSequence", ()):
        meaning = item.ConceptNameCodeSequence[0].CodeMeaning if "ConceptNameCodeSequence" in item else None
        if item.ValueType == kind and name in (None, meaning):
            found.append(item)
        found += items(item, kind, name)
    return found


def groups(document):
    """The measurement groups: of the image first, then of the lesions."""
    report = Comprehensive3DSR.from_dataset(document).content
    assert isinstance(report, MeasurementReport)
    planar = report.get_planar_roi_measurement_groups()
    return report.get_image_measurement_groups(), planar


def number(group, name):
    """Value and unit of a measurement of a group."""
    (item,) = items(group[0], NUM, name)
    value = item.MeasuredValueSequence[0]
    return float(value.NumericValue), value.MeasurementUnitsCodeSequence[0].CodeValue


@pytest.fixture
def report(make, make_result, others, parsed, finding):
    """The parsed report of findings on a small MR slice."""

    def build(*findings, **update):
        return parsed(make(others("MR_small.dcm"), make_result(*findings, **update))[SR])

    return build


def test_each_lesion_has_its_measurements_with_units(report, finding):
    _, lesions = groups(report(finding(), finding(x=40, unit="px")))
    assert number(lesions[0], "Long axis") == (14.25, "mm")
    assert number(lesions[0], "Short axis") == (8.5, "mm")
    assert number(lesions[0], "Area") == (96.0, "mm2")
    assert number(lesions[1], "Long axis") == (14.25, "{pixels}")
    assert number(lesions[1], "Area") == (96.0, "{pixels}")


def test_probabilities_are_per_cent_and_never_certain(report, finding):
    sure = finding().model_copy(update={"score": 1.0})
    _, (lesion,) = groups(report(sure))
    assert number(lesion, "Certainty of Finding") == (99.99, "%")
    assert number(lesion, "Probability of malignancy") == (85.0, "%")
    assert number(lesion, "Probability of type meningioma") == (7.0, "%")


def test_an_outline_covers_the_pixels_of_the_mask_less_half_a_pixel_at_its_edge(report, finding):
    _, (lesion,) = groups(report(finding(x=10, y=20, width=12, height=8)))
    (region,) = items(lesion[0], SCOORD, "Image Region")
    points = np.array(region.GraphicData).reshape(-1, 2)
    assert region.GraphicType == "POLYLINE"
    assert points[0].tolist() == points[-1].tolist() == [10.5, 20.5]
    assert points.max(axis=0).tolist() == [21.5, 27.5]
    assert cv2.contourArea(points.astype(np.float32)) == 11 * 7


def test_a_region_of_a_single_pixel_is_outlined_by_its_box(report, finding):
    _, (lesion,) = groups(report(finding(x=5, y=6, width=1, height=1).model_copy(update={"contour": [(5, 6)]})))
    (region,) = items(lesion[0], SCOORD, "Image Region")
    assert [float(value) for value in region.GraphicData] == [5, 6, 6, 6, 6, 7, 5, 7, 5, 6]


def test_regions_refer_to_the_scan_and_the_scan_is_evidence(report, finding, others, parsed):
    scan = parsed(others("MR_small.dcm"))
    document = report(finding())
    (reference,) = items(document, "IMAGE", "Source")
    assert reference.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == scan.SOPInstanceUID
    evidence = document.CurrentRequestedProcedureEvidenceSequence[0]
    assert evidence.StudyInstanceUID == document.StudyInstanceUID == scan.StudyInstanceUID
    assert evidence.ReferencedSeriesSequence[0].SeriesInstanceUID == scan.SeriesInstanceUID
    (instance,) = evidence.ReferencedSeriesSequence[0].ReferencedSOPSequence
    assert instance.ReferencedSOPInstanceUID == scan.SOPInstanceUID


def test_a_type_is_the_models_opinion_about_a_lesion_and_says_so_where_it_is_in_doubt(report, finding):
    _, (sure, doubtful) = groups(report(finding(), finding(x=40, certain=False)))
    assert [group.finding_type.meaning for group in (sure, doubtful)] == ["Lesion", "Lesion"]
    (item,) = items(sure[0], CODE, "Most likely type according to the model")
    assert item.ConceptCodeSequence[0].CodingSchemeDesignator == "SCT"
    assert item.ConceptCodeSequence[0].CodeMeaning == "Glioma"
    assert not items(doubtful[0], CODE, "Most likely type according to the model")
    assert items(doubtful[0], CODE, "Most likely type according to the model, in doubt")
    assert any("in doubt" in item.TextValue for item in items(doubtful[0], TEXT, "Comment"))


@pytest.mark.parametrize(
    ("label", "meaning"), [("benign", "Benign"), ("malignant", "Malignant"), ("uncertain", "Equivocal")]
)
def test_malignancy_is_coded_by_snomed(report, finding, label, meaning):
    judged = finding()
    judged = judged.model_copy(update={"malignancy": judged.malignancy.model_copy(update={"label": label})})
    _, (lesion,) = groups(report(judged))
    (item,) = items(lesion[0], CODE, "Malignancy according to the model")
    assert (item.ConceptCodeSequence[0].CodingSchemeDesignator, item.ConceptCodeSequence[0].CodeMeaning) == (
        "SCT",
        meaning,
    )


def test_a_type_without_a_snomed_code_is_told_in_our_own_scheme(report, finding):
    odd = finding().model_copy(update={"label": "suspicious opacity of the chest", "probabilities": {}})
    document = report(odd, kind="chest-xray")
    (item,) = items(document, CODE, "Most likely type according to the model")
    assert item.ConceptCodeSequence[0].CodingSchemeDesignator == "99ONCOQUEUE"
    assert item.ConceptCodeSequence[0].CodeMeaning == "suspicious opacity of the chest"
    schemes = [scheme.CodingSchemeDesignator for scheme in document.CodingSchemeIdentificationSequence]
    assert "99ONCOQUEUE" in schemes


def test_each_group_names_the_algorithm_and_its_release(report, finding):
    document = report(finding())
    assert [item.TextValue for item in items(document, TEXT, "Algorithm Name")] == ["brain-mri"] * 2
    assert [item.TextValue for item in items(document, TEXT, "Algorithm Version")] == ["0.2.0"] * 2
    assert {item.TextValue for item in items(document, TEXT, "Algorithm Parameters")} == {
        "release=brain-mri-0.2.0-0123456789ab"
    }


def test_nothing_reported_is_a_report_that_says_so(make, make_result, others, parsed, finding):
    unreported = finding().model_copy(update={"reported": False})
    files = make(others("MR_small.dcm"), make_result(unreported))
    images, lesions = groups(parsed(files[SR]))
    assert SEG not in files
    assert lesions == []
    assert number(images[0], "Probability of at least one tumor in the image") == (97.0, "%")
    (item,) = items(images[0][0], CODE, "Suspected lesion regions")
    assert item.ConceptCodeSequence[0].CodeMeaning == "Not detected"


def test_research_use_and_caveats_stand_in_the_document_and_nobody_has_verified_it(report, finding):
    document = report(finding(), caveats=["Sizes are those of the shadow on the detector."])
    comments = [item.TextValue for item in items(document, TEXT, "Comment")]
    assert any("Research use only" in comment for comment in comments)
    assert "Sizes are those of the shadow on the detector." in comments
    assert "RESEARCH USE ONLY" in document.SeriesDescription
    assert (document.VerificationFlag, document.PreliminaryFlag) == ("UNVERIFIED", "PRELIMINARY")


def test_no_word_of_the_report_is_cancer(report, finding):
    assert "cancer" not in str(report(finding(), finding(x=40, certain=False))).lower()
