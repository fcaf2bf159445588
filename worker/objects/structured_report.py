"""A result as a Comprehensive 3D SR document by TID 1500, measurement report."""

from __future__ import annotations

from highdicom.sr import (
    AlgorithmIdentification,
    Comprehensive3DSR,
    DeviceObserverIdentifyingAttributes,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    QualitativeEvaluation,
    SourceImageForMeasurementGroup,
    TrackingIdentifier,
)
from pydicom.sr.codedict import codes as dictionary

from shared.dicom.head import MANUFACTURER
from worker.objects import codes
from worker.objects.case import NOTICE, Case
from worker.objects.lesion import comment, lesion_group, per_cent
from worker.objects.series import own_series, with_names

NONE_REPORTED = "No region is reported. That does not exclude a lesion."


def structured_report(case: Case) -> Comprehensive3DSR:
    """A group for the image as a whole, always, and one for each reported lesion, best first."""
    algorithm = AlgorithmIdentification(
        case.model.name,
        case.model.version,
        parameters=[f"release={case.identity.release}"],
        family=codes.ARTIFICIAL_INTELLIGENCE,
        manufacturer=MANUFACTURER,
    )
    lesions = [lesion_group(case, number, algorithm) for number in range(1, len(case.lesions) + 1)]
    report = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=_device(case)),
        procedure_reported=codes.procedure(case.result.kind or "unknown"),
        imaging_measurements=[_image_group(case, algorithm), *lesions],
        title=dictionary.DCM.ImagingMeasurementReport,
    )
    for sentence in _sentences(case):
        report[0].ContentSequence.append(comment(sentence))
    document = Comprehensive3DSR(
        evidence=[case.nameless],
        content=report,
        is_complete=True,
        is_final=False,
        is_verified=False,
        coding_schemes=[codes.OWN_SCHEME_ITEM],
        **own_series(case, "sr", "OncoQueue findings"),
    )
    return with_names(document, case)


def _device(case: Case) -> ObserverContext:
    return ObserverContext(
        dictionary.DCM.Device,
        DeviceObserverIdentifyingAttributes(
            uid=str(case.identity.uid("device")),
            name="OncoQueue, research use only",
            manufacturer_name=MANUFACTURER,
            model_name=f"{case.model.name} {case.model.version}",
            serial_number=case.identity.device_serial,
        ),
    )


def _image_group(case: Case, algorithm: AlgorithmIdentification) -> MeasurementsAndQualitativeEvaluations:
    """What is said of the image as a whole (TID 1501): whether regions are reported, how probable a tumour is."""
    result = case.result
    measurements = []
    if result.tumor_probability is not None:
        measurements.append(per_cent(codes.P_TUMOUR, result.tumor_probability))
    if result.urgency is not None:
        measurements.append(Measurement(codes.URGENCY, round(result.urgency, 4), codes.NO_UNITS))
    found = codes.PRESENT if case.lesions else codes.NOT_DETECTED
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(str(case.identity.uid("image")), "Image as a whole"),
        algorithm_id=algorithm,
        measurements=measurements,
        qualitative_evaluations=[QualitativeEvaluation(codes.REGIONS, found)],
        source_images=[SourceImageForMeasurementGroup(case.source.SOPClassUID, case.source.SOPInstanceUID)],
    )


def _sentences(case: Case) -> list[str]:
    return [NOTICE, *([] if case.lesions else [NONE_REPORTED]), *case.result.caveats]
