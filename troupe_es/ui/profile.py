"""``profile``: how the traits of a population are distributed, and how two populations differ."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from troupe_es.agent.prompts import traits
from troupe_es.controller import populations
from troupe_es.controller.store import Store
from troupe_es.errors import UsageError
from troupe_es.profiling import Difference, Facet, Profile, compare
from troupe_es.profiling import profile as profiled
from troupe_es.profiling.facets import finite
from troupe_es.ui.options import command
from troupe_es.ui.render import console, one_line, print_json, table, title

PERSONAS = "Personas, as their files or simulations have them: no sample of real people."
OTHERS = "(any other)"
MEASURES = (
    "Evenness (Shannon) is 1 where all values are equally common; Gini-Simpson is the chance that two people differ; "
    "likeness is what two people's lists or texts have in common on average (Jaccard)."
)
DISTANCES = (
    "Distance is from 0, the same, to 1, nothing in common: of numbers that of Kolmogorov and Smirnov, else total "
    "variation. What differs most is named with its share among those who have the trait (of numbers: the means)."
)


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
    if picture:
        _drawn(what, found, top).save(picture)
    other = None if against is None else _chosen(profiled(people_of(against, store)), paths)
    differences = [] if other is None else compare(found, other)
    if html:
        _write(html, what, found, top, against, differences)
    if against is None or other is None:
        if as_json:
            print_json(
                {"what": what, "people": found.people, "facets": [_plain(each) for each in found.facets.values()]}
            )
        else:
            _tell(what, found, top, whole or bool(paths))
        return
    if as_json:
        people = {"people": [found.people, other.people], "differences": [asdict(each) for each in differences]}
        print_json({"what": what, "against": against, **people})
    else:
        _tell_differences(what, against, (found.people, other.people), differences)


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


def _drawn(what: str, found: Profile, top: int) -> Any:
    """Return a picture of the numbers and categories that half of the people have, the ``top`` categories of each."""
    from troupe_es import pictures  # only where it is used

    shown: dict[str, dict[str | int | float, int]] = {
        facet.path: _commonest_of(facet.counts, len(facet.counts) if facet.kind == "number" else top)
        for facet in found.facets.values()
        if facet.kind in ("number", "category") and 2 * facet.present >= found.people and facet.path != "name"
    }
    if not shown:
        raise UsageError(f"{what}: there is nothing to draw: no trait that half of the people have is counted")
    return pictures.profile(shown, what)


def _commonest_of(counts: Mapping[str, int], top: int) -> dict[str | int | float, int]:
    """Return the ``top`` values with their counts, and how many have any other: shares are those of everybody."""
    ranked = list(counts.items())
    rest = sum(count for _, count in ranked[top:])
    return {**dict(ranked[:top]), **({OTHERS: rest} if rest else {})}


def _write(
    file: Path, what: str, found: Profile, top: int, against: str | None, differences: Sequence[Difference]
) -> None:
    """Write a page: who they are, every trait with its diversity, and how another population differs."""
    from troupe_es import pictures  # only where it is used

    traits = [_row(facet, top) for facet in found.facets.values()]
    sections = [pictures.Section("Who they are", pictures=[_drawn(what, found, top)])]
    sections.append(pictures.Section("Every trait", [MEASURES], rows=traits))
    if against is not None:
        rows = [_differing(each) for each in differences]
        sections.append(pictures.Section(f"Against {against}", [DISTANCES], rows=rows))
    content = pictures.page(f"{what}: {found.people} people", PERSONAS, sections)
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
    screen.print(title(f"{what}: {found.people} people"))
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


def _tell_differences(what: str, against: str, people: tuple[int, int], differences: Sequence[Difference]) -> None:
    screen = console()
    screen.print(title(f"{what} ({people[0]} people) against {against} ({people[1]} people)"))
    rows = table("trait", "distance", "have it", "differs most", "here", "there", right=("distance", "here", "there"))
    for each in differences:
        shown = [f"{share:.1f}" if each.kind == "number" else f"{share:.0%}" for share in each.shares]
        if each.distance is None:
            shown = ["", ""]
        present = f"{each.present[0]} / {each.present[1]}"
        distance = "cannot be told" if each.distance is None else f"{each.distance:.2f}"
        rows.add_row(one_line(each.path), distance, present, one_line(each.most, most=60), *shown)
    screen.print(rows)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
