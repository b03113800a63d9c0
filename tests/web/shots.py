"""Pictures of every page, light and dark, wide and phone, for a person to look at; and the one in the README.

The pages are those of a run of 100 000 events and of a few shipped recordings; the README has .pictures/timeline.png.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from web.big import build  # noqa: E402 - a script finds its neighbours by their folder
from web.driving import Visit, browsing, found  # noqa: E402
from web.serving import served  # noqa: E402
from web.test_browser import PAGES  # noqa: E402

from troupe_es import Store, commands  # noqa: E402
from troupe_es.controller import bundle  # noqa: E402

PICTURE = ROOT / ".pictures" / "timeline.png"
MOMENT = "/runs/elevenses/main?at=40"
SMALL = {
    "small-runs": "/",
    "small-timeline": MOMENT,
    "small-transcript": f"{MOMENT}&view=transcript",
    "small-event": "/runs/elevenses/main/events/30",
    "small-world": "/runs/elevenses/main/world?at=40",
    "small-compare": "/compare?left=elevenses&right=elevenses/cheaper",
    "small-costs": "/runs/elevenses/main/costs",
    "small-integrity": "/runs/elevenses/main/integrity",
    "small-person": "/runs/elevenses/main/people/callum-reid?at=90",
    "small-branch": "/runs/elevenses/main/branch?at=40",
    "small-branches": "/?simulation=late-books",
    "small-asked": "/runs/cold-soup/main/asked",
    "small-survey": "/runs/night-bus/main/asked",
    "small-form": "/runs/repair-cafe/main/asked",
    "small-crowd": "/runs/cold-soup/main/world",
    "small-experiments": "/experiments/late-books",
    "small-validation": "/validation",
    "small-refusal": "/runs/nobody/main",
}
RECORDINGS = ("cold-soup", "late-books", "night-bus", "repair-cafe")
SIZES = {"wide": (1280, 900), "phone": (390, 780)}


@contextmanager
def recording(*more: str) -> Iterator[Path]:
    """Yield a store with the shipped recording and a fork of it, and ``more`` recordings."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "troupe.db"
        with Store(path) as store:
            for name in (*more, "elevenses"):
                bundle.import_(store.log, ROOT / "replays" / name)
            store.branch("elevenses@step:1", "cheaper", commands.Stimulate("It costs half as much."))
        yield path


def taken(browser: Browser, site: str, pages: dict[str, str], folder: Path) -> None:
    """Take every page in both schemes and both sizes."""
    for scheme in ("light", "dark"):
        for size, (width, height) in SIZES.items():
            shape = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
            with Visit(browser, site, **shape) as visit:
                for name, path in pages.items():
                    page = visit.open(path)
                    page.screenshot(path=folder / f"{name}-{size}-{scheme}.png", full_page=size == "wide")
                    print(name, size, scheme, *visit.faults)
                    visit.faults.clear()


def readme(browser: Browser) -> None:
    """Take the picture of the timeline."""
    PICTURE.parent.mkdir(exist_ok=True)
    shape = {"viewport": {"width": 1200, "height": 760}}
    with recording() as store, served(store) as site, Visit(browser, site, **shape) as visit:
        visit.open(MOMENT).screenshot(path=PICTURE)
        assert visit.faults == []
    print(f"{PICTURE}: {PICTURE.stat().st_size // 1000} kB")


def main() -> None:
    """Take what is asked for."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("folder", type=Path, nargs="?", default=Path("shots"), help="where the pictures go")
    words.add_argument("pages", nargs="*", help="which pages; none named: all")
    words.add_argument("--readme", action="store_true", help="make the README's picture, and nothing else")
    given = words.parse_args()
    program = found()
    assert program is not None, "no Chromium is installed"
    with browsing(program) as browser:
        if given.readme:
            return readme(browser)
        given.folder.mkdir(parents=True, exist_ok=True)
        wanted = {name: path for name, path in {**PAGES, **SMALL}.items() if name in given.pages or not given.pages}
        with tempfile.TemporaryDirectory() as place, recording(*RECORDINGS) as small, served(small) as site:
            taken(browser, site, {name: path for name, path in wanted.items() if name in SMALL}, given.folder)
            big = {name: path for name, path in wanted.items() if name in PAGES}
            if big:
                with served(build(Path(place) / "big.db")) as other:
                    taken(browser, other, big, given.folder)
    return None


if __name__ == "__main__":
    main()
