"""Secondary captures: the picture with outlines, and pictures that were no DICOM."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from shared.objects import CAPTURE, SOURCE
from worker.objects.errors import ObjectsError


def test_the_capture_shows_the_rendered_picture_pixel_for_pixel(make, make_result, others, parsed, finding, overlay):
    capture = parsed(make(others("MR_small.dcm"), make_result(finding()))[CAPTURE])
    assert np.array_equal(capture.pixel_array, np.asarray(Image.open(io.BytesIO(overlay))))
    assert (capture.PhotometricInterpretation, capture.Modality) == ("RGB", "OT")
    assert "Research use only" in capture.ImageComments
    assert "brain-mri 0.2.0" in capture.DerivationDescription


def test_the_capture_names_the_scan_it_was_made_from(make, make_result, others, parsed, finding):
    capture = parsed(make(others("MR_small.dcm"), make_result(finding()))[CAPTURE])
    (reference,) = capture.SourceImageSequence
    assert reference.ReferencedSOPInstanceUID == parsed(others("MR_small.dcm")).SOPInstanceUID


@pytest.mark.parametrize("annotation", ["YES", "NO", None])
def test_whether_the_picture_names_the_patient_is_said_as_the_scan_says_it(
    make, make_result, others, changed, parsed, finding, annotation
):
    scan = changed(others("MR_small.dcm"), lambda header: setattr(header, "BurnedInAnnotation", annotation))
    assert parsed(make(scan, make_result(finding()))[CAPTURE]).get("BurnedInAnnotation") == annotation


@pytest.mark.parametrize(("format", "options"), [("PNG", {}), ("TIFF", {}), ("BMP", {})])
def test_eight_bit_pictures_are_wrapped_without_loss(make, make_result, encoded, parsed, finding, format, options):
    pixels = np.random.default_rng(1).integers(0, 256, (48, 80), dtype=np.uint8)
    wrapped = parsed(make(encoded(pixels, format, **options), make_result(finding(), size=(80, 48)))[SOURCE])
    assert np.array_equal(wrapped.pixel_array, pixels)
    assert wrapped.BitsAllocated == 8


def test_sixteen_bit_pictures_keep_their_steps(make, make_result, encoded, parsed, finding):
    pixels = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 7
    wrapped = parsed(make(encoded(pixels, "PNG"), make_result(finding()))[SOURCE])
    assert wrapped.BitsAllocated == 16
    assert len(np.unique(wrapped.pixel_array)) > 4000


def test_a_turned_picture_is_wrapped_as_it_is_stored_so_that_outlines_fit(make, make_result, encoded, parsed, finding):
    pixels = np.random.default_rng(2).integers(0, 256, (48, 80), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = make_result(finding(), size=(80, 48))
    wrapped = parsed(make(encoded(pixels, "PNG", exif=exif), turned)[SOURCE])
    assert np.array_equal(wrapped.pixel_array, pixels)


def test_a_picture_larger_than_what_was_analysed_is_not_read(make, make_result, encoded, finding):
    pixels = np.zeros((200, 200), np.uint8)
    pixels[50:150, 50:150] = 200
    with pytest.raises(ObjectsError, match="cannot be read again"):
        make(encoded(pixels, "PNG"), make_result(finding()))


def test_a_file_that_is_no_scan_any_more_is_told(make, make_result, finding):
    with pytest.raises(ObjectsError, match="cannot be read again"):
        make(b"now a text", make_result(finding()))
