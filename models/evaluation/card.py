"""The model card: what the shipped weights are, what they were made from, and their figures, in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from models.evaluation.ablation import AblationRow
from models.evaluation.summary import Summary
from models.release import Release
from models.training.config import Config
from models.training.sources import COLLECTIONS, TYPED_POOL, Record

_INTRO = """# Model card: {name} {version}

**Research use only. Not a medical device; not for diagnosis.**

Finds tumour regions in single brain-MRI slices, types each (glioma, meningioma, pituitary adenoma), says how likely the
slice holds a tumour at all, and derives benign or malignant from the type (shares and why: `models/presets.py`).
Release id `{id}`. A U-Net decoder on an EfficientNet-Lite0 encoder (ImageNet), {size} x {size} pixels, trained by
`oncoqueue train {name}` with `models/configs/{name}.toml`, seed {seed}, {epochs} epochs.

## Trained on

Folds other than {fold} of these collections, split by patient or near-duplicate group. {kept:.0%} of those groups were
kept aside to fit calibration ({calibration}).
Training never saw fold {fold}. Each epoch also held {synthetic} synthetic slices of the kind that
`oncoqueue demo-scans` makes.

{collections}

{notes}
## Figures of these very weights on fold {fold}

Run as users run them, through the {engine} engine. Intervals: 95 %, bootstrap over patient groups.
"""

_LIMITS = """
## Limits

- Three types only; any other mass is given one of them. `certain: false` marks doubt.
- Any grey image whose header does not say otherwise is taken for a brain MRI: X-rays, other body parts and drawings
  saved as PNG get an answer too. A gate that tells them apart is not part of this release.
- Typing was learnt and measured on contrast-enhanced T1 alone; every FLAIR tumour it saw was a glioma.
- Tumour or none is measured inside one source each; a figure across sources would measure the source.
- One slice at a time: no neighbouring slices, no clinical data, no comparison with earlier scans.
- P(malignant) follows from the type's share in cancer registries, not from this image.
"""


def write_card(
    release: Release,
    config: Config,
    pools: set[str],
    calibration: Sequence[Record],
    shipped: Summary,
    reference: Summary,
    ablation: Sequence[AblationRow],
) -> str:
    """The card's text. `reference` is the same evaluation with the Keras weights, which shows what the export costs."""
    intro = _INTRO.format(
        name=release.name,
        version=release.version,
        id=release.id,
        size=release.recipe.size,
        seed=config.seed,
        epochs=config.epochs,
        fold=config.fold,
        engine=shipped.engine,
        kept=config.calibration_share,
        synthetic=config.per_epoch.get("synthetic", 0),
        calibration=_count_by_label(calibration),
        notes="".join(f"{note}\n\n" for note in config.notes),
        collections="\n".join(f"- {c.about}" for c in COLLECTIONS if any(p.startswith(c.folder) for p in pools)),
    )
    return (
        intro
        + _typed_table(shipped)
        + _sources_table(shipped)
        + _export(shipped, reference)
        + _ablation(ablation)
        + _LIMITS
    )


def _count_by_label(calibration: Sequence[Record]) -> str:
    """How many typed slices calibration had: a type that is missing there is calibrated by analogy only."""
    counts = Counter(r.label or "" for r in calibration if r.pool == TYPED_POOL)
    return ", ".join(f"{counts[label]} {label}" for label in sorted(counts)) + " slices of known type, no other types"


def _typed_table(s: Summary) -> str:
    precision = ", ".join(f"{t} {v:.3f}" for t, v in s.average_precision_50.items())
    rows = [
        ("Slices typed right", f"{s.type_accuracy}"),
        ("... of those not in doubt", f"{s.certain_accuracy}, {s.doubt_share:.1%} in doubt"),
        ("Dice, mean", f"{s.dice}, median {s.dice_median:.3f}"),
        ("AP at IoU 0.5", f"{s.mean_average_precision_50:.3f} ({precision})"),
    ]
    body = "".join(f"| {name} | {value} |\n" for name, value in rows)
    said = next(iter(s.confusion.values()))
    confusion = f"\n| true \\ said | {' | '.join(said)} |\n|---|{'---|' * len(said)}\n"
    confusion += "".join(f"| {t} | {' | '.join(map(str, row.values()))} |\n" for t, row in s.confusion.items())
    return f"\n| contrast-enhanced T1, {s.type_accuracy.count} slices | |\n|---|---|\n{body}{confusion}"


def _sources_table(s: Summary) -> str:
    head = (
        "\n| tumour or none, inside one source | AUC | sensitivity | reported regions per tumour-free slice | ECE |\n"
    )
    rows = [
        f"| {name}, {o.auc.count} slices | {o.auc} | {o.sensitivity} | {o.false_regions_per_slice} |"
        f" {o.calibration_error:.3f} |\n"
        for name, o in s.tumour_or_none.items()
    ]
    return head + "|---|---|---|---|---|\n" + "".join(rows)


def _export(s: Summary, r: Summary) -> str:
    return "\n## What the export costs\n\n| engine | typed right | mean Dice | mAP50 |\n|---|---|---|---|\n" + "".join(
        f"| {x.engine} | {x.type_accuracy.value:.4f} | {x.dice.value:.4f} | {x.mean_average_precision_50:.4f} |\n"
        for x in (r, s)
    )


_ABLATION = """
## What each preprocessing step gives

The same weights and fold, one step left out at a time. Training left denoising and contrast out of 15 % of its images
and normalisation out of 5 %, so the network knows scans without them, though less well; it always cropped.

| left out | typed right | mean Dice |
|---|---|---|
"""


def _ablation(rows: Sequence[AblationRow]) -> str:
    return _ABLATION + "".join(f"| {r.without or 'nothing'} | {r.type_accuracy:.3f} | {r.dice:.3f} |\n" for r in rows)
