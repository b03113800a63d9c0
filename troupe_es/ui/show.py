"""``show``: the state at a point, one person in it, or one event with the prompt that led to it."""

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from troupe_es.controller.references import resolve
from troupe_es.controller.store import Store
from troupe_es.errors import UsageError
from troupe_es.events import Event, Settings, types
from troupe_es.log import Branch
from troupe_es.numerals import counted
from troupe_es.ui.options import command
from troupe_es.ui.person import minibio, save_person, tell_person
from troupe_es.ui.render import console, facts, indented, one_line, print_json, safe, table, title
from troupe_es.views.calls import answered_for
from troupe_es.views.events import as_dict
from troupe_es.views.states import described, summary


@command("show")
@click.argument("ref")
@click.option("--person", metavar="WHO", help="One person: persona, state of mind, memories.")
@click.option("--save", type=click.Path(path_type=Path), metavar="FILE", help="With --person: write them as a file.")
@click.option("--with", "more", type=click.Choice(["memory", "mind"]), multiple=True, help="What --save takes along.")
@click.option("--bio", is_flag=True, help="With --person: a short biography, written by a model once.")
@click.option("--event", "seq", type=click.IntRange(min=1), metavar="N", help="Event N of this life.")
@click.option("--prompt", is_flag=True, help="With --event: the prompt as it was sent, and the answer.")
def show(
    ref: str,
    person: str | None,
    save: Path | None,
    more: tuple[str, ...],
    bio: bool,
    seq: int | None,
    prompt: bool,
    store: Path,
    as_json: bool,
) -> None:
    """Show the state after REF: clock, people, minds, settings, and what is under way."""
    if (save is not None or bio) and person is None:
        raise UsageError("--save and --bio are of one person: name them with --person WHO")
    if more and save is None:
        raise UsageError("--with says what --save takes along: name the file with --save FILE")
    if person is not None and save is not None:
        save_person(ref, person, save, more, store, as_json)
        return
    if person is not None and bio:
        minibio(ref, person, store, as_json)
        return
    if prompt and seq is None:
        raise UsageError("--prompt shows an event's prompt: name the event with --event N")
    with Store(store, write=False) as held:
        point = resolve(held.log, ref)
        if seq is not None:
            event = held.log.event(point.branch, seq)
            found = {**as_dict(event), **({"asked": asked(held, point.branch, event)} if prompt else {})}
            print_json(found) if as_json else _event(event, found.get("asked"))
        elif person is not None:
            state = held.at(ref)
            known = described(state, state.person(person))
            print_json(known) if as_json else tell_person(known)
        else:
            state = held.at(ref)
            whole = summary(held, point, state)
            print_json(whole) if as_json else _state(whole)


# the state


def _state(whole: dict[str, Any]) -> None:
    screen = console()
    usual = Settings().model_dump(mode="json")
    settings = [f"{name} {value}" for name, value in whole["settings"].items() if value != usual[name]]
    screen.print(title(whole["ref"]))
    pairs: list[tuple[str, object]] = [
        ("head", whole["head"]),
        ("clock", f"{whole['clock'].replace('T', ' ')}, step {whole['step']}"),
        ("seed", f"{whole['seed']}, draw {whole['draw']}, edition {whole['edition']}"),
        ("settings", ", ".join(settings) or "as they come"),
        ("worlds", "; ".join(f"{w['name']} ({len(w['people'])})" for w in whole["worlds"]) or "none"),
        ("under way", _open_words(whole["open"])),
    ]
    if whole["gone"]:
        pairs.append(("gone", ", ".join(whole["gone"].values())))
    if whole["forks"]:
        pairs.append(("forks", ", ".join(f"{fork['branch']} at {fork['at']}" for fork in whole["forks"])))
    screen.print(facts(pairs))
    people = table("person", "name", "turns", "memories", "feels", "attends to", right=("turns", "memories"))
    for person in whole["people"]:
        numbers = [str(person["turns"]), str(person["memories"])]
        mind = person["mind"]
        feelings = [one_line(mind["emotions"], most=40), one_line(mind["attention"], most=40)]
        people.add_row(one_line(person["id"]), one_line(person["name"]), *numbers, *feelings)
    if whole["people"]:
        screen.print()
        screen.print(people)


def _open_words(what: dict[str, Any] | None) -> str:
    if what is None:
        return "nothing"
    if "question" in what:
        return f"a question to {what['person']} (event {what['question']})"
    if "planned" in what:
        return f"people are made (event {what['planned']}), {what['made']} of {what['people']} done"
    words = f"a run, {what['done']} of {counted(what['steps'], 'step')} done"
    if what["to_act"]:
        words += f"; in step {what['step']}, still to act: {', '.join(what['to_act'])}"
    return words + (f"; in the middle of {what['turn_of']}'s turn" if what["turn_of"] else "")


# an event


def asked(store: Store, branch: Branch, event: Event) -> dict[str, Any]:
    """Return what was asked and what came back for ``event``, or for the turn that it is part of."""
    call = answered_for(store, branch, event)
    body = call.body
    assert isinstance(body, types.ModelAnswered)
    answer = store.log.answer(body.answer, body.request)
    return {
        "event": call.seq,
        "address": body.address,
        "parameters": store.log.parameters(body.request),
        "prompt": [{"role": role, "content": content} for role, content in store.log.prompt(body.request)],
        "answer": answer.text if answer else None,
        "finish": answer.finish if answer else None,
        "misfit": body.misfit,
    }


def _event(event: Event, asked_for: dict[str, Any] | None) -> None:
    screen = console(reading=True)
    screen.print(title(f"event {event.seq}: {event.body.type}"))
    screen.print(
        facts(
            [
                ("actor", event.actor or "–"),
                ("step", event.step),
                ("time", event.time),
                ("cause", event.cause or "–"),
                ("hash", event.hash.hex()),
            ]
        )
    )
    screen.print(safe(json.dumps(as_dict(event)["payload"], indent=2, ensure_ascii=False)))
    if asked_for is not None:
        _asked(screen, asked_for)


def _asked(screen: Console, what: dict[str, Any]) -> None:
    screen.print()
    screen.print(title(f"The prompt as it was sent ({what['address']}, event {what['event']})"))
    screen.print(indented(facts(what["parameters"].items())))
    for message in what["prompt"]:
        screen.print(safe(f"── {message['role']}", "dim"))
        screen.print(safe(message["content"]))
    screen.print(safe("── the answer" + (f", unusable: {what['misfit']}" if what["misfit"] else ""), "dim"))
    screen.print(safe("(not in this store)" if what["answer"] is None else what["answer"]))
