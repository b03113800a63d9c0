"""A model that gives the answers it was told to give: for tests, and for conversations written in advance.

Answers are looked up by logical address, computed by a function, or taken in order. An answer is a string, a
mapping (sent as canonical JSON), a list of numbers (sent as a vector, to an embedding), a ``Response`` (sent as it
is) or an exception (raised). Embeddings have the address ``""``. What has no answer is answered by the first of the
``rules`` that fits what is shown; what none fits gets ``default``. Without one it is a MissingAnswer, so that a test
never passes on an answer nobody meant.
"""

import asyncio
import difflib
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any, TypeAlias

from troupe_es import canonical
from troupe_es.errors import MissingAnswer
from troupe_es.llm import tokens, vectors
from troupe_es.llm.protocol import Request, Response

Answer: TypeAlias = str | Mapping[str, Any] | Sequence[float] | Response | BaseException
Answers: TypeAlias = Mapping[str, Answer] | Callable[[Request, int], Answer] | Sequence[Answer]
Delay: TypeAlias = Callable[[Request, int], float | Awaitable[Any]]


@dataclass(frozen=True)
class Rule:
    """An answer to whatever is shown in certain words: arms of an experiment ask different things at one address.

    ``address`` and ``shown`` are regular expressions: the first must match the whole address, the second is sought
    in the prompt, from its first message to its last. What its named groups hold stands in the answer for ``$name``.
    ``draws`` are those in which it is given; none named: all.
    """

    answer: Answer
    address: str = ".*"
    shown: str = ""
    draws: tuple[int, ...] = ()

    def of(self, request: Request, draw: int) -> Answer | None:
        """Return the answer to ``request``, or None where the rule is not meant for it."""
        if (self.draws and draw not in self.draws) or not re.fullmatch(self.address, request.address):
            return None
        found = re.search(self.shown, "\n".join(message.content for message in request.prompt.chain()))
        return None if found is None else _filled(self.answer, found.groupdict(default=""))


class Scripted:
    """Answers from ``answers`` and remembers what it was asked: ``calls`` and ``draws``, in order of asking.

    ``delay`` is called with each request and draw; it returns seconds to sleep or something to await, so that
    a test decides in which order answers arrive. ``note`` says where the answers come from, ``rules`` are those that
    answer what ``answers`` do not.
    """

    def __init__(
        self,
        answers: Answers,
        name: str = "scripted",
        *,
        default: Answer | None = None,
        delay: Delay | None = None,
        note: str = "",
        rules: Sequence[Rule] = (),
    ) -> None:
        self.name = name
        self.note = note
        self.calls: list[Request] = []
        self.draws: list[int] = []
        self._default = default
        self.rules = tuple(rules)
        self._delay = delay
        self._find = self._finder(answers)

    @classmethod
    def from_file(cls, path: str | Path) -> "Scripted":
        """Read ``{name, note, answers: {address: answer}, rules, default}`` from a YAML or JSON file.

        A rule is ``{address, shown, draws, answer}``, all but the answer as they need be (``Rule``).

        Raises UsageError, naming the file and the wrong place in it.
        """
        from troupe_es.llm import scriptfile  # costs the YAML library, which only files need

        script = scriptfile.read(Path(path))
        rules = [Rule(**rule) for rule in script.rules]
        return cls(script.answers, script.name, default=script.default, note=script.note, rules=rules)

    async def complete(self, request: Request, draw: int) -> Response:
        """Give the answer laid down for ``request``; raises the exception if that is what was laid down."""
        self.calls.append(request)
        self.draws.append(draw)
        answer = self._find(request, draw)
        if self._delay is not None:
            await _wait(self._delay(request, draw))
        if isinstance(answer, BaseException):
            raise answer
        return self._response(request, answer)

    def _finder(self, answers: Answers) -> Callable[[Request, int], Answer]:
        if callable(answers):
            return answers
        if isinstance(answers, Mapping):
            return lambda request, draw: self._by_address(answers, request, draw)
        if isinstance(answers, Sequence) and not isinstance(answers, str | bytes):
            remaining = iter(answers)
            return lambda request, draw: self._next(remaining, request)
        raise TypeError(f"answers must be a mapping, a function or a list, not {type(answers).__name__}")

    def _by_address(self, answers: Mapping[str, Answer], request: Request, draw: int) -> Answer:
        if request.address in answers:
            return answers[request.address]
        for rule in self.rules:
            answer = rule.of(request, draw)
            if answer is not None:
                return answer
        near = difflib.get_close_matches(request.address, answers, n=1, cutoff=0.0)
        return self._fallback(request, f"the nearest it has is {near[0]!r}" if near else "it has none at all")

    def _next(self, remaining: Iterator[Answer], request: Request) -> Answer:
        for answer in remaining:
            return answer
        return self._fallback(request, f"all were given before call {len(self.calls)}")

    def _fallback(self, request: Request, why: str) -> Answer:
        if self._default is not None:
            return self._default
        raise MissingAnswer(
            f"{self.name!r} has no answer for {request.address!r} ({why}): these answers were laid down in "
            "advance; to go on from here, name a model that can answer: troupe set REF settings.model=MODEL, "
            "or a branch with --model",
            stuck=True,
        )

    def _response(self, request: Request, answer: str | Mapping[str, Any] | Sequence[float] | Response) -> Response:
        if isinstance(answer, Response):
            return answer
        text: str = canonical.clean(_text(answer))[0]
        return Response(
            text=text,
            model=self.name,
            prompt_tokens=tokens.of_prompt(request.prompt),
            completion_tokens=0 if request.kind == "embedding" else tokens.of_text(text),
        )


def _text(answer: str | Mapping[str, Any] | Sequence[float]) -> str:
    if isinstance(answer, str):
        return answer
    return canonical.dumps(answer) if isinstance(answer, Mapping) else vectors.encoded(answer)


def _filled(answer: Any, found: Mapping[str, str]) -> Any:
    """Return an answer with what was found in its texts."""
    if isinstance(answer, str):
        return Template(answer).safe_substitute(found)
    if isinstance(answer, Mapping):
        return {key: _filled(value, found) for key, value in answer.items()}
    return [_filled(value, found) for value in answer] if isinstance(answer, list) else answer


async def _wait(delay: float | Awaitable[Any]) -> None:
    if isinstance(delay, int | float):
        await asyncio.sleep(delay)
    else:
        await delay
