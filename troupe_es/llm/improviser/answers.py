"""What the improviser answers: a turn, a reply to a question, a paragraph."""

import re
from typing import Any

from troupe_es.llm.improviser import performance, repertoire, words
from troupe_es.llm.improviser.dice import Dice
from troupe_es.llm.improviser.performance import Part
from troupe_es.llm.improviser.scene import Scene

SCALE = re.compile(r"\b(?:scale|from|between)\b[^.?!\d]{0,20}(\d{1,4})\s*(?:to|and|-|–)\s*(\d{1,4})\b")
CHOICE = re.compile(r"([^,.;:?]{2,60}?),? or ([^,.;:?]{2,60})\?")
CLOSED = re.compile(r"\b(?:do|does|did|would|will|could|can|should|is|are|was|were|have|has|had) \w+ [^?]*\?$", re.I)
OPEN = re.compile(r"\b(?:what|why|how|who|which|when|where)\b", re.I)
LONGEST = 600
"""Characters of one action at most."""


def turn(scene: Scene, dice: Dice) -> dict[str, Any]:
    """Return what the person does in this moment, in the format of a turn."""
    part = performance.cast(scene, dice)
    actions = _acts(part)
    actions.append({"type": "DONE", "content": "", "target": ""})
    return {"actions": actions, "cognitive_state": _mind(part)}


def judgement(form: dict[str, Any], dice: Dice) -> dict[str, Any]:
    """Return scores for actions that are judged, in the format of ``form``: mostly good ones, and nothing better."""
    parts = form["properties"]
    found = {check: _score(dice) for check in parts["scores"]["properties"]}
    return {"scores": found, **({"instead": []} if "instead" in parts else {})}


def _score(dice: Dice) -> dict[str, Any]:
    score = dice.below(5) if dice.chance(15) else 5 + dice.below(5)
    return {"reason": dice.pick(repertoire.JUDGED[score >= 5]), "score": score}


def recalling(scene: Scene, dice: Dice) -> dict[str, Any]:
    """Return a turn that begins with trying to remember something."""
    part = performance.cast(scene, dice)
    about = f"{part.cue.speaker} {part.subject}".strip() if part.cue else part.subject
    actions = [_act("RECALL", about), {"type": "DONE", "content": "", "target": ""}]
    return {"actions": actions, "cognitive_state": _mind(part)}


def bare() -> dict[str, Any]:
    """Return the shortest turn there is, for when there is no room for more."""
    done = {"type": "DONE", "content": "", "target": ""}
    return {
        "actions": [done],
        "cognitive_state": {"goals": "", "context": [], "attention": "", "emotions": ""},
    }


def _acts(part: Part) -> list[dict[str, str]]:
    scene, dice, cue = part.scene, part.dice, part.cue
    thoughts = repertoire.SEEN if cue and not cue.spoken else repertoire.THINK[part.stance]
    acts = [_act("THINK", part.line(thoughts))]
    alone = not scene.here and not (cue and cue.spoken)
    if alone:
        return acts
    if not performance.addressed(scene) and _silent(part):
        return [_act("THINK", part.line(repertoire.QUIET))] if dice.chance(50) else acts
    if len(scene.here) > 1 and dice.chance(5):
        return acts + _aside(part)
    return [*acts, _act("TALK", _speech(part), _target(part))]


def _silent(part: Part) -> bool:
    likelihood = 15 - 9 * part.scene.me.extraversion
    return part.dice.chance(likelihood if part.scene.fresh else 55)


def _aside(part: Part) -> list[dict[str, str]]:
    heard = {heard.speaker for heard in part.scene.fresh}
    quiet = [name for name in part.scene.here if name not in heard] or list(part.scene.here)
    name = part.dice.pick(quiet)
    first = words.called(name)
    return [
        _act("REACH_OUT", part.line(repertoire.REACH, other=first), name),
        _act("TALK", part.line(repertoire.ASIDE, other=first), name),
    ]


def _target(part: Part) -> str:
    """Return whom alone the words are for: now and then the one replied to, more often for a quiet person."""
    speaker = part.cue.speaker if part.cue else ""
    likelihood = 60 if part.cue and part.cue.to else 5 - 3 * part.scene.me.extraversion
    private = part.dice.chance(likelihood)
    return speaker if private and speaker in part.scene.here else ""


