"""What branches that part at an event may take, and whether what they change can be; nobody is asked.

The life goes on in memory with made-up answers (``controller/estimate``), from where it is and with what is changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from troupe_es import commands
from troupe_es import scenario as scenarios
from troupe_es.controller import estimate as estimates
from troupe_es.controller.bands import Estimate
from troupe_es.controller.editing import parted
from troupe_es.controller.naming import settled
from troupe_es.controller.references import Point, resolve
from troupe_es.controller.rehearsal import Rehearsal
from troupe_es.controller.store import Store
from troupe_es.controller.surveying import command_of
from troupe_es.llm import Request, Response
from troupe_es.llm.prices import free
from troupe_es.views.expected import recording
from troupe_es.views.rows import aggregate

COUNTED = ("calls", "prompt_tokens", "completion_tokens", "money")

SCRIPTED = 'instr(payload, \'"source":"script"\') > 0'
"""Whether an event was given by a script."""


def branching(
    store: Store, ref: str, changes: Sequence[commands.Command], steps: int | None, lives: int = 1
) -> dict[str, Any]:
    """Return what so many branches may take in all that part at a point with ``changes`` and live on.

    ``steps`` more are lived; None: all that is under way, and what the scenario has yet to come. They are rehearsed
    with what this store knows of the models: the fewest one in ten stays below, the middle, the most that one in ten
    exceeds. Money is in millionths of ``currency``, null where ``unpriced`` names a model; ``free`` says that nothing
    asked costs anything, ``exact`` that the bands are none: the improviser is rehearsed as it is. What is on record
    is counted, too. Raises BadReference, BadCommand.
    """
    point = resolve(store.log, ref)
    rest = left(store, point) if steps is None else []
    found = estimates.going_on(
        store.at(str(point)),
        [settled(each, store.chained) for each in changes],
        steps,
        rest,
        lives,
        log=store.log,
        prices=store.prices,
        concurrency=store.concurrency,
    )
    return {"lives": lives, **_told(store, found)}


def survey(
    store: Store, ref: str, given: Mapping[str, Any], people: Sequence[str] = (), model: str = ""
) -> dict[str, Any]:
    """Return what it may take to give a survey to people at a point, everybody if none are named, as above.

    Raises BadReference, UsageError for what is no survey.
    """
    point = resolve(store.log, ref)
    state = store.at(str(point))
    asked = [state.person(who).id for who in people]
    changes = [commands.Change("settings.models.ask", store.chained(model))] if model else []
    found = estimates.going_on(
        state,
        changes,
        0,
        [command_of(given, asked)],
        among=asked,
        log=store.log,
        prices=store.prices,
        concurrency=store.concurrency,
    )
    return {"people": len(asked) or len(state.people), **_told(store, found)}


def _told(store: Store, found: Estimate) -> dict[str, Any]:
    models = sorted({call.model for call in found.calls_made})
    bands = {name: asdict(band) if (band := getattr(found, name)) else None for name in COUNTED}
    return {
        **bands,
        "currency": found.currency,
        "models": models,
        "unpriced": found.unpriced,
        "free": all(free(model) for model in models),
        "recordings": [model for model in models if recording(store, model)],
        "learnt": found.learnt,
        "exact": all(band["low"] == band["high"] for band in bands.values() if band),
        "sampled": found.sampled,
    }


def possible(store: Store, ref: str, changes: Sequence[commands.Command]) -> None:
    """Raise BadCommand, BadReference for what cannot be changed at a point; nothing is written."""
    rehearsal = Rehearsal(_nobody, before=store.at(ref))
    rehearsal.edit(settled(each, store.chained) for each in parted(changes)[0])


def _nobody(request: Request) -> Response:
    raise LookupError(f"{request.address}: nobody is asked here")


def left(store: Store, point: Point) -> list[commands.Command]:
    """Return what the scenario of a life has yet to come after a point, beside the run that is under way."""
    scenario = store.scenario(point.branch.simulation)
    if scenario is None:
        return []
    rows = aggregate(store.log, point.branch, point.seq, f"{SCRIPTED} AS scripted, count(*)", "scripted", ())
    done = sum(count for scripted, count in rows if scripted) - 1  # without its beginning
    rest: list[commands.Command] = []
    for command in scenarios.commands(scenario):
        if done > 0:
            done -= not isinstance(command, commands.Aside)
        else:
            rest.append(command)
    return rest
