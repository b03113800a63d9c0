"""``profile``: how the traits of a population are distributed, and how two populations differ."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from troupe_es.agent.prompts import traits
from troupe_es.controller import populations
from troupe_es.controller.store import Store
from troupe_es.errors import UsageError
from troupe_es.numerals import counted
from troupe_es.profiling import Difference, Facet, Profile, compare
from troupe_es.profiling import profile as profiled
from troupe_es.profiling.facets import finite
from troupe_es.ui.options import command
from troupe_es.ui.render import console, one_line, print_json, table, title

PERSONAS = "Personas, as their files or simulations have them: no sample of real people."
MEASURES = (
    "Evenness (Shannon) is 1 where all values are equally common; Gini-Simpson is the chance that two people differ; "
    "likeness is what two people's lists or texts have in common on average (Jaccard)."
)
DISTANCES = (
    "Distance is from 0, the same, to 1, nothing in common: of numbers that of Kolmogorov and Smirnov, else total "
    "variation. What differs most is named with its share among those who have the trait (of numbers: the means)."
)


@dataclass(frozen=True)
class Other:
    """The population that is compared with, and what it differs in, the largest difference first."""

    name: str
    profile: Profile
    differences: Sequence[Difference]


@command("profile")
@click.argument("what")
@click.option("--against", metavar="WHAT", help="Compare with another population: a folder, or a REF.")
@click.option("--facet", "paths", multiple=True, metavar="PATH", help="Only this trait and what is in it.")
@click.option("--all", "whole", is_flag=True, help="Also traits that fewer than one person in ten has.")
@click.option("--picture", type=click.Path(path_type=Path), metavar="FILE", help="Draw it as .png or .svg.")
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write a page with all of it there.")
@click.option("--top", type=click.IntRange(min=1), default=5, show_default=True, help="Values shown of each trait.")
def profile(
    what: str,
    against: str | None,
    paths: tuple[str, ...],
    whole: bool,
    picture: Path | None,
    html: Path | None,
    top: int,
    store: Path,
    as_json: bool,
) -> None:
    """Show how the traits of the people in WHAT are distributed: a folder of persona files, or a REF.

    Evenness (Shannon) is 1 where all values are equally common; Gini-Simpson is the chance that two people differ;
    likeness is what two people's lists or texts have in common on average (Jaccard).
    """
    found = _chosen(profiled(people_of(what, store)), paths)
    other = None
    if against is not None:
        second = _chosen(profiled(people_of(against, store)), paths)
        other = Other(against, second, compare(found, second))
    if picture:
        _drawn(what, found, top, other).save(picture)
    if html:
        _write(html, what, found, top, other)
    if other is None:
        if as_json:
            print_json(
                {"what": what, "people": found.people, "facets": [_plain(each) for each in found.facets.values()]}
            )
        else:
            _tell(what, found, top, whole or bool(paths))
        return
    if as_json:
        differences = [asdict(each) for each in other.differences]
        people = {"people": [found.people, other.profile.people], "differences": differences}
        print_json({"what": what, "against": against, **people})
    else:
        _tell_differences(what, found.people, other)


def people_of(what: str, store: Path) -> list[dict[str, Any]]:
    """Return the personas of a folder, or of the people who are there at a REF."""
    if Path(what).is_dir():
        return populations.load_folder(what)
    with Store(store, write=False) as held:
        state = held.at(what)
        found = [traits(state, person) for person in state.people.values()]
    if not found:
        raise UsageError(f"{what}: there is nobody")
    return found


def _chosen(found: Profile, paths: Sequence[str]) -> Profile:
    if not paths:
        return found
    kept = {
        path: facet
        for path, facet in found.facets.items()
        if any(path == wanted or path.startswith(f"{wanted}.") for wanted in paths)
    }
    if not kept:
        raise UsageError(f"nobody has a trait {paths[0]!r}; there are: {', '.join(found.facets)}")
    return Profile(found.people, kept)


def _plain(facet: Facet) -> dict[str, Any]:
    return {
        "path": facet.path,
        "kind": facet.kind,
        "present": facet.present,
        "distinct": facet.distinct,
        "evenness": finite(facet.evenness, 6),
        "gini_simpson": finite(facet.gini_simpson, 6),
        "likeness": finite(facet.likeness, 6),
        "numbers": asdict(facet.numbers) if facet.numbers else None,
        "counts": facet.counts,
    }


def _drawn(what: str, found: Profile, top: int, other: Other | None) -> Any:
    """Return a picture of a population, or of two."""
    from troupe_es import pictures  # only where it is used

    if other is None:
        return pictures.of_profile(found, what, top)
    return pictures.of_profiles(found, other.profile, (what, other.name), top)


def _write(file: Path, what: str, found: Profile, top: int, other: Other | None) -> None:
    """Write a page: who they are, every trait with its diversity, and how another population differs."""
    from troupe_es import pictures  # only where it is used

    traits = [_row(facet, top) for facet in found.facets.values()]
    sections = [pictures.Section("Who they are", pictures=[_drawn(what, found, top, None)])]
    sections.append(pictures.Section("Every trait", [MEASURES], rows=traits))
    if other is not None:
        rows = [_differing(each) for each in other.differences]
        drawn = [_drawn(what, found, top, other)] if pictures.comparable(found, other.profile) else []
        sections.append(pictures.Section(f"Against {other.name}", [DISTANCES], drawn, rows))
    content = pictures.page(f"{what}: {counted(found.people, 'person')}", PERSONAS, sections)
    try:
        file.write_text(content, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror}") from None


def _row(facet: Facet, top: int) -> dict[str, Any]:
    numbers = {"evenness": facet.evenness, "Gini-Simpson": facet.gini_simpson, "likeness": facet.likeness}
    measures = {name: finite(value) for name, value in numbers.items()}
    counted = {"trait": facet.path, "have it": facet.present, "values": facet.distinct}
    return {**counted, **measures, "most often": _commonest(facet, top)}


def _differing(each: Difference) -> dict[str, Any]:
    present = f"{each.present[0]} / {each.present[1]}"
    here, there = each.shares if each.distance is not None else (None, None)
    most = {"differs most": each.most, "here": here, "there": there}
    return {"trait": each.path, "distance": each.distance, "have it": present, **most}


def _tell(what: str, found: Profile, top: int, whole: bool) -> None:
    screen = console()
    screen.print(title(f"{what}: {counted(found.people, 'person')}"))
    rows = table(
        "trait", "have it", "values", "evenness", "Gini-Simpson", "likeness", "most often",
        right=("have it", "values", "evenness", "Gini-Simpson", "likeness"),
    )  # fmt: skip
    facets = [facet for facet in found.facets.values() if whole or 10 * facet.present >= found.people]
    for facet in facets:
        rows.add_row(
            one_line(facet.path),
            str(facet.present),
            str(facet.distinct),
            *(_number(value) for value in (facet.evenness, facet.gini_simpson, facet.likeness)),
            one_line(_commonest(facet, top), most=160),
        )
    screen.print(rows)
    if len(facets) < len(found.facets):
        screen.print(f"{len(found.facets) - len(facets)} more traits that fewer than one in ten has: --all")


def _commonest(facet: Facet, top: int) -> str:
    if facet.numbers is not None:
        numbers = facet.numbers
        spread = "" if numbers.sd is None else f" (sd {numbers.sd:.1f})"
        return f"mean {numbers.mean:.1f}{spread}, {numbers.least:g} to {numbers.most:g}, median {numbers.median:g}"
    most = list(facet.counts.items())[:top]
    return ", ".join(f"{value} {count / facet.present:.0%}" for value, count in most)


def _tell_differences(what: str, people: int, other: Other) -> None:
    screen = console()
    here, there = counted(people, "person"), counted(other.profile.people, "person")
    screen.print(title(f"{what} ({here}) against {other.name} ({there})"))
    rows = table("trait", "distance", "have it", "differs most", "here", "there", right=("distance", "here", "there"))
    for each in other.differences:
        shown = [f"{share:.1f}" if each.kind == "number" else f"{share:.0%}" for share in each.shares]
        if each.distance is None:
            shown = ["", ""]
        present = f"{each.present[0]} / {each.present[1]}"
        distance = "cannot be told" if each.distance is None else f"{each.distance:.2f}"
        rows.add_row(one_line(each.path), distance, present, one_line(each.most, most=60), *shown)
    screen.print(rows)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
