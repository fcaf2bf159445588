"""What a message says, in words that are ready to be shown. Nothing here names a file, a batch or a person."""

from __future__ import annotations

from dataclasses import dataclass, field

RESEARCH_USE_ONLY = "Research use only. Not a medical device; not for diagnosis."


@dataclass(frozen=True)
class FindingWords:
    """One finding: its type with that type's probability, P(region is a tumour), P(malignant), size and place."""

    type: str
    type_probability: str
    tumour: str
    malignancy: str
    size: str
    location: str


@dataclass(frozen=True)
class ScanWords:
    """One scan and its findings, the one that matters most first; `more` counts those left out.

    `others_in_doubt`: the type or the malignancy of a finding after the first is in doubt.
    """

    scan_id: int
    link: str
    kind: str
    urgency: str
    tumor_probability: str
    model: str
    findings: tuple[FindingWords, ...] = ()
    more: int = 0
    others_in_doubt: bool = False

    @property
    def rest(self) -> str:
        """What is said after all findings that are told; empty where none was left out."""
        return more_findings(self.more)

    @property
    def others(self) -> str:
        """What is said after the first finding, where it alone is told; empty where there is no other."""
        told = more_findings(len(self.findings) + self.more - 1)
        return f"{told} (in doubt)" if told and self.others_in_doubt else told


def more_findings(count: int) -> str:
    """`and 2 more findings`; empty where there are none."""
    if count < 1:
        return ""
    return "and 1 more finding" if count == 1 else f"and {count} more findings"


@dataclass(frozen=True)
class DigestWords:
    """A finished batch: how many scans are in each state, and those that matter by urgency; `more` were left out."""

    counts: tuple[tuple[str, int], ...]
    scans: tuple[ScanWords, ...]
    more: int = 0


@dataclass(frozen=True)
class AlertMessage:
    """One message to one recipient.

    `name` is fit for a file's name. `key` is the same for each try. `subject` is one line. `notes` are sentences that
    the reader must see first. `acknowledge` is a link that acts, null where there is nothing to acknowledge.
    `picture` is a PNG. Exactly one of `scan` and `digest` is set.
    """

    name: str
    key: str
    recipient: str
    subject: str
    created: str
    link: str
    acknowledge: str | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()
    batch_id: int | None = None
    scan: ScanWords | None = None
    digest: DigestWords | None = None
    picture: bytes | None = field(default=None, repr=False)

    @property
    def models(self) -> tuple[str, ...]:
        """The models that made the figures, each once."""
        scans = (self.scan,) if self.scan else self.digest.scans if self.digest else ()
        return tuple(sorted({scan.model for scan in scans}))
