"""The tables of a card whose lesions are hit by a candidate's centre, one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from models.evaluation.card.sections import paragraph, table
from models.evaluation.figures import Evaluation, Source, Types

HOW = (
    "A lesion is found where the centre of a candidate's box lies on it. Further candidates on it, and those on "
    "lesions that do not count, are neither hits nor false. False candidates are per image over all images, those "
    "without lesions included."
)


def lesion_tables(evaluation: Evaluation) -> Iterator[str]:
    """Nothing where no source is judged so."""
    sources = {s.titled(name): s for name, s in evaluation.sources.items() if s.by_centre}
    if not sources:
        return
    yield paragraph(HOW)
    for name, source in sources.items():
        yield _groups(name, source)
        if source.types:
            yield from _types(name, source.types)
    yield _sizes(sources)
    yield _malignant(sources)


def _groups(name: str, source: Source) -> str:
    lesions = source.detection.lesions if source.detection else {}
    rates = next(iter(lesions.values())).sensitivity_at
    header = (name, "lesions", "patients", "reported", *(f"found at {rate} false an image" for rate in rates))
    rows = [(group, g.count, g.groups, g.found, *g.sensitivity_at.values()) for group, g in lesions.items()]
    return table(header, rows)


def _types(name: str, types: Types) -> Iterator[str]:
    rows = [
        ("Lesions found that are typed right", types.accuracy),
        ("... of those not in doubt", types.certain_accuracy),
        ("... share in doubt", types.doubt_share),
        ("Calibration error of the type (ECE)", types.reliability.error),
        *((f"AUC of {label}, {c.count} found", c.auc) for label, c in types.aucs.items()),
        ("Lesions that no candidate lies on, in none of these figures", types.missed),
    ]
    yield table((f"type in {name}, by the best candidate on each lesion", ""), rows)
    said = list(next(iter(types.confusion.values())))
    yield table(("true \\ said", *said), [(t, *row.values()) for t, row in types.confusion.items()])


def _sizes(sources: Mapping[str, Source]) -> str:
    rows = [(f"{name}: {r.size}", r.count, r.groups, r.found) for name, s in sources.items() for r in s.sizes]
    return table(("annotated diameter", "lesions", "patients", "reported"), rows) if rows else ""


def _malignant(sources: Mapping[str, Source]) -> str:
    header = ("a malignant finding in the image", "groups", "AUC", "AUC of border and histogram alone",
              "sensitivity: a region not benign is reported", "specificity", "ECE")  # fmt: skip
    rows = [
        (name, s.groups, m.auc, m.control_auc, m.sensitivity, m.specificity, m.reliability.error)
        for name, s in sources.items()
        if (m := s.malignant)
    ]
    return table(header, rows) if rows else ""
