"""`oncoqueue demo-scans`: synthetic scans to try things with."""

from __future__ import annotations

from pathlib import Path

import click

from models.presets import SHIPPED
from models.report import Kind


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--count", default=40, show_default=True, type=click.IntRange(min=0), help="How many scans.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Another seed, other scans.")
@click.option("--kind", type=click.Choice([str(kind) for kind in Kind]), help="Scans of this kind only.")
@click.option("--no-broken", is_flag=True, help="Leave out the files that are broken on purpose.")
def demo_scans(folder: Path, count: int, seed: int, kind: str | None, no_broken: bool) -> None:
    """Write synthetic scans with known lesions into DIR, as DICOM, PNG, JPEG, TIFF and BMP.

    They are made up and marked SYNTHETIC. What is in each stands in DIR/.truth.json.
    """
    from models.synthetic import BROKEN_FOLDER, MIX, write_scans  # the image libraries, only when they are needed

    kinds = (Kind(kind),) if kind else tuple(k for k in MIX if k in SHIPPED)
    written = write_scans(folder, count, seed, broken=not no_broken, kinds=kinds)
    broken = sum(file.broken for file in written)
    with_lesion = sum(bool(file.lesions) for file in written)
    click.echo(f"{len(written) - broken} synthetic scans, {with_lesion} with a lesion, are in {folder}")
    if broken:
        click.echo(f"{broken} files broken on purpose are in {folder / BROKEN_FOLDER}")
