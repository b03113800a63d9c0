"""Decides a story: one that sets a simulation's scene, or one that goes on from what happened in it."""

from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from troupe_es import canonical, commands
from troupe_es.acting import Acting, Form, Misfit, read_as, record, text
from troupe_es.events import types
from troupe_es.llm import Effect, Message, Response, Schema
from troupe_es.projections import State
from troupe_es.propositions.judging import show
from troupe_es.steering.material import material, people_of
from troupe_es.world.effects import effect_of

TELL = (files(__package__) / "tell.txt").read_text(encoding="utf-8").rstrip("\n")
SCHEMA = Schema("story", record(story=text()))
BEGIN = "Tell a story that begins here and brings these people together."
GO_ON = "Go on with the story of what happened, from where it stands now. Do not tell again what is told already."
TELLER = "Narrator"
"""Whose words a story is."""


class _Story(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    story: str = Field(max_length=20_000)


def tell(acting: Acting, asked: types.StoryRequested) -> Effect[None]:
    """Decide the story that was asked for; unless it is told aside, everybody it is for is to hear it."""
    state = acting.state
    story = yield from acting.ask("generation", state.settings.model_for("-", "generation"), _form(state, asked))
    failed = acting.reason if story is None else None
    heard = [] if story is None or asked.aside else _heard(state, asked, story)
    acting.happen(types.StoryTold(text=story or "", failed=failed, effects=heard))


def _form(state: State, asked: types.StoryRequested) -> Form[str]:
    shown = material(state, people_of(state, None, asked.world), asked.last if asked.continues else 0)
    worlds = [world for id, world in state.worlds.items() if asked.world in (None, id)]
    places = "\n".join(
        canonical.told({"place": world.name, "description": _about(state, world.added)}) for world in worlds
    )
    wanted = canonical.told({"requirements": asked.requirements}) if asked.requirements else ""
    task = "\n".join(part for part in (f"# Where\n{places}\n", GO_ON if asked.continues else BEGIN, wanted) if part)
    return Form(Message("user", f"{task}\nAnswer with the JSON object alone.", show(shown, TELL)), SCHEMA, _read)


def _about(state: State, added: int) -> str:
    body = state.read(added).body
    assert isinstance(body, types.WorldAdded)
    return body.description


def _read(response: Response) -> str:
    story = read_as(_Story, response).story.strip()
    if not story:
        raise Misfit("the story is empty.")
    return story


def _heard(state: State, asked: types.StoryRequested, story: str) -> list[types.Effect]:
    """The story as what people in each world perceive."""
    worlds = [asked.world] if asked.world is not None else list(state.worlds)
    return [effect_of(commands.Stimulate(story, world=world, speaker=TELLER)) for world in worlds]
