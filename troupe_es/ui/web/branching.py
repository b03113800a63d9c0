"""The page that opens a branch at any event: what is changed there, how often, how far it goes on, at what cost."""

from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field, field_validator

from troupe_es import commands
from troupe_es.controller.editing import edits_of, instead_of_humans
from troupe_es.controller.store import Store
from troupe_es.errors import TroupeError, UsageError
from troupe_es.scenario import Budget
from troupe_es.scenario.text import parse
from troupe_es.ui import edits
from troupe_es.ui.web.acting import desk_of, unready
from troupe_es.ui.web.links import Links
from troupe_es.ui.web.reading import Reading
from troupe_es.ui.web.rendering import page, run_of
from troupe_es.ui.web.world import moment_of
from troupe_es.views import models, onward, places
from troupe_es.views.expected import recording

router = APIRouter(include_in_schema=False)

PATH = "/runs/{simulation}/{branch}/branch"
Draws = Literal["same", "again", "replicates"]
Run = Literal["none", "steps", "rest"]


class Wish(BaseModel):
    """What a branch is to be, as the form says it; the texts may hold several things, one a line."""

    at: int | None = Field(None, ge=1)
    name: str = Field("", max_length=100)
    say: str = Field("", max_length=20_000)
    to: str = Field("", max_length=2000)
    speaker: str = Field("", max_length=200)
    set: str = Field("", max_length=20_000)
    drop: str = Field("", max_length=2000)
    model: str = Field("", max_length=200)
    edits: str = Field("", max_length=100_000)
    draws: Draws = "same"
    replicates: int = Field(3, ge=1, le=1000)
    run: Run = "steps"
    steps: int = Field(1, ge=1, le=1_000_000)
    calls: int | None = Field(None, ge=1)
    tokens: int | None = Field(None, ge=1)
    money: str = Field("", max_length=20)
    review: bool = False

    @field_validator("at", "calls", "tokens", mode="before")
    @classmethod
    def _absent(cls, value: Any) -> Any:
        return None if value == "" else value

    def changes(self) -> list[commands.Command]:
        """Return what is changed at the fork. Raises UsageError."""
        sets = tuple(line for line in self.set.splitlines() if line.strip())
        says = (self.say,) if self.say.strip() else ()
        to, drops = _names(self.to), _names(self.drop)
        return edits.from_options(sets, drops, says, to if says else (), self.speaker, self.model)

    def items(self) -> list[Any]:
        """Return the program items among the edits. Raises UsageError for what is no list."""
        if not self.edits.strip():
            return []
        read = parse(self.edits, "edits")
        if not isinstance(read, list):
            raise UsageError("edits: must be a list of program items, as in a scenario: '- say: …', '- run: 2'")
        return read

    def lives(self) -> int:
        """Return how many branches are opened."""
        return self.replicates if self.draws == "replicates" else 1

    def budget(self) -> Budget | None:
        """Return what may be spent, None where nothing is said. Raises UsageError for what is no amount."""
        given = {name: value for name in ("calls", "tokens", "money") if (value := getattr(self, name))}
        try:
            return Budget(**given) if given else None
        except ValueError:
            raise UsageError(f"{self.money!r} is no amount of money: write it like 2.50") from None


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.replace("\n", ",").split(",") if name.strip())


@router.get(PATH, response_class=HTMLResponse)
def branching(
    request: Request, store: Reading, simulation: str, branch: str, wish: Annotated[Wish, Query()]
) -> HTMLResponse:
    """Return the form; once it is filled in, what it will do and may cost, to be confirmed."""
    fault, estimate = "", None
    if wish.review:
        try:
            estimate = _estimate(store, simulation, branch, wish)
        except TroupeError as error:
            fault = str(error)
    return _page(request, store, simulation, branch, wish, fault, estimate=estimate)


def _estimate(store: Store, simulation: str, branch: str, wish: Wish) -> dict[str, Any] | None:
    """Return what the branches may take, None where they do not go on.

    Raises TroupeError for what can be told to be wrong before there is a branch.
    """
    if not wish.name:
        raise UsageError("the branch has no name: give it one")
    if wish.name in {each.name for each in store.log.branches(simulation)}:
        raise UsageError(f"there is a branch {wish.name!r} already: choose another name")
    wish.budget()
    ref = moment_of(store, simulation, branch, wish.at)["ref"]
    state = store.at(ref)
    changes = [*wish.changes(), *(instead_of_humans(state, wish.model) if wish.model else [])]
    changes += edits_of(wish.items(), "edits", state)
    onward.possible(store, ref, changes)
    if wish.run == "none" and not any(isinstance(each, commands.Run) for each in changes):
        return None
    return onward.branching(
        store, ref, changes, {"none": 0, "steps": wish.steps, "rest": None}[wish.run], wish.lives()
    )


def _page(
    request: Request,
    store: Store,
    simulation: str,
    branch: str,
    wish: Wish,
    fault: str,
    status: int = 200,
    estimate: dict[str, Any] | None = None,
) -> HTMLResponse:
    moment = moment_of(store, simulation, branch, wish.at)
    review = wish.review and not fault
    return page(
        request,
        "branching.html",
        status,
        nav="runs",
        run=run_of(simulation, branch, wish.at),
        moment=moment,
        wish=wish,
        fields=wish.model_dump(exclude={"review", "calls", "tokens", "money"}),
        back=urlencode(wish.model_dump(exclude={"review"}, exclude_defaults=True)),
        fault=fault,
        review=review,
        estimate=estimate,
        unready=unready(store, wish.model) if review else "",
        people=places.places(store, moment["ref"])["people"],
        models=models.choices(store),
        answerer=_answerer(store, moment["ref"]),
        to=Links(moment["ref"], moment["at"]),
    )


def _answerer(store: Store, ref: str) -> dict[str, Any]:
    """Return who answers at a point, and whether that is a recording, which has no answer to anything else."""
    model = store.at(ref).settings.model
    return {"model": model, "recording": recording(store, model)}


@router.post(PATH)
def branch_off(
    request: Request, store: Reading, simulation: str, branch: str, wish: Annotated[Wish, Form()]
) -> Response:
    """Open the branches as ``troupe branch`` does, let them go on, and show the first."""
    at = "" if wish.at is None else f"@{wish.at}"
    try:
        run = {"none": None, "steps": wish.steps, "rest": "rest"}[wish.run]
        _, opened, job = desk_of(request).branch(
            f"{simulation}/{branch}{at}",
            wish.name,
            wish.changes(),
            items=wish.items(),
            model=wish.model,
            replicates=wish.replicates if wish.draws == "replicates" else None,
            refresh=wish.draws == "again",
            run=run,
            budget=wish.budget(),
        )
    except TroupeError as error:
        return _page(request, store, simulation, branch, wish, str(error), 422)
    told = "?told=started" if job else ""
    return RedirectResponse(f"/runs/{quote(simulation)}/{quote(opened[0].name)}{told}", 303)
