"""``redact``: a new store without a person's data, decided again; the old one is left as it is."""

from collections.abc import Sequence
from pathlib import Path

import click

from troupe_es.controller.redaction import Asked, Redacted
from troupe_es.controller.store import Store
from troupe_es.errors import UsageError
from troupe_es.ui.options import command, typed
from troupe_es.ui.render import console, one_line, print_json, say, table

UNSEEN = (
    "What nobody can look for stays: words that tell of somebody without naming them (also in answers of models), "
    "names written otherwise than they were given here, what images show, vectors made of the old texts. Read it. "
    "Whoever guesses a name can check the guess by the order in which people acted, which was drawn from ids, and by "
    "the heads that are noted (not with --no-link)."
)


@command("redact")
@click.argument("simulations", nargs=-1, metavar="[SIMULATION]…")
@click.option("--replace", multiple=True, metavar="WORDS=OTHERS", help="What is to go, and what stands in its place.")
@click.option(
    "--words",
    "listed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="More of them, a line each: then they are in no shell's history.",
)
@click.option(
    "--person",
    multiple=True,
    metavar="WHO[=NAME]",
    help="Somebody with all their names, whole and in part, and all traits.",
)
@click.option("--blob", multiple=True, metavar="SHA256", help="A document or image that goes as a whole.")
@click.option("--without", multiple=True, metavar="BRANCH", help="Leave a branch out, and those that part from it.")
@click.option("--match-case", is_flag=True, help="Find words only in the case they are given in: Will, but not will.")
@click.option("--inside-words", "inside", is_flag=True, help="Find them inside longer words, too.")
@click.option("--keep-traits", is_flag=True, help="Take only the names of a --person, and leave what they are like.")
@click.option("--no-link", is_flag=True, help="Do not note the heads that the branches had before.")
@click.option("--to", "path", type=click.Path(path_type=Path), metavar="FILE", help="The new store's file.")
@click.option("--dry-run", is_flag=True, help="Write nothing: what would go, and whether it can. So without --to.")
def redact(
    simulations: tuple[str, ...],
    replace: tuple[str, ...],
    listed: Path | None,
    person: tuple[str, ...],
    blob: tuple[str, ...],
    without: tuple[str, ...],
    match_case: bool,
    inside: bool,
    keep_traits: bool,
    no_link: bool,
    path: Path | None,
    dry_run: bool,
    store: Path,
    as_json: bool,
) -> None:
    """Write a new store without somebody's data: names, nicknames, addresses, documents, personas.

    Takes the SIMULATIONs named, or all, with all branches and questions to the past. All is decided again from what
    was given and answered, the words replaced, so the new store verifies; the old one is left, to be deleted by hand.
    """
    lines = listed.read_text(encoding="utf-8").splitlines() if listed else []
    asked = Asked(
        dict(_pair(text) for text in [*replace, *(line for line in lines if line.strip())]),
        {text.partition("=")[0].strip(): text.partition("=")[2].strip() for text in person},
        blob,
        without,
        match_case,
        inside,
        not keep_traits,
        not no_link,
    )
    path = None if dry_run else path
    with Store(store, write=False) as opened:
        done = opened.redact(asked, into=path, simulations=simulations)
    if as_json:
        print_json(_plain(done, path, store))
    else:
        _tell(done, path, store)


def _pair(text: str) -> tuple[str, str]:
    word, sign, other = (part.strip() for part in text.partition("="))
    if not sign:
        raise UsageError(f"{text!r} does not say what stands in its place; write it like 'Ana Silva=Person 1'")
    return word, other


def _plain(done: Redacted, path: Path | None, store: Path) -> dict[str, object]:
    return {
        "store": str(store),
        "to": None if path is None else str(path),
        "replaced": done.words,
        "found": {"places": dict(done.found.places), "words": dict(done.found.words)},
        "branches": {ref: {"before": before, "head": head} for ref, (before, head) in done.branches.items()},
        "program": done.program,
        "still": dict(done.still),
        "left_out": done.left_out,
    }


def _tell(done: Redacted, path: Path | None, store: Path) -> None:
    words = table("words", "become", "times", right=("times",))
    for word, other in done.words.items():
        words.add_row(one_line(word), one_line(other), f"{done.found.words[word]:,}")
    places = table("where", "times", "first", right=("times",))
    for place, count in done.found.places.items():
        places.add_row(place, f"{count:,}", one_line(done.found.first[place][0]))
    for made in (words, places):
        if made.row_count:
            console().print(made)
    for line in _lines(done, path, store):
        say(line)


def _lines(done: Redacted, path: Path | None, store: Path) -> Sequence[str]:
    branches = "1 branch" if len(done.branches) == 1 else f"{len(done.branches)} branches"
    lines = [f"Nothing was written: {branches} can be decided again so; --to FILE writes them."]
    if path is not None:
        lines = [
            f"{path} holds {branches}, decided again and verified. To check it: {typed(path, 'verify')}",
            f"{store} is as it was and holds everything: delete it, with its backups and the bundles made from it.",
        ]
    if done.left_out:
        lines.append(f"Not taken along: {', '.join(done.left_out)}.")
    if done.program:
        lines.append(f"Instructions to models have some of the words of their own, {done.program:,} times.")
    for part, count in done.still.items():
        lines.append(f"{part!r} still stands by itself, {count:,} times: replace it too, if it is to go.")
    return [*lines, UNSEEN]
