"""A model without a model: answers any request at once, offline, the same way each time.

The improviser reads a prompt for who somebody is, what was just said and by whom, and plays on: takes a side
that fits the person, quotes a few words, brings up something of their own, keeps something to itself. It
makes a whole run possible without a key, a network or a cost: to try scenarios, branches and interviews, to
test, and to measure everything around a model.

It knows nothing. Its sentences are stage lines put together by dice, and stances are drawn from hashes of
names: nothing it says is evidence of what any person, real or simulated by a language model, thinks. Never
draw a conclusion from what it says.
"""

from typing import Any

from troupe_es import canonical
from troupe_es.llm import tokens, vectors
from troupe_es.llm.improviser import answers, asking, judging, people, scene
from troupe_es.llm.improviser.dice import Dice
from troupe_es.llm.improviser.embedding import embed
from troupe_es.llm.improviser.fitting import Fitting
from troupe_es.llm.protocol import Request, Response

RECALLS = 8
"""In how many of a hundred turns somebody who can recalls something."""


class Improviser:
    """Answers as a function of (request, draw, address). Never fails, and never refuses."""

    name = "improviser"

    async def complete(self, request: Request, draw: int) -> Response:
        """Answer ``request`` in the format it asks for; usage is estimated."""
        text = improvise(request, draw)
        return Response(
            text=text,
            model=self.name,
            prompt_tokens=tokens.of_prompt(request.prompt),
            completion_tokens=min(tokens.of_text(text), request.max_tokens),  # none of an embedding
        )


def improvise(request: Request, draw: int) -> str:
    """Return the answer to ``request``: JSON that fits its schema, prose if it has none, a vector for an embedding.

    Of an image it sees what the words beside it say.
    """
    if request.kind == "embedding":
        return vectors.encoded(embed(request.prompt.content))
    dice = Dice(request.hash, str(draw), request.address)
    stage = scene.read(request)
    form = request.schema.name if request.schema else _purpose(request)
    if form == "turn":
        value: Any = answers.recalling(stage, dice) if _recalls(request, draw) else answers.turn(stage, dice)
        if tokens.of_text(text := canonical.dumps(value)) > request.max_tokens:
            text = canonical.dumps(answers.bare())
    elif form == "ask":
        text = canonical.dumps({"answer": answers.reply(stage, dice, stage.question)})
    elif form == "correction" and request.schema:
        text = canonical.dumps(answers.judgement(request.schema.body, dice))
    elif form == "judging":
        text = canonical.dumps(judging.verdicts(request, dice))
    elif form == "person" and request.schema:
        text = canonical.dumps(people.person(request, dice))
    elif form == "survey":
        text = canonical.dumps(asking.survey(request, stage, dice))
    elif form == "extraction":
        text = canonical.dumps(asking.extraction(request, dice))
    elif form == "labels":
        text = canonical.dumps(asking.labels(request))
    elif form == "rewriting":
        text = canonical.dumps(asking.rewriting(request))
    elif form == "story":
        text = canonical.dumps(judging.story(request, dice))
    elif request.schema:
        write = answers.kept if form == "consolidation" else answers.paragraph
        fitting = Fitting(request.schema.body, dice, lambda: write(stage, dice))
        text = canonical.dumps(fitting.value())
    else:
        text = answers.paragraph(stage, dice)
    return str(canonical.clean(text)[0])


def _recalls(request: Request, draw: int) -> bool:
    """Whether somebody who can tries to remember something first: now and then, and once a turn."""
    if request.schema is None or '"RECALL"' not in request.schema.text or '"RESULT"' in request.prompt.content:
        return False
    return Dice("recall", request.hash, str(draw), request.address).chance(RECALLS)


def _purpose(request: Request) -> str:
    parts = request.address.split("/")  # a request that may be shared has no address
    return parts[2] if len(parts) > 2 else ""
