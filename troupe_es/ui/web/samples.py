"""Something to begin with: shipped examples that are played at a click, and a small scenario to change."""

from functools import cache
from importlib.resources import files
from string import Template
from typing import Annotated, Any

import yaml
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from troupe_es import examples
from troupe_es.controller import reading
from troupe_es.service.jobs import Job
from troupe_es.service.lives import life
from troupe_es.service.stores import Held
from troupe_es.ui.new import START
from troupe_es.ui.web.acting import desk_of
from troupe_es.ui.web.reading import Reading
from troupe_es.validation.study import study

router = APIRouter(include_in_schema=False)

FIRST = "elevenses"
"""What is played where nothing else is chosen."""

PATIENCE = 10.0
"""Seconds that a page waits for an example to be played; none takes as long as that."""


@cache
def offered() -> list[dict[str, str]]:
    """Return name and sentence of each shipped example."""
    about = {name: reading.load(examples.path(name) / "scenario.yaml").scenario.about for name in examples.names()}
    return [{"name": name, "about": about[name]} for name in sorted(about, key=lambda name: name != FIRST)]


@router.post("/examples")
def play(request: Request, store: Reading, name: Annotated[str, Form(max_length=100)] = FIRST) -> Response:
    """Play a shipped example as ``troupe demo`` does, but at once; its answers were written in advance."""
    loaded, answers = reading.load(examples.path(name) / "scenario.yaml"), examples.model(name)
    there = any(each.name == name for each in store.log.simulations())

    def work(held: Held) -> dict[str, Any]:
        return life(study(held, loaded, model=answers).simulation)

    jobs = desk_of(request).jobs
    job: Job = jobs.wait(jobs.start("example", f"{name}/main", work), PATIENCE)
    if job.error is not None:
        raise job.error
    return RedirectResponse(f"/runs/{name}/main?told={'there' if there else 'played'}", 303)


@cache
def starter() -> str:
    """Return the scenario that ``troupe new`` writes as one text, with its people in it and without its remarks."""
    folder = files("troupe_es.ui") / "starter"
    written = (folder / "scenario.yaml").read_text(encoding="utf-8")
    text = Template(written).substitute(name="lunchbox", path="", start=START)
    lines = [line for line in text.splitlines() if not line.startswith("#") and "- file: people/" not in line]
    names = sorted(each.name for each in (folder / "people").iterdir())
    people = [yaml.safe_load((folder / "people" / name).read_text(encoding="utf-8"))["persona"] for name in names]
    told = yaml.safe_dump([{"persona": each} for each in people], sort_keys=False, allow_unicode=True, width=100)
    at = lines.index("people:") + 1
    return "\n".join([*lines[:at], *("  " + line for line in told.splitlines()), *lines[at:]]).strip() + "\n"
