"""One reported finding as a measurement group of a structured report (TID 1410)."""

from __future__ import annotations

from highdicom.sr import (
    AlgorithmIdentification,
    FindingSite,
    GraphicTypeValues,
    ImageRegion,
    Measurement,
    PlanarROIMeasurementsAndQualitativeEvaluations,
    QualitativeEvaluation,
    RelationshipTypeValues,
    SourceImageForRegion,
    TextContentItem,
    TrackingIdentifier,
)
from pydicom.sr.coding import Code

from shared.schemas import Finding
from worker.objects import codes
from worker.objects.case import Case, lesion_name
from worker.objects.regions import outline_coordinates

IN_DOUBT = "The model is in doubt about this region."


def lesion_group(
    case: Case, number: int, algorithm: AlgorithmIdentification
) -> PlanarROIMeasurementsAndQualitativeEvaluations:
    """Lesion `number` of a case: outline, measurements, type and malignancy, each as the model's opinion."""
    finding = case.lesions[number - 1]
    region = codes.body_region(case.result.kind or "")
    group = PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(case.tracking_uid(number), lesion_name(number)),
        referenced_region=ImageRegion(
            GraphicTypeValues.POLYLINE,
            outline_coordinates(finding),
            SourceImageForRegion(case.source.SOPClassUID, case.source.SOPInstanceUID),
        ),
        finding_category=codes.ABNORMAL,
        finding_type=codes.LESION,
        algorithm_id=algorithm,
        finding_sites=[FindingSite(region)] if region else None,
        measurements=[*_sizes(finding), *_probabilities(finding)],
        qualitative_evaluations=_evaluations(finding),
    )
    group[0].ContentSequence.append(comment(_in_words(finding)))
    return group


def per_cent(name: Code, probability: float) -> Measurement:
    """A probability in 0..1 as per cent; certainty is never claimed."""
    return Measurement(name, min(99.99, round(100 * probability, 2)), codes.PERCENT)


def comment(text: str) -> TextContentItem:
    """A sentence for the reader."""
    return TextContentItem(codes.COMMENT, text, RelationshipTypeValues.CONTAINS)


def _sizes(finding: Finding) -> list[Measurement]:
    measured = finding.measurements
    length, area = codes.LENGTH_UNITS[measured.unit], codes.AREA_UNITS[measured.unit]
    return [
        Measurement(codes.LONGEST_DIAMETER, round(measured.longest_diameter, 2), length),
        Measurement(codes.SHORT_AXIS, round(measured.short_axis, 2), length),
        Measurement(codes.AREA, round(measured.area, 2), area),
    ]


def _probabilities(finding: Finding) -> list[Measurement]:
    types = (per_cent(codes.p_type(label), share) for label, share in finding.probabilities.items())
    return [
        per_cent(codes.SCORE, finding.score),
        per_cent(codes.P_MALIGNANT, finding.malignancy.probability),
        *types,
    ]


def _evaluations(finding: Finding) -> list[QualitativeEvaluation]:
    kind = codes.TYPE if finding.certain else codes.TYPE_IN_DOUBT
    return [
        QualitativeEvaluation(kind, codes.type_code(finding.label)),
        QualitativeEvaluation(codes.MALIGNANCY, codes.MALIGNANCIES[finding.malignancy.label]),
    ]


def _in_words(finding: Finding) -> str:
    where = f"Location: {finding.measurements.location}."
    return f"{where} {IN_DOUBT}" if finding.in_doubt else where
