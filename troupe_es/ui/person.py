"""One person as ``show`` has them: on the screen, as JSON, as a file, in a few sentences."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.text import Text

from troupe_es.agent.outline import outline
from troupe_es.controller.store import Store
from troupe_es.errors import EveryTurnFailed, UsageError
from troupe_es.numerals import counted
from troupe_es.ui.render import console, facts, indented, one_line, print_json, safe, say, title
from troupe_es.views.states import LATEST


def tell_person(known: dict[str, Any]) -> None:
    screen = console(reading=True)
    mind = known["mind"]
    screen.print(title(f"{known['name']} ({known['id']}) in {known['world']}, {counted(known['turns'], 'turn')}"))
    screen.print(indented(safe(outline(known["persona"]))))
    if known["fragments"]:
        screen.print(title("From fragments"))
        screen.print(indented(facts(known["fragments"].items())))
    screen.print(title("Mind"))
    pairs = [(key, "; ".join(value) if isinstance(value, list) else value) for key, value in mind.items()]
    screen.print(indented(facts((key, value or "–") for key, value in pairs)))
    if known["related"]:
        screen.print(title("Related to"))
        related = known["related"].items()
        screen.print(indented(facts((id, one_line(", ".join(filter(None, names)) or "–")) for id, names in related)))
    if known["kept"]:
        screen.print(
            title(f"Kept of past episodes: {len(known['kept'])}, the latest {min(LATEST, len(known['kept']))}")
        )
        screen.print(indented(facts((str(memory["seq"]), _kept(memory)) for memory in known["kept"][-LATEST:])))
    screen.print(title(f"Memories: {known['memories']}, the latest {len(known['gists'])}"))
    screen.print(indented(facts((str(seq), one_line(words)) for seq, words in known["gists"].items())))


def _kept(memory: dict[str, Any]) -> Text:
    sources = ", ".join(map(str, memory["sources"]))
    return one_line(f"{memory['kind']} ({memory['importance']}, from {sources}): {memory['content']}", most=200)


def save_person(ref: str, who: str, path: Path, more: tuple[str, ...], store: Path, as_json: bool) -> None:
    """Write a person's file. Raises UsageError where there is one already."""
    with Store(store, write=False) as held:
        text = held.save_person(ref, who, memory="memory" in more, mind="mind" in more)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path}: is there already; name a new file") from None
    print_json({"saved": str(path)}) if as_json else say(f"saved as {path}")


def minibio(ref: str, who: str, path: Path, as_json: bool) -> None:
    """Show a person's short biography, from the record or asked for now."""
    with Store(path) as held:
        found = held.minibio(ref, who)
    if as_json:
        print_json(asdict(found))
    elif found.failed is None:
        screen = console(reading=True)
        screen.print(title(found.person))
        screen.print(indented(safe(found.text)))
        screen.print(safe(f"{'from the record' if found.recorded else 'written now'}: {found.ref}", "dim"))
    if found.failed is not None:
        raise EveryTurnFailed(f"no usable biography of {found.person} was written: {found.failed}")
