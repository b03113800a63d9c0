"""How a person plays a scene: what they react to, where they stand, which words they find.

A stance is drawn from (person, subject) and bent by temperament and taste, so the same person takes the same
side whenever the subject comes up; which words they find for it is drawn anew for each request.
"""

from dataclasses import dataclass

from troupe_es.llm.improviser import repertoire, words
from troupe_es.llm.improviser.character import Ground
from troupe_es.llm.improviser.dice import Dice
from troupe_es.llm.improviser.scene import Heard, Scene

STANCES = ("against", "lean-against", "torn", "lean-for", "for")
STOCK = words.content_words(repertoire.STOCK)
NOTHING = "all this"


@dataclass(frozen=True)
class Part:
    """What somebody has to work with in one answer. ``leaning`` is -2 (against the subject) to 2 (for it)."""

    scene: Scene
    dice: Dice
    cue: Heard | None
    subject: str
    leaning: int
    slots: dict[str, str]

    @property
    def stance(self) -> str:
        """The leaning in words."""
        return STANCES[self.leaning + 2]

    @property
    def accord(self) -> str:
        """Whether this person agrees with what they react to."""
        said = words.temper(self.slots["quote"])
        accord = self.leaning * said if said else self.leaning
        return "agree" if accord > 0 else "differ" if accord < 0 else "torn"

    def line(self, lines: repertoire.Lines, **more: str) -> str:
        """Return one of ``lines`` with its slots filled, or nothing; if possible one not used lately."""
        slots = {**self.slots, **more}
        spare = ""
        for line in self.dice.shuffled(lines):
            if any("{" + slot + "}" in line and not filling for slot, filling in slots.items()):
                continue
            if words.opening(line) not in self.scene.air:
                return _filled(line, slots)
            spare = spare or _filled(line, slots)
        return spare

    def own(self) -> str:
        """Return a sentence about something of one's own: close to the subject if there is such, and new."""
        topic = words.content_words(f"{self.subject} {self.cue.content if self.cue else ''}")
        fresh = [ground for ground in self.scene.me.grounds if ground.text[1:40] not in self.scene.air]
        fitting = [ground for ground in fresh if ground.kind != "dislike" or self.leaning < 0]
        close = [ground for ground in fitting if ground.words & topic]
        if close or (fitting and (not self.scene.me.trade or self.dice.chance(75))):
            return self._told(self.dice.pick(close or fitting))
        return self.line(repertoire.GROUND["trade"])

    def _told(self, ground: Ground) -> str:
        inside = ground.kind in {"interest", "like", "dislike", "goal"}
        text = words.decapitalised(ground.text) if inside else ground.text
        return self.line(repertoire.GROUND[ground.kind], ground=text)


def cast(scene: Scene, dice: Dice, about: str = "") -> Part:
    """Decide what the answer reacts to and where the person stands; ``about`` is what they are asked."""
    cue = _recalled(scene, about, dice) if about else _cue(scene, dice)
    agenda = scene.agenda(STOCK)
    topic = _topic(scene, agenda, cue, about, dice)
    vocabulary = frozenset(word for phrase in agenda for word in phrase.lower().split())
    subject = (topic if topic[:1].isupper() else f"the {topic}") if topic else NOTHING
    speaker = cue.speaker if cue and cue.spoken else ""
    others = [name for name in scene.here if name != speaker]
    slots = {
        "who": words.called(speaker),
        "quote": words.quotation(cue.content, vocabulary, STOCK) if cue and _quotable(scene, cue) else "",
        "seen": cue.sight if cue and not cue.spoken else "",
        "subject": subject,
        "trade": scene.me.trade,
        "other": words.called(dice.pick(others)) if others else "",
        "ground": "",
    }
    return Part(scene, dice, cue, subject, leaning(scene, topic), slots)


def leaning(scene: Scene, topic: str) -> int:
    """Return where this person stands on ``topic``, -2 to 2: always the same, as temper and taste have it."""
    me = scene.me
    drawn = Dice("stance", me.name, topic).pick((-2, -1, -1, 0, 1, 1, 2)) if topic else 0
    parts = set(topic.lower().split())
    for ground in me.grounds:
        if parts & ground.words:
            drawn += {"like": 1, "interest": 1, "dislike": -2}.get(ground.kind, 0)
    drawn += int((me.agreeableness + me.openness - me.neuroticism) / 3)
    return max(-2, min(2, drawn))


def _quotable(scene: Scene, heard: Heard) -> bool:
    """Say whether these are somebody's words to agree or disagree with: not the moderator's, who asks."""
    outside = bool(scene.here) and heard.speaker not in scene.here
    return heard.spoken and bool(heard.speaker) and not (outside and "?" in heard.content)


def addressed(scene: Scene) -> Heard | None:
    """Return the newest fresh words meant for this person: by name, in private, or a question to all."""
    for heard in reversed(scene.fresh):
        if heard.spoken and (scene.me.first in heard.content or heard.to == scene.me.name):
            return heard
        if heard.spoken and "?" in heard.content and heard.speaker not in scene.here:
            return heard
    return None


def _cue(scene: Scene, dice: Dice) -> Heard | None:
    named = addressed(scene)
    if named and dice.chance(70 if named is scene.fresh[-1] or scene.me.first in named.content else 25):
        return named
    spoken = [heard for heard in scene.fresh if heard.spoken] or [h for h in scene.heard if h.spoken]
    if not spoken:
        return scene.fresh[-1] if scene.fresh else None
    return spoken[-1] if dice.chance(65) else dice.pick(spoken)


def _recalled(scene: Scene, about: str, dice: Dice) -> Heard | None:
    """Return what was heard that has most to do with the question."""
    wanted = words.content_words(about)
    spoken = [heard for heard in scene.heard if heard.spoken and heard.speaker]
    worth = [len(wanted & words.content_words(heard.speaker + " " + heard.content)) for heard in spoken]
    best = [heard for heard, value in zip(spoken, worth, strict=True) if value == max(worth)]
    return dice.pick(best) if best else None


def _topic(scene: Scene, agenda: tuple[str, ...], cue: Heard | None, about: str, dice: Dice) -> str:
    """Return what the answer is about: what the question names, or the cue takes up, or the agenda has."""
    names = scene.names()
    asked = [phrase for phrase in words.phrases(about) if not names & set(phrase.text.lower().split())]
    if asked:
        return max(asked, key=lambda phrase: phrase.weight).text
    if cue and cue.spoken:
        lowered = cue.content.lower()
        taken = [phrase for phrase in agenda if phrase.lower() in lowered]
        if taken and dice.chance(80):
            return taken[0] if dice.chance(50) else dice.pick(taken)
    if not agenda:
        return ""
    return agenda[0] if dice.chance(45) else dice.pick(agenda[:4])


def _filled(line: str, slots: dict[str, str]) -> str:
    text = line.format(**slots)
    return words.capitalised(text) if line.startswith("{") else text
