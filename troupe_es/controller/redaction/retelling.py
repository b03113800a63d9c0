"""Lives a branch again without some words: what was given is given without them, all else is decided anew.

Answers are found by their addresses, and their words replaced. What is decided must be what was recorded, with the
words replaced: hashes differ, and so may scores and the reasons of failures. Anything else means that the life would
be another one; then nothing is written, and the event is named.
"""

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from troupe_es import canonical
from troupe_es.acting import Unanswered
from troupe_es.acts import Act
from troupe_es.agent.faculties import documents
from troupe_es.commands import EDITION
from troupe_es.controller.decide import decide, settle
from troupe_es.controller.driver import FINISHES, recorded, response_of
from troupe_es.controller.redaction.words import Words
from troupe_es.controller.replay import NAMING, Seen, drive
from troupe_es.controller.states import Reader, state_at
from troupe_es.errors import BadCommand, MissingAnswer, MissingCode, UsageError
from troupe_es.events import TYPES, Draft, Stored, chain, is_given, read, seal, types
from troupe_es.llm import Request, Response, toolcalls
from troupe_es.log import Branch, Log, NewAnswer
from troupe_es.projections import apply
from troupe_es.world.engine import following

ORIGIN = "redacted"
SCHEMA = "application/schema+json"
SEALED = ("prediction-sealed", "truth-loaded")
"""Events that say by hash what somebody else holds."""

GONE = "(removed)"
LOOSE: Mapping[str, tuple[str, ...]] = {
    "model-answered": ("request", "answer"),
    "action-held-back": ("similarity",),
    "person-change-caused": ("before",),  # what is blank now
    **dict.fromkeys(("turn-failed", "consolidation-failed", "person-not-made", "effect-failed"), ("reason",)),
}
"""What may differ, by type of event."""

Tell = Callable[[Stored], Stored]
"""From a recorded given event to what is given instead; its place and hash do not matter."""


