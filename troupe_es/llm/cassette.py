"""A recording of one model's answers in a text file, to run tests and demonstrations without the model.

The file has one line of JSON for each answer, only ever grows, and can be read and kept under version control.
An answer is found by (request hash, draw, address) and by nothing looser: a recording that matched roughly would
go on answering when the question has changed. The modes have VCR's names:

none            answers from the file; a miss is an error
once            the same if the file has answers; else asks and records
new_episodes    answers from the file; asks and records what is missing
all             asks always and records; the latest recording of a key counts
"""

import difflib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple, TypeAlias, get_args

from troupe_es import canonical
from troupe_es.errors import MissingAnswer, UsageError
from troupe_es.llm.protocol import Model, Request, Response

Mode: TypeAlias = Literal["none", "once", "new_episodes", "all"]
FORMAT = 1
START = '{"address":'
"""How each line begins, as its keys are sorted; a torn one may be shorter."""
EXCERPT = 200
"""Characters of the last message that are kept for people, and to find what is near."""
MARK = 8
"""Characters of a message's hash that are kept, to tell how far two prompts are the same."""


class Key(NamedTuple):
    """What an answer is found by."""

    request: str
    draw: int
    address: str


@dataclass(frozen=True)
class Episode:
    """One recorded answer and what is known of its question."""

    key: Key
    model: str
    parameters: str
    asks: str
    prompt: tuple[str, ...]
    answer: Response

    @classmethod
    def of(cls, key: Key, model: str, request: Request, answer: Response) -> "Episode":
        """Return what to record of ``request`` and its ``answer``."""
        marks = tuple(message.hash.hex()[:MARK] for message in request.prompt.chain())
        return cls(key, model, request.parameters, request.prompt.content[-EXCERPT:], marks, answer)

    def line(self) -> str:
        """Return the line of the file."""
        row = {"cassette": FORMAT, **self.key._asdict(), "model": self.model, "parameters": self.parameters}
        answer = {name: value for name, value in asdict(self.answer).items() if value is not None}
        return canonical.dumps({**row, "asks": self.asks, "prompt": self.prompt, "answer": answer})

    @classmethod
    def read(cls, line: str) -> "Episode":
        """Read a line; raises ValueError, KeyError or TypeError for one that is not ours."""
        row: dict[str, Any] = json.loads(line)
        if row["cassette"] != FORMAT:
            raise ValueError("a later format")
        key = Key(str(row["request"]), int(row["draw"]), str(row["address"]))
        answer = Response(**{"text": "", **row["answer"]})
        return cls(key, str(row["model"]), row["parameters"], row["asks"], tuple(row["prompt"]), answer)


