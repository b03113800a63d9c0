"""What a small model is shown: itself in a few sentences, what was said to everybody, and where the others stand.

The persona and the examples stand first and stay the same; each closed turn adds what was perceived and what was
answered; only the end of the last message is new each time. The window is short, and moves in blocks.
"""

from collections.abc import Collection, Iterator, Sequence

from troupe_es import canonical
from troupe_es.agent import prompts, templates
from troupe_es.agent.small import answers, sentences
from troupe_es.events import Event, types
from troupe_es.llm import Message, Response
from troupe_es.projections import Person, State

FIRST, LAST, BLOCK = 3, 12, 12
"""The window on memory: the earliest, and at least so many of the latest; its start moves in blocks."""
AVOIDED = 2
"""How many of their last reasons a person does not give again."""
SENSES = {"THOUGHT": "I think", "VISUAL": "I see", "LOCATION": "I am at", "INTERNAL_GOAL_FORMULATION": "I want"}
LONGEST = 600
"""Characters of one thing heard."""


EXAMPLES = {
    "is for it": '{"about":"a dog park","because":"I walk the dog before work.","stance":"is for it","say":"At '
    'six in the morning I would have that park to myself, so put my name down."}',
    "is against it": '{"about":"rowing lessons","because":"I never learnt to swim.","stance":"is against it","say":'
    '"No thank you, and my boy stays on the bank with me."}',
    "wants to know more": '{"about":"paying by telephone","because":"I pay for everything in cash.","stance":"wants '
    'to know more","say":"Who sees what I have paid for? My bank knows too much already."}',
    "asks": '{"about":"the road at night","because":"I never learnt to drive.","stance":"asks","say":"When did you '
    'last take that road, and who was with you?"}',
    "answers": '{"about":"the bus strike","because":"I pay for everything in cash.","stance":"answers","say":"On '
    'Monday I walked for forty minutes, and I was there before the early shift."}',
    "tells a story": '{"about":"a new flat","because":"I have moved house nine times.","stance":"tells a '
    'story","say":"Our third landlord kept a goat in the hall. Since him I read a contract twice."}',
}
"""By stance; everybody is shown those for what they can do, each person beginning at another one."""


def reasons(state: State, person: Person) -> list[str]:
    """Return the sentences of their own that ``person`` may give as a reason now: not the last ones again."""
    every = sentences.reasons(prompts.traits(state, person))
    given: list[str] = []
    for place in _window(prompts.seen(state, person)):
        body = state.read(person.memory[place : place + 1][0]).body
        if isinstance(body, types.TurnEnded):
            given.append(body.mind.attention)
    return [reason for reason in every if reason not in given[-AVOIDED:]] or every


def stances(state: State, person: Person) -> Collection[str]:
    """Return where ``person`` can stand now: on a matter that somebody from outside put to them, or among others."""
    for place in _window(prompts.seen(state, person)):
        body = state.read(person.memory[place : place + 1][0]).body
        if isinstance(body, types.StimulusGiven) and body.speaker:
            return answers.POSITIONS
    return answers.MOVES


def turn(state: State, person: Person) -> Message:
    """Return the prompt for ``person``'s next turn."""
    moment = templates.SMALL_MOMENT.substitute(name=person.name)
    return _asked(state, person, moment)


def question(state: State, person: Person, words: str) -> Message:
    """Return the prompt that asks ``person`` in private."""
    return _asked(
        state, person, templates.SMALL_QUESTION.substitute(name=person.name, question=canonical.told(words))
    )


def private(state: State, person: Person, words: str) -> Message:
    """Return the prompt that puts ``words`` to ``person`` as they stand."""
    return _asked(state, person, words)


def again(prompt: Message, response: Response, reason: str) -> Message:
    """Return ``prompt`` with the reason why its answer could not be used; the answer would only be repeated."""
    return Message(prompt.role, f"{prompt.content}\n{templates.SMALL_AGAIN.substitute(reason=reason)}", prompt.parent)


def _asked(state: State, person: Person, moment: str) -> Message:
    message = _system(state, person)
    perceived: list[str] = []
    for line, said in _remembered(state, person):
        if said:
            if perceived:
                message = Message("user", "\n".join(perceived), message)
            message = Message("assistant", said, message)
            perceived = []
        else:
            perceived.append(line)
    return Message("user", "\n".join([*perceived, moment]), message)


def _system(state: State, person: Person) -> Message:
    stances_now = stances(state, person)
    key = f"small/{next(iter(stances_now))}"
    found: Message | None = person.cache.get(key)
    if found is None:
        traits = prompts.traits(state, person)
        examples = [example for stance, example in EXAMPLES.items() if stance in stances_now]
        first = canonical.digest("troupe/example/1", person.id.encode())[0] % len(examples)
        text = templates.SMALL_PERSON.substitute(
            introduction=" ".join(sentences.introduction(person.name, traits)),
            reasons="\n".join(f"- {reason}" for reason in sentences.reasons(traits)),
            examples="\n".join(examples[first:] + examples[:first]),
        )
        found = person.cache[key] = Message("system", text)
    return found


def _remembered(state: State, person: Person) -> Iterator[tuple[str, str]]:
    """Yield (what was perceived, "") or ("", what was answered), in order."""
    words = ""
    for place in _window(prompts.seen(state, person)):
        event = state.read(person.memory[place : place + 1][0])
        match event.body:
            case types.ActionTaken() as action if event.actor == person.id:
                words = words if action.kind == "THINK" else action.content
            case types.TurnEnded() as ended:
                if words and answers.stance(ended.mind):
                    yield "", answers.told(ended.mind, words)
                words = ""
            case _:
                yield _heard(event, state, person), ""


def _window(count: int) -> Sequence[int]:
    start = max(0, (count - LAST) // BLOCK) * BLOCK
    return [*range(min(FIRST, start)), *range(start, count)]


def _heard(event: Event, state: State, person: Person) -> str:
    """One perceived thing; of what others said only where they stand, unless it is said or asked of this person."""
    body = event.body
    if isinstance(body, types.StimulusGiven):
        who = body.speaker or SENSES.get(body.kind, "")
        told = canonical.told(body.content[:LONGEST]) + (f" {prompts.UNSEEN}" if body.image else "")
        return f"{who}: {told}" if who else told
    if not isinstance(body, types.ActionTaken):
        return prompts.shown(event, state, person)
    who = prompts.name_of(event.actor, state)
    stance = _stance(event, state)
    personal = body.target is not None or "?" in body.content or len(state.worlds[person.world].people) <= 2
    if stance and not personal:
        return f"{who} {stance}."
    return f"{who}: {canonical.told(body.content[:LONGEST])}"


def _stance(event: Event, state: State) -> str:
    """Where somebody stood who said something: the end of their turn, right behind it, has it."""
    for seq in range(event.seq + 1, state.seq + 1):
        ended = state.read(seq)
        if ended.actor != event.actor:
            break
        if isinstance(ended.body, types.TurnEnded):
            return answers.stance(ended.body.mind) or ""
    return ""
