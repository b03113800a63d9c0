"""One act under way: what it asks, and what comes of it, in the order in which it happens.

Whatever needs a model yields requests here and nowhere else, so that every answer that was taken into account is an
event, every bad one is asked about again a bounded number of times, and a replay, a fork in mid-act or a crash finds
the same requests at the same addresses.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from string import Template
from typing import Any, Generic, TypeAlias, TypeVar

from troupe_es import canonical
from troupe_es.acting.reading import Misfit
from troupe_es.acts import Intent, Newcomer
from troupe_es.events import Body, types
from troupe_es.llm import All, Effect, Message, Request, Response, Schema
from troupe_es.llm.vectors import embedding
from troupe_es.projections import State

T = TypeVar("T")
Part: TypeAlias = Body | Intent | Newcomer
"""What an act comes to, piece by piece: an event, or what a person wants or who comes, of which an event is made."""

AGAIN = Template((files(__package__) / "again.txt").read_text(encoding="utf-8").rstrip("\n"))
MOST_ECHO = 2000
"""Characters of an unusable answer that are shown again."""


class Unanswered(Exception):
    """A replay has no answer to give here; what happened before stands.

    Of a fan-out, ``before`` are the answers to the requests before the one that has none.
    """

    before: Sequence[Response] = ()


def asked_again(prompt: Message, response: Response, reason: str) -> Message:
    """Return ``prompt`` with the unusable answer and the reason, to be asked once more."""
    echo = Message("assistant", response.text[:MOST_ECHO] or "(nothing)", prompt)
    return Message("user", AGAIN.substitute(reason=reason), echo)


@dataclass(frozen=True)
class Form(Generic[T]):
    """How one thing is asked: the prompt, what an answer must fit, how it is read, how it is asked for again.

    ``room`` is how many tokens it needs, where the setting allows fewer.
    """

    prompt: Message
    schema: Schema
    read: Callable[[Response], T]
    again: Callable[[Message, Response, str], Message] = asked_again
    room: int = 0


@dataclass(frozen=True)
class Wanted:
    """A text whose vector is needed: the event it stands in (None: a query), and what the log names for it, if so.

    That is the hashes of a request and of the answer to it.
    """

    seq: int | None
    text: str
    named: tuple[str, str] | None = None


class Acting:
    """An act of ``who`` (a person's id, or ``-``); ``parts`` grows with everything that comes of it.

    ``reason`` is why the last thing asked has no usable answer; ``asked`` is how often a model was asked.
    """

    def __init__(self, state: State, who: str, parts: list[Part]) -> None:
        self._answered: tuple[str, Message] | Message | None = None
        self.state = state
        self.who = who
        self.parts = parts
        self.reason = ""
        self.asked = 0
        self._numbers: Counter[str] = Counter()

    @property
    def answered(self) -> Message:
        """The last prompt that got a usable answer, with that answer; made when asked for, as few turns need it."""
        if isinstance(self._answered, tuple):
            text, prompt = self._answered
            self._answered = Message("assistant", text, prompt)
        assert self._answered is not None
        return self._answered

    @answered.setter
    def answered(self, message: Message) -> None:
        self._answered = message

    def happen(self, *parts: Part) -> None:
        """Note what happens, or what the person wants to happen."""
        self.parts += parts

    def ask(
        self, purpose: str, model: str, form: Form[T], word: str = "", *, shared: bool = False
    ) -> Effect[T | None]:
        """Ask ``model`` until the form can read the answer, a bounded number of times; None when it never could.

        A misfit's reason is recorded and put to the model with the next attempt. ``word`` stands in the address
        instead of the purpose, where several things are asked for the same one. What is ``shared`` has no address:
        whoever asks the same gets the same answer.
        """
        settings = self.state.settings
        prompt = form.prompt
        self.reason = ""
        for _ in range(settings.attempts):
            address = "" if shared else self._address(word or purpose)
            room = max(settings.max_tokens, form.room)
            request = Request(prompt, model, address, room, settings.temperature, form.schema)
            response: Response = yield request
            self.asked += 1
            value: T
            value, self.reason = _read(form, response)
            self.parts.append(_answered(request, response, self.reason or None))
            if not self.reason:
                self._answered = response.text, prompt
                return value
            prompt = form.again(prompt, response, self.reason)
        return None

    def ask_all(self, purpose: str, model: str, forms: Sequence[Form[T]]) -> Effect[list[tuple[T | None, str]]]:
        """Ask ``model`` several things at once, each until its form can read the answer, as ``ask`` does.

        Returns for each the value and an empty reason, or None and why there is none.
        """
        found: list[tuple[T | None, str]] = [(None, "")] * len(forms)
        prompts = {index: form.prompt for index, form in enumerate(forms)}
        for _ in range(self.state.settings.attempts):
            if not prompts:
                break
            requests = self._requests(purpose, model, forms, prompts)
            try:
                answers: list[Response] = yield All(list(requests.values()))
            except Unanswered as cut:
                self._read_all(forms, requests, cut.before, found)
                raise
            prompts = self._read_all(forms, requests, answers, found)
        return found

    def _requests(
        self, purpose: str, model: str, forms: Sequence[Form[T]], prompts: dict[int, Message]
    ) -> dict[int, Request]:
        """One attempt at everything that has no usable answer yet: its number, and the index within the fan-out."""
        settings = self.state.settings
        stem = self._address(purpose).removesuffix("/0")
        return {
            index: Request(
                prompt, model, f"{stem}/{index}", settings.max_tokens, settings.temperature, forms[index].schema
            )
            for index, prompt in prompts.items()
        }

    def _read_all(
        self,
        forms: Sequence[Form[T]],
        requests: dict[int, Request],
        answers: Sequence[Response],
        found: list[tuple[T | None, str]],
    ) -> dict[int, Message]:
        """Enter what can be read into ``found``, and return what is to be asked again, with the reason.

        Where a replay is cut there are fewer answers than requests: those it has are taken into account.
        """
        again: dict[int, Message] = {}
        for (index, request), response in zip(requests.items(), answers, strict=False):
            self.asked += 1
            found[index] = _, reason = _read(forms[index], response)
            self.parts.append(_answered(request, response, reason or None))
            if reason:
                again[index] = forms[index].again(request.prompt, response, reason)
        return again

    def call(self, tool: str, arguments: dict[str, Any]) -> Effect[Response]:
        """Call a tool once and return what came back, as recorded: JSON with ``ok``, ``error`` or ``unknown``."""
        prompt = Message("user", canonical.dumps(arguments))
        request = Request(prompt, f"tool:{tool}", self._address(f"tool.{tool}"), 0, kind="tool")
        response: Response = yield request
        self.parts.append(_answered(request, response, None))
        return response

    def embed(self, model: str, wanted: Sequence[Wanted]) -> Effect[list[Response]]:
        """Return the vectors that ``model`` gives these texts, as it answered; one event names those that are new."""
        requests = [replace(embedding(each.text, model), named=each.named) for each in wanted]
        answers: list[Response] = yield All(requests)
        pairs = zip(wanted, requests, answers, strict=True)
        new = [types.Embedded(seq=w.seq, request=r.hash, answer=a.hash) for w, r, a in pairs if w.named is None]
        if new:
            self.parts.append(types.MemoriesEmbedded(model=model, of=new))
        return answers

    def _address(self, word: str) -> str:
        number = self._numbers[word]
        self._numbers[word] += 1
        return f"{self.state.step}/{self.who}/{word}/{number}/0"


def _read(form: Form[Any], response: Response) -> tuple[Any, str]:
    """Return the value of an answer, or why there is none."""
    try:
        return form.read(response), ""
    except Misfit as error:
        return None, str(error) or "it does not fit."


def _answered(request: Request, response: Response, misfit: str | None) -> types.ModelAnswered:
    return types.ModelAnswered(
        address=request.address, model=request.model, request=request.hash, answer=response.hash, misfit=misfit
    )
