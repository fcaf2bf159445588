"""Figures of tumours whose place or type is known, in the two ways that a hit can be decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.collections import several_types
from models.evaluation.by_centre import Groups, lesion_cases, lesion_detection, lesion_sizes
from models.evaluation.detection import detection
from models.evaluation.figures import Detection, Outlines, SizeRow, Types
from models.evaluation.kinds import lesion_type_figures, type_figures
from models.evaluation.lesions import outline_figures, size_rows
from models.evaluation.outcomes import Outcome


@dataclass(frozen=True)
class Placed:
    """What one source says of its tumours' place, outline, type and size; None where it defines no such figure."""

    detection: Detection | None
    outlines: Outlines | None
    types: Types | None
    sizes: tuple[SizeRow, ...]


def by_overlap(outcomes: Sequence[Outcome], types: Sequence[str]) -> Placed:
    """One tumour an image, hit by what overlaps it."""
    tumours = [o for o in outcomes if o.record.tumour]
    known = [o for o in tumours if o.record.label in types]
    typed = known if several_types((o.source, o.record.label) for o in known) else []
    located = [o for o in outcomes if o.truth_box or not o.record.tumour]
    return Placed(
        detection=detection(located) if any(o.truth_box for o in located) else None,
        outlines=outline_figures(tumours),
        types=type_figures(typed, types) if typed else None,
        sizes=size_rows(tumours, typed=bool(typed)),
    )


def by_centre(outcomes: Sequence[Outcome], types: Sequence[str], groups: Groups) -> Placed:
    """Several lesions an image, hit by a candidate's centre, all of them and by group; nothing is said of outlines."""
    located = [o for o in outcomes if o.record.lesions or not o.record.tumour]
    cases = lesion_cases(located, types)
    return Placed(
        detection=lesion_detection(located, groups) if any(o.record.tumour for o in located) else None,
        outlines=None,
        types=lesion_type_figures(cases, types) if len({case.label for case in cases}) > 1 else None,
        sizes=lesion_sizes(located),
    )