def _speech(part: Part) -> str:
    """Return two or three sentences: a reaction, a claim or something of one's own, perhaps a question."""
    dice, me = part.dice, part.scene.me
    taken_up = part.line(_reaction(part)) if dice.chance(85) else ""
    claim = part.line(repertoire.CLAIM[part.stance]) if not taken_up or dice.chance(50) else ""
    sentences = [taken_up, claim]
    if dice.chance(45):
        sentences.append(part.own())
    if dice.chance(25 + 12 * me.extraversion) and not taken_up.endswith("?"):
        sentences.append(part.line(repertoire.CLOSE))
    return " ".join(sentence for sentence in sentences if sentence)


def _reaction(part: Part) -> repertoire.Lines:
    dice, me = part.dice, part.scene.me
    if not part.scene.fresh:
        return repertoire.REACT["remember" if part.slots["who"] and dice.chance(50) else "open"]
    if not part.slots["quote"]:
        return ()
    if part.accord == "differ" and me.agreeableness > 0 and dice.chance(50):
        return repertoire.REACT["soften"]
    return repertoire.REACT["ask" if dice.chance(15 + 8 * me.openness) else part.accord]


def _mind(part: Part) -> dict[str, Any]:
    me, dice = part.scene.me, part.dice
    goal = part.line(repertoire.AIM[part.stance])
    if me.goals and dice.chance(25):
        goal = words.capitalised(Dice("goal", me.name).pick(me.goals))
    feeling = dice.pick(repertoire.FEEL[part.stance])
    attention = part.subject
    if part.cue and part.cue.speaker:
        attention = f"{part.cue.speaker}, on {part.subject}"
    company = ", ".join(part.scene.here[:6])
    context = [f"talking about {part.subject}", *([f"with {company}"] if company else [])]
    feeling += ", nervous underneath" if me.neuroticism > 0 and part.stance != "for" else ""
    return {"goals": goal, "context": context, "attention": attention, "emotions": feeling}


def reply(scene: Scene, dice: Dice, question: str) -> str:
    """Return what the person answers when they are interviewed."""
    part = performance.cast(scene, dice, question or "")
    sentences = [_verdict(part, question)]
    if part.slots["who"] and (dice.chance(60) or part.slots["who"] in question):
        sentences.append(part.line(repertoire.RECALL))
    sentences.append(part.own())
    return words.shorten(" ".join(sentence for sentence in sentences if sentence), LONGEST)


def _verdict(part: Part, question: str) -> str:
    """Return the first sentence of an answer: a number, a choice, yes or no, or where one stands."""
    scale = SCALE.search(question)
    if scale:
        low, high = sorted((int(scale[1]), int(scale[2])))
        spread = Dice("scale", part.scene.me.name, part.subject).below(3) - 1
        value = low + round((high - low) * (part.leaning + 2) / 4) + (spread if high - low >= 5 else 0)
        return f"I’d say {max(low, min(high, value))}."
    choice = CHOICE.search(question)
    if choice:
        options = [" ".join(words.plain(option).split()[-at:][:4]) for option, at in ((choice[1], 3), (choice[2], 9))]
        pick = Dice("choice", part.scene.me.name, *sorted(options)).below(2)
        return f"If I have to choose: {options[pick]}."
    if CLOSED.search(question) and not OPEN.match(question.strip()):
        return part.line(repertoire.ANSWER[part.stance])
    because = part.line(repertoire.BECAUSE) if question.lower().startswith("why") else ""
    return f"{because} {part.line(repertoire.CLAIM[part.stance])}".strip()


def paragraph(scene: Scene, dice: Dice) -> str:
    """Return a few sentences in character, for a request that has no format."""
    part = performance.cast(scene, dice)
    sentences = (part.line(repertoire.CLAIM[part.stance]), part.own(), part.line(repertoire.RECALL))
    return words.shorten(" ".join(sentence for sentence in sentences if sentence), LONGEST) or "I’d rather not say."


def kept(scene: Scene, dice: Dice) -> str:
    """Return what the person keeps of an episode: somebody's words, or their own."""
    spoken = [heard for heard in scene.heard if heard.spoken and heard.speaker]
    if not spoken or dice.chance(25):
        return paragraph(scene, dice)
    heard = dice.pick(spoken)
    return f"{heard.speaker} said: “{words.shorten(heard.content, 200)}”"


def _act(kind: str, content: str, target: str = "") -> dict[str, str]:
    return {"type": kind, "content": words.shorten(content, LONGEST), "target": target}
