"""What STOW-RS answers: which objects are stored and which not, in the JSON model of DICOM (PS3.18, F and I)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.dicom.identity import Identity
from shared.dicom.refusals import Status

MEDIA_TYPE = "application/dicom+json"
RETRIEVE_URL = "00081190"
SOP_CLASS, SOP_INSTANCE, REASON = "00081150", "00081155", "00081197"
STORED, FAILED, OTHER_FAILURES = "00081199", "00081198", "0008119A"
NOWHERE = {"vr": "UR"}  # objects cannot be fetched here: the attribute is there and empty

Attributes = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """What became of one object. Which it is, is not known where its header could not be read."""

    status: Status
    identity: Identity | None = None


def http_status(outcomes: Sequence[Outcome]) -> int:
    """200 where all are stored, 202 where some are not, 409 where none is (PS3.18, table 10.5.3-1)."""
    stored = sum(outcome.status is Status.SUCCESS for outcome in outcomes)
    return 200 if stored == len(outcomes) else 202 if stored else 409


def as_dicom_json(outcomes: Sequence[Outcome]) -> Attributes:
    """The attributes of the Store Instances Response Module (PS3.18, table I.2-1)."""
    sequences: dict[str, list[Attributes]] = {STORED: [], FAILED: [], OTHER_FAILURES: []}
    for outcome in outcomes:
        reason: Attributes = {REASON: {"vr": "US", "Value": [int(outcome.status)]}}
        if outcome.identity is None:
            sequences[OTHER_FAILURES].append(reason)
        elif outcome.status is Status.SUCCESS:
            sequences[STORED].append(_reference(outcome.identity) | {RETRIEVE_URL: NOWHERE})
        else:
            sequences[FAILED].append(_reference(outcome.identity) | reason)
    return {RETRIEVE_URL: NOWHERE} | {tag: {"vr": "SQ", "Value": items} for tag, items in sequences.items() if items}


def _reference(identity: Identity) -> Attributes:
    return {
        SOP_CLASS: {"vr": "UI", "Value": [identity.sop_class]},
        SOP_INSTANCE: {"vr": "UI", "Value": [identity.sop_instance]},
    }
