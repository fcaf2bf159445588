"""Pictures of every page: `python tests/browser/gallery.py [OUT] [--page PATH]... [--variant NAME]... [--serve]`.

Seeds an installation for each variant, starts the real web server, and looks at each page in narrow and wide windows,
light and dark. What a browser or axe-core complains of is printed at the end.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import click
from looking import Watch, accessibility, find_browser, launched, photograph, settle, too_wide
from playwright.sync_api import Browser, Page
from seed import Seeded, Variant, add_workers, seed

from shared.database import Database
from shared.logs import configure_logging
from shared.processes import Part
from shared.settings import Settings
from shared.stack import Stack, python_parts, running_stack

WIDTHS = {1280: 800, 390: 844}
THEMES = ("dark", "light")
SEEN_SECONDS = 5


@dataclass(frozen=True)
class Spot:
    """A page to look at: a name for its picture, its path, and the status that it answers with."""

    name: str
    path: str
    status: int = 200


def spots(seeded: Seeded) -> list[Spot]:
    """The pages of a seeded installation."""
    if seeded.variant is Variant.LOCKED:
        return [Spot("login", "/login"), Spot("login-first", "/alerts")]
    return [
        Spot("batches", "/"),
        *(Spot(f"batch-{name}", f"/batches/{number}") for name, number in seeded.batches.items()),
        *(Spot(f"scan-{name}", f"/scans/{number}") for name, number in seeded.scans.items()),
        Spot("alerts", "/alerts"),
        *(Spot(f"alert-{name}", f"/alerts/{number}") for name, number in seeded.alerts.items() if "spare" not in name),
        *(Spot(f"acknowledge-{name}", path) for name, path in seeded.links.items() if "spare" not in name),
        Spot("acknowledge-broken", "/alerts/acknowledge/no-such-link", 404),
        Spot("system", "/system"),
        *(Spot(f"model-{name}", f"/models/{name}/{version}") for name, version in seeded.models.items()),
        Spot("missing", "/batches/999999", 404),
    ]


@contextmanager
def installation(variant: Variant, folder: Path, **given: object) -> Iterator[tuple[Stack, Seeded]]:
    """A seeded data folder with Redis and the web server on it, and nothing that would work on the scans."""
    login = "always" if variant is Variant.LOCKED else "auto"
    settings = Settings.model_validate({"data_dir": folder / variant, "port": 0, "login": login, **given})
    seeded = seed(settings, variant)
    with running_stack(settings, web_alone) as stack, seen_workers(settings, variant is Variant.FULL):
        yield stack, seeded


@contextmanager
def seen_workers(settings: Settings, wanted: bool) -> Iterator[None]:
    """Say every few seconds that the seeded workers are there, as they would."""
    stop = threading.Event()
    thread = threading.Thread(target=_see_workers, args=(settings, stop), daemon=True)
    if wanted:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if wanted:
            thread.join()


def _see_workers(settings: Settings, stop: threading.Event) -> None:
    database = Database(settings.database_address)
    while not stop.wait(SEEN_SECONDS):
        with database.write() as session:
            add_workers(session)
    database.dispose()


def web_alone(settings: Settings) -> list[Part]:
    """The web server, of all our processes."""
    return [part for part in python_parts(settings) if part.name == "web"]


def look(browser: Browser, address: str, spot: Spot, width: int, theme: str, picture: Path, axe: bool) -> list[str]:
    """Open a page, take its picture, and give what is wrong with it; `axe` takes most of the time."""
    context = browser.new_context(viewport={"width": width, "height": WIDTHS[width]}, color_scheme=theme)  # type: ignore[arg-type]
    try:
        page = context.new_page()
        watch = Watch.attach(page, spot.status)
        page.goto(address + spot.path)
        settle(page)
        photograph(page, picture)
        return [*watch.complaints, *too_wide(page), *marked(page), *(accessibility(page) if axe else ())]
    finally:
        context.close()


def marked(page: Page) -> list[str]:
    """Every page says what it is not for."""
    return [] if "Research use only" in page.inner_text("body") else ["does not say 'Research use only'"]


@click.command()
@click.argument("out", type=click.Path(file_okay=False, path_type=Path), default=Path("demo/gallery"))
@click.option("--page", "pages", multiple=True, help="Only this path or name of a page, and what lies below it.")
@click.option("--variant", "variants", multiple=True, type=click.Choice(list(map(str, Variant))), help="Only this one.")
@click.option("--no-axe", is_flag=True, help="Faster: leave out what axe-core finds.")
@click.option("--serve", is_flag=True, help="Take no pictures; stay up until Ctrl-C.")
def main(out: Path, pages: tuple[str, ...], variants: tuple[str, ...], no_axe: bool, serve: bool) -> None:
    """Take pictures of all pages into OUT."""
    configure_logging("warning")
    executable = find_browser()
    if executable is None and not serve:
        sys.exit("No Chromium or Chrome found: install the package 'chromium'.")
    wanted = [variant for variant in Variant if not variants or variant in variants]
    found = 0
    with tempfile.TemporaryDirectory(prefix="oncoqueue-gallery-") as folder:
        for variant in wanted:
            with installation(variant, Path(folder)) as (stack, seeded):
                chosen = [s for s in spots(seeded) if not pages or any(is_chosen(s, page) for page in pages)]
                if serve:
                    stay(stack, seeded)
                    continue
                with launched(executable or "") as browser:
                    found += visit(browser, stack.address, chosen, out / variant, not no_axe)
    click.echo(f"{found} pages with problems." if found else "No problems.")
    sys.exit(1 if found else 0)


def is_chosen(spot: Spot, wanted: str) -> bool:
    """By the page's name, or its path, or a path above it; "/" is only itself."""
    below = wanted != "/" and spot.path.startswith(wanted.rstrip("/") + "/")
    return below or wanted in {spot.name, spot.path}


def visit(browser: Browser, address: str, chosen: list[Spot], out: Path, axe: bool) -> int:
    """Look at the pages in all windows and themes; prints what is found, and gives on how many pages."""
    bad = 0
    for spot in chosen:
        found: dict[str, list[str]] = {}
        for width, theme in product(WIDTHS, THEMES):
            picture = out / f"{spot.name}-{width}-{theme}.png"
            for problem in look(browser, address, spot, width, theme, picture, axe):
                found.setdefault(problem, []).append(f"{width} {theme}")
        click.echo(f"{'BAD' if found else 'ok '} {out / spot.name}-*.png  {spot.path}")
        for problem, where in found.items():
            click.echo(f"      {problem}  [{'all' if len(where) == len(WIDTHS) * len(THEMES) else ', '.join(where)}]")
        bad += bool(found)
    return bad


def stay(stack: Stack, seeded: Seeded) -> None:
    """Print where the pages are, and wait."""
    for spot in spots(seeded):
        click.echo(f"{stack.address}{spot.path}  {spot.name}")
    try:
        while True:
            stack.tend()
            time.sleep(0.5)
    except KeyboardInterrupt:
        click.echo("Stopped.")


if __name__ == "__main__":
    main()