@dataclass
class Retelling:
    """One branch on its way from ``old`` to ``new``: ``tell`` says what is given instead of what was given.

    ``removed`` are the hashes that stand for documents whose text goes as a whole.
    """

    old: Log
    new: Log
    words: Words
    tell: Tell
    removed: frozenset[str] = frozenset()

    def live(self, source: Branch, target: Branch) -> None:
        """Append to ``target`` what ``source`` holds by itself. Raises UsageError naming the event that cannot be."""
        self.source, self.target = source, target
        self.state = state_at(self.new, target)
        self.reader = Reader(self.new, target)
        self.state.read = self.reader
        self.seen = Seen(self.old.rows(source, source.fork_seq + 1))
        while (row := self.seen.peek()) is not None:
            try:
                if is_given(row.type):
                    self._give(row)
                else:
                    self._act(row)
            except MissingCode as error:
                raise UsageError(f"event {row.seq} of {source} cannot be decided again: {error}") from error
            except (BadCommand, LookupError, ValueError) as error:
                raise self._refusal(row, f"does not fit any more: {error}") from error

    def _refusal(self, row: Stored, what: str) -> UsageError:
        return UsageError(
            f"event {row.seq} of {self.source} ({row.type}) {what}. Nothing was written. Replace every name that "
            "somebody is called by, whole and in part, by names of as many words that nobody else has; leave a "
            "person's traits (--keep-traits), which answers may repeat; or leave the branch out "
            f"(--without {self.source.name})"
        )

    # what came from outside

    def _give(self, row: Stored) -> None:
        told = self._told(row)
        if row.type in SEALED and told.payload != row.payload:
            raise self._refusal(row, "seals by hash what has one of the words in it")
        columns = (row.seq, *told[1:-1])
        self._append(Stored(*columns, chain(self.state.head, *columns)))

    def _told(self, row: Stored) -> Stored:
        try:
            return self.tell(row)
        except UsageError as error:
            raise self._refusal(row, f"cannot be said without the words: {error}") from error

    def _append(self, row: Stored) -> None:
        event = read(row)
        self.new.append_rows(self.target, [row], self.state.seq)
        apply(self.state, event)
        self.reader.keep(event)
        self.seen.take()

    # what was decided

    def _act(self, row: Stored) -> None:
        if self.state.edition < EDITION:
            raise self._refusal(row, f"was decided by edition {self.state.edition}, which today's program is not")
        act = next(following(self.state), None)
        if act is None:
            raise self._refusal(row, "would not happen")
        self._gather()
        for draft in self._decide(act):
            found = self.seen.peek()
            if found is None or is_given(found.type):
                return
            made = seal(draft, found.seq, self.state.head)
            self._compare(made, found)
            self._append(made)
        found = self.seen.peek()
        if self.unanswered and found is not None and not is_given(found.type):
            raise self._refusal(found, f"has no answer: {self.unanswered}")

    def _decide(self, act: Act) -> list[Draft]:
        self.unanswered = ""
        return settle(self.state, act, drive(decide(self.state, act), self._answer), self.source.draw)

    def _gather(self) -> None:
        """Look ahead for the answers of the act that comes next."""
        self.answers: dict[str, tuple[str, str]] = {}
        self.shared: deque[tuple[str, str]] = deque()
        index = 0
        while (row := self.seen.peek(index)) is not None and not is_given(row.type):
            if TYPES[row.type].closes:
                break
            index += 1
            body = read(row).body if row.type in NAMING else None
            if isinstance(body, types.ModelAnswered) and body.address:
                self.answers[self.words.text(body.address)] = (body.request, body.answer)
            elif isinstance(body, types.ModelAnswered):
                self.shared.append((body.request, body.answer))
            elif isinstance(body, types.MemoriesEmbedded):
                self.shared += [(each.request, each.answer) for each in body.of]

    def _answer(self, request: Request) -> Response:
        """Return the answer to ``request``: the one the new log has, or the old one without the words."""
        turn = self.state.open_turn
        known = request.named or (turn.answers.get(request.key) if turn else None)
        if known is not None:
            return response_of(recorded(self.new, *known))
        named = self.answers.get(request.key) if request.address else None
        if not request.address and self.shared:
            named = self.shared.popleft()
        if named is None:
            self.unanswered = f"the record holds none for {request.key}"
            raise Unanswered(request.key)
        try:
            return self._carried(request, *named)
        except MissingAnswer as error:
            self.unanswered = str(error)
            raise Unanswered(request.key) from None

    def _carried(self, request: Request, asked: str, answer: str) -> Response:
        draw = self.source.draw if request.address else 0
        found = self.old.answer(answer, asked, draw) or recorded(self.old, asked, answer)
        text = found.text if request.kind == "embedding" else self.words.text(self._without(request, found.text))
        refusal = None if found.refusal is None else self.words.text(found.refusal)
        if request.schema is not None:
            self.new.blob(request.schema.text.encode(), SCHEMA)
        self.new.remember(request.prompt, request.parameters)
        new = NewAnswer(
            request=request.hash,
            draw=draw,
            address=request.address,
            text=text,
            finish=found.finish,
            refusal=refusal,
            model=self.words.text(found.model),
            prompt_tokens=found.prompt_tokens,
            completion_tokens=found.completion_tokens,
            cached_tokens=found.cached_tokens,
            seconds=found.seconds,
        )
        self.new.import_answer(new, ORIGIN)
        return Response(text=text, finish=FINISHES[found.finish], refusal=refusal, model=new.model)

    def _without(self, request: Request, text: str) -> str:
        """Return what a tool answered without the passages of documents that go."""
        if not self.removed or request.model != toolcalls.PREFIX + documents.CALL:
            return text
        outcome = toolcalls.outcome(Response(text))
        if outcome.kind != "ok" or not isinstance(outcome.value, dict):
            return text
        named = toolcalls.arguments(request)["documents"]
        for passage in outcome.value["passages"]:
            if named.get(passage["document"]) in self.removed:
                passage["text"] = GONE
        return toolcalls.answer("ok", outcome.value).text

    # is it the same

    def _compare(self, made: Stored, found: Stored) -> None:
        """Raise UsageError unless what is ``made`` is what was ``found``, without the words."""
        told = self._told(found)
        if made[1:7] != told[1:7]:
            raise self._refusal(found, f"would be a {made.type} of {made.actor or 'nobody'}")
        said, was = json.loads(made.payload), json.loads(told.payload)
        now, then = _loose(made.type, said), _loose(made.type, was)
        if self.removed and made.type == "result-seen" and now["kind"] == documents.CONSULT:
            now.pop("content")
        wrong = [name for name in now if now[name] != then.get(name)]
        if wrong:
            name = wrong[0]
            ways = [canonical.dumps(each.get(name))[:120] for each in (was, said)]
            raise self._refusal(found, f"would have another {name}: not {ways[0]}, but {ways[1]}")


def _loose(type: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Return what must be the same: no hashes of what was asked and answered, no scores, no reasons of failures."""
    kept = dict(payload)
    for name in ("misfit", "failed"):
        if name in kept and not isinstance(kept[name], int):
            kept[name] = kept[name] is None
    for name in LOOSE.get(type, ()):
        kept.pop(name, None)
    if type == "memories-embedded":
        kept["of"] = [each["seq"] for each in payload["of"]]
    if type == "actions-judged":  # how alike two actions are is told in words, by the share of their words
        kept["scores"] = [
            {**each, "reason": each["check"] != "similarity" and each["reason"]} for each in kept["scores"]
        ]
    if type == "result-seen":
        kept["found"] = [(each["seq"], each["place"]) for each in payload["found"]]
    return kept
