"""``say``, ``set``, ``pause`` and ``pending``: a life is spoken to from outside, whoever runs it."""

from dataclasses import asdict
from pathlib import Path
from typing import get_args

import click

from troupe_es import commands
from troupe_es.controller.pictures import url_of
from troupe_es.controller.references import resolve
from troupe_es.controller.store import Store
from troupe_es.errors import UsageError
from troupe_es.events.types import StimulusKind
from troupe_es.ui import edits
from troupe_es.ui.options import command, typed
from troupe_es.ui.render import console, indented, one_line, print_json, say, title


@command("say")
@click.argument("ref")
@click.argument("text")
@click.option("--to", multiple=True, metavar="WHO", help="Who perceives it; nobody named: everyone in the world.")
@click.option("--world", metavar="NAME", help="Everyone in this world, where there are several.")
@click.option(
    "--kind",
    type=click.Choice([kind.lower() for kind in get_args(StimulusKind)]),
    default="conversation",
    show_default=True,
    help="What it is: words, a sight, a thought…",
)
@click.option("--speaker", default="", metavar="NAME", help="Whose words these are.")
@click.option(
    "--image", type=click.Path(path_type=Path), metavar="FILE", help="What is seen with it, by models that see."
)
@click.option("--as", "person", metavar="NAME", help="Answer as the person you play, for whom a run is waiting.")
def say_(
    ref: str,
    text: str,
    to: tuple[str, ...],
    world: str | None,
    kind: str,
    speaker: str,
    image: Path | None,
    person: str | None,
    store: Path,
    as_json: bool,
) -> None:
    """Say TEXT to the people in REF, also while another process runs it: at the next step's boundary.

    With --as, TEXT is what the person you play does: plain lines are said aloud, "/think …" is thought, "/to NAME …"
    is said to one person, "/reach NAME …" makes contact, and "" is silence.
    """
    if person is not None:
        if to or speaker or world or image or kind != "conversation":
            raise UsageError("--as answers for a person: who hears it is said in the text, as in '/to Ana: …'")
        with Store(store) as held:
            held.answer(ref, person, text)
        _told(as_json, {"answered_as": person}, f"said as {person}; it is on its way to whoever runs {ref}")
        return
    if not text.strip() and image is None:
        raise UsageError("there is nothing to say: the text is empty")
    seen = None if image is None else url_of(image)
    wanted = "visual" if seen and kind == "conversation" else kind
    chosen = next(each for each in get_args(StimulusKind) if each.lower() == wanted)
    _steer(ref, commands.Stimulate(text, chosen, world, to, speaker, seen), store, as_json)


@command("set")
@click.argument("ref")
@click.argument("setting", metavar="PATH=VALUE")
@click.option("--merge", is_flag=True, help="Merge a trait's value into the one that is there.")
def set_(ref: str, setting: str, merge: bool, store: Path, as_json: bool) -> None:
    """Set a value in REF, settings.NAME or people.WHO.TRAIT, also while another process runs it."""
    path, value = edits.setting(setting)
    _steer(ref, commands.Change(path, value, merge), store, as_json)


@command("pause")
@click.argument("ref")
def pause(ref: str, store: Path, as_json: bool) -> None:
    """Ask the process that runs REF to stop at the next step's boundary; 'troupe resume' goes on."""
    with Store(store) as held:
        held.pause(ref)
    words = f"{ref} pauses at the next step's boundary. To go on: {typed(store, 'resume', ref)}"
    _told(as_json, {"pausing": ref}, words)


@command("pending")
@click.argument("ref")
def pending(ref: str, store: Path, as_json: bool) -> None:
    """List the people played by humans for whom a run of REF is waiting, with what they perceive."""
    with Store(store, write=False) as held:
        found = held.pending(ref)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    screen = console(reading=True)
    for each in found:
        screen.print(title(f"{each.person} ({each.purpose}, {each.address})"))
        for line in each.perceived:
            screen.print(indented(one_line(line)))
        say(f"to answer: {typed(store, 'say', ref, 'WORDS', '--as', each.person)}")
    if not found:
        say(f"nobody is being waited for in {ref}")


def _steer(ref: str, what: commands.Command, path: Path, as_json: bool) -> None:
    """Let it happen, or leave it for whoever runs the branch; say which."""
    with Store(path) as held:
        branch = resolve(held.log, ref).branch
        if held.log.holder(branch) is None:  # else its environment counts, not the one here
            for model in _models(what):
                held.model(model)
        seq = held.steer(ref, what)
    words = f"it is event {seq} of {branch}" if seq else f"{branch} is being run: it comes with the next step"
    _told(as_json, {"event": seq, "posted": seq is None}, words)


def _models(what: commands.Command) -> list[str]:
    """Return the models that are to answer from now on, which must be such as can be set up."""
    if not isinstance(what, commands.Change):
        return []
    room, _, rest = what.path.partition(".")
    name = rest.partition(".")[0]
    if room != "settings" or name not in ("model", "models", "embedder"):
        return []
    named = what.value.values() if isinstance(what.value, dict) else [what.value]
    return [model for model in named if isinstance(model, str) and model]


def _told(as_json: bool, as_data: object, words: str) -> None:
    print_json(as_data) if as_json else say(words)
