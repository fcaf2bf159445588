"""The cases that went worst, as pictures: the truth and what was reported, outlined."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models.collections import Record, lesion_masks, truth_mask
from models.errors import ScanRejectedError
from models.evaluation.by_centre import found_share, lesion_cases
from models.evaluation.outcomes import Outcome, overlap_of
from models.evaluation.running import Step, quietly
from models.reading import read_scan
from models.rendering.canvas import Picture, fitted, grey_bytes, in_colour

MOST = 50
LEAST = 0.05  # of badness: below, nothing is wrong
SIDE = 320
TRUTH, FOUND = (86, 220, 160), (255, 140, 60)  # green and orange, apart for colour-blind eyes too
QUALITY = 80


@dataclass(frozen=True)
class Case:
    """One picture of the report: `picture` is a JPEG as a data URL; badness 0 is perfect."""

    badness: float
    image: str
    group: str
    source: str
    truth: str
    said: str
    dice: float | None
    picture: str


def worst_cases(outcomes: Sequence[Outcome], types: Sequence[str], step: Step = quietly) -> list[Case]:
    """At most MOST cases in which something is wrong, the worst first."""
    ranked = sorted(((badness(o, types), i) for i, o in enumerate(outcomes)), key=lambda pair: (-pair[0], pair[1]))
    worst = [(value, i) for value, i in ranked[:MOST] if value > LEAST]
    tick = step("worst cases", len(worst))
    cases = []
    for value, i in worst:
        cases.append(_case(outcomes[i], value))
        tick()
    return cases


def badness(outcome: Outcome, types: Sequence[str]) -> float:
    """What a reader would mind: a missed or misplaced tumour, a sure wrong type, an alarm about nothing.

    A tumour: 1 less the overlap (of lesions: the share that is missed) and the probability of a wrong type. Nothing
    there: P(tumour), doubled if reported.
    """
    if outcome.record.by_centre and not outcome.record.clean:
        return _badness_of_lesions(outcome, types)
    if not outcome.record.tumour:
        return 0.0 if outcome.refused else outcome.tumour_probability * (2.0 if outcome.reported else 1.0)
    wrong = outcome.confidence if outcome.record.label in types and not outcome.typed_right else 0.0
    return 1.0 - _overlap(outcome) + wrong


def _badness_of_lesions(outcome: Outcome, types: Sequence[str]) -> float:
    found = found_share(outcome)
    wrong = [case.confidence for case in lesion_cases([outcome], types) if case.finding and not case.right]
    return (0.0 if found is None else 1.0 - found) + max(wrong, default=0.0)


def _overlap(outcome: Outcome) -> float:
    """Dice where the truth is an outline, else the best box's IoU; nothing to hold it against is no fault."""
    if outcome.dice is not None:
        return outcome.dice
    box = outcome.truth_box
    return 1.0 if box is None else max((overlap_of(f.box, box) for f in outcome.reported), default=0.0)


def _case(outcome: Outcome, value: float) -> Case:
    record = outcome.record
    return Case(
        badness=value,
        image=f"{record.image.parent.name}/{record.image.name}",
        group=record.group,
        source=outcome.source,
        truth=_truth(record),
        said=_said(outcome),
        dice=outcome.dice,
        picture=_picture(outcome),
    )


def _truth(record: Record) -> str:
    if not record.tumour:
        return f"no {_noun(record)}" if record.clean else "no lesion that counts"
    count = sum(lesion.counts for lesion in record.lesions)
    return f"{count} lesions, {record.label}" if count > 1 else record.label or f"{_noun(record)} of unknown type"


def _noun(record: Record) -> str:
    return "lesion" if record.by_centre else "tumour"


def _said(outcome: Outcome) -> str:
    if outcome.refused:
        return f"refused: {outcome.report.reason}"
    chance = f"P({_noun(outcome.record)}) {outcome.tumour_probability:.2f}"
    if outcome.best is None:
        return f"nothing found, {chance}"
    doubt = "" if outcome.best.certain else " in doubt"
    shown = f"{len(outcome.reported)} reported" if outcome.reported else "not reported"
    return f"{outcome.best.label} {outcome.confidence:.2f}{doubt}, {shown}, {chance}"


def _picture(outcome: Outcome) -> str:
    try:
        pixels = read_scan(outcome.record.image).pixels
    except ScanRejectedError:  # of a tumour that was missed with its file: the case is listed, without a picture
        return _as_url(np.zeros((SIDE, SIDE, 3), np.uint8))
    canvas = in_colour(grey_bytes(fitted(pixels, SIDE)))
    scale = canvas.shape[1] / pixels.shape[1]
    for truth in _true_regions(outcome.record, pixels.shape):
        outlines, _ = cv2.findContours(truth.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        _draw(canvas, [outline[:, 0] for outline in outlines], scale, TRUTH)
    _draw(canvas, [np.array(f.contour) for f in outcome.reported], scale, FOUND)
    return _as_url(canvas)


def _true_regions(record: Record, shape: tuple[int, ...]) -> list[np.ndarray]:
    """What is wanted, bool (height, width) each."""
    if record.by_centre:
        masks = lesion_masks(record, shape)
        return [mask for lesion, mask in zip(record.lesions, masks, strict=True) if lesion.counts]
    return [truth_mask(record, shape)] if record.tumour else []


def _as_url(canvas: Picture) -> str:
    _, data = cv2.imencode(".jpg", cv2.cvtColor(canvas, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode()


def _draw(canvas: Picture, outlines: Sequence[np.ndarray], scale: float, colour: tuple[int, int, int]) -> None:
    lines = [np.rint(((outline + 0.5) * scale - 0.5) * 16).astype(np.int32) for outline in outlines]
    cv2.polylines(canvas, lines, True, colour, 1, cv2.LINE_AA, 4)