class Cassette:
    """A model that answers from the file at ``path`` and, if ``mode`` lets it, from ``model``.

    ``torn`` says that the last line was cut by a crash; it is dropped at the next write. Raises UsageError for a
    file that is no cassette.
    """

    def __init__(self, path: str | Path, model: Model | None = None, mode: Mode = "once") -> None:
        if mode not in get_args(Mode):
            raise UsageError(f"{mode!r} is no mode of a cassette; there are {', '.join(get_args(Mode))}")
        if mode == "all" and model is None:
            raise UsageError("a cassette in the mode 'all' needs a model to ask")
        self.path = Path(path)
        self.mode = mode
        self.torn = False
        self._model = model
        self._episodes: dict[Key, Episode] = {}
        self._file: BinaryIO | None = None
        self._whole = 0
        self._ended = True
        self._load()
        self._asks = mode in ("new_episodes", "all") or (mode == "once" and not self._episodes)

    @property
    def name(self) -> str:
        """The name of the model that answers or, without one, of the model that was recorded."""
        if self._model is not None:
            return self._model.name
        return next((episode.model for episode in self._episodes.values()), "cassette")

    async def complete(self, request: Request, draw: int) -> Response:
        """Answer from the recording or, where the mode says so, from the model; raises MissingAnswer."""
        key = Key(request.hash, draw, request.address)
        found = self._episodes.get(key)
        if found is not None and self.mode != "all":
            return found.answer
        if not self._asks or self._model is None:
            raise MissingAnswer(self._missing(key, request))
        answer = _storable(await self._model.complete(request, draw))
        self._record(Episode.of(key, self._model.name, request, answer))
        return answer

    async def aclose(self) -> None:
        """Close the file, and the model if it can be closed."""
        if self._file is not None:
            self._file.close()
            self._file = None
        close = getattr(self._model, "aclose", None)
        if close is not None:
            await close()

    def _load(self) -> None:
        if not self.path.exists():
            return
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise UsageError(f"{self.path}: cannot be read: {error.strerror}") from error
        lines = content.splitlines(keepends=True)
        for number, line in enumerate(lines, 1):
            try:
                episode = Episode.read(line.decode())
            except (ValueError, KeyError, TypeError) as error:
                if number == len(lines) and not line.endswith(b"\n") and _ours(line):
                    self.torn = True
                    return
                raise UsageError(f"{self.path}: line {number} is no line of a cassette") from error
            self._episodes[episode.key] = episode
            self._whole += len(line)
            self._ended = line.endswith(b"\n")

    def _record(self, episode: Episode) -> None:
        self._episodes[episode.key] = episode
        if self._file is None:
            self._file = self._opened()
        self._file.write((episode.line() + "\n").encode())
        self._file.flush()

    def _opened(self) -> BinaryIO:
        """Open the file to append, after taking off a torn line and ending a line that only lacks its end."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = self.path.open("ab")
        except OSError as error:
            raise UsageError(f"{self.path}: cannot be written: {error.strerror}") from error
        if self.torn:
            file.truncate(self._whole)
            self.torn = False
        if not self._ended:
            file.write(b"\n")
            self._ended = True
        return file

    def _missing(self, key: Key, request: Request) -> str:
        asked = f"{self.path} has no answer for {key.address!r}, draw {key.draw}"
        if self._asks:
            return f"{asked}, and there is no model behind it to ask"
        nearest = self._nearest(key, request)
        if nearest is None:
            return f"{asked}: it has no answers at all, and its mode {self.mode!r} forbids asking"
        wanted = Episode.of(key, "", request, nearest.answer)
        return (
            f"{asked}, and its mode {self.mode!r} forbids asking. Nearest is {nearest.key.address!r}, draw "
            f"{nearest.key.draw}: {_difference(wanted, nearest)}. To record what is new, use the mode "
            "'new_episodes'"
        )

    def _nearest(self, key: Key, request: Request) -> Episode | None:
        """Return the recorded question most like this one: at the same address, or the longest shared prompt."""
        wanted = Episode.of(key, "", request, Response(""))

        def likeness(episode: Episode) -> tuple[bool, bool, int, float]:
            alike = difflib.SequenceMatcher(None, wanted.asks, episode.asks).quick_ratio()
            same = episode.key.address == key.address
            return same, episode.key.request == key.request, _shared(wanted.prompt, episode.prompt), alike

        return max(self._episodes.values(), key=likeness, default=None)


def _storable(answer: Response) -> Response:
    """Return ``answer`` without lone surrogates, which no file can hold; live and replayed are then the same."""
    text, refusal = canonical.clean([answer.text, answer.refusal])[0]
    return replace(answer, text=text, refusal=refusal)


def _ours(line: bytes) -> bool:
    return START.encode().startswith(line[: len(START)])


def _shared(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    """Return how many messages two prompts share from the beginning."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(first), len(second)))


def _difference(wanted: Episode, found: Episode) -> str:
    """Say in words how a recorded question differs from the one asked."""
    if wanted.key.request == found.key.request:
        return "the same question for another address or draw"
    ours, theirs = json.loads(wanted.parameters), json.loads(found.parameters)
    changed = [f"{k} was {theirs.get(k)!r} and is {v!r}" for k, v in ours.items() if theirs.get(k) != v]
    shared = _shared(wanted.prompt, found.prompt)
    if shared < max(len(wanted.prompt), len(found.prompt)):
        changed.append(
            f"the prompts are the same for {shared} messages, of {len(found.prompt)} recorded and "
            f"{len(wanted.prompt)} asked; the recorded one ends in {found.asks[-80:]!r}, this one in "
            f"{wanted.asks[-80:]!r}"
        )
    return "; ".join(changed) or "they differ in nothing that was recorded"
