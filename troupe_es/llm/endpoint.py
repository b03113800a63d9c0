"""Models behind the APIs of chat completions and embeddings: OpenAI, Azure, and all servers that speak the same.

Two kinds of failure are told apart. *Transport* (429, 5xx, resets, time-outs, an answer that is no completion)
is tried again with patience, by a loop of our own: the SDK's own retries would bill unseen. What *cannot get
better* (a wrong key, no such model, a request the server rejects) stops at once. What the model says, however
odd, is no failure here; it is an answer.

Patience is counted from the first fault of a call. While a server says nothing at all, an attempt gets no more time
than what is left of it; once it has said something, if only that it is busy, the time that fits the request.

The key never gets into an error: messages are scrubbed, and errors are raised outside the handler of the SDK's own,
whose request holds the key.
"""

import asyncio
import hashlib
import json
import logging
import os
import random
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from troupe_es.errors import ModelRefused, ModelUnreachable, UsageError
from troupe_es.llm import headers, limiter, telemetry, tokens, vectors, wire
from troupe_es.llm.faults import EXCERPT, Fault, brief, rejection
from troupe_es.llm.protocol import Request, Response
from troupe_es.llm.target import Target, address, checked

if TYPE_CHECKING:
    from troupe_es.llm.connections import Connection

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 20.0
"""Seconds: the pause before the n-th retry is drawn from 0 to FIRST_PAUSE * 2**n, at most LONGEST_PAUSE."""

PERSISTENT = 5
"""Tries after which a server that answers, but not usefully, is told of; one that cannot be reached, after two."""

BEGIN = 60.0
PER_TOKEN = 0.1
"""Seconds that an answer may take: to begin with, and for each token it may have. Slow models write 10 a second."""

OPENAI = "https://api.openai.com/v1"
LOGGER = logging.getLogger("troupe_es")
"""What is told of waiting; Python writes a warning to stderr where a program has set up nothing else."""


class OpenAI:
    """A client of one model. ``patience`` is how many seconds transport faults are retried, after the first.

    ``name`` is what the log calls the model; nothing of address or key gets there. Without ``base_url`` and
    ``api_key`` OpenAI's own environment variables apply; with a ``base_url`` only the key given here is sent.
    ``timeout`` is in seconds for each attempt; without one it fits what the request may answer. ``concurrency``
    bounds the calls in flight to this account, of everything in this process. ``parameters`` are sent with each call.
    """

    def __init__(
        self,
        model: str,
        *,
        name: str | None = None,
        base_url: str | None = None,
        api_key: str | None = None,
        azure_endpoint: str | None = None,
        api_version: str | None = None,
        timeout: float | None = None,
        patience: float = 120.0,
        concurrency: int | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.name = name or model
        ours = os.environ if not (base_url or azure_endpoint) else {}
        self._azure = address("Azure endpoint", azure_endpoint)
        self._base_url = address("base URL", base_url or ours.get("OPENAI_BASE_URL")) or OPENAI
        self._key = checked(api_key or ours.get("OPENAI_API_KEY"))
        self._timeout = timeout
        self._patience = patience
        self._writer = wire.Writer(model, parameters or {})
        newest = not self._azure and self._base_url == OPENAI
        self._dialect = wire.Dialect.of(model, "max_completion_tokens" if newest else "max_tokens")
        self._size = 0
        self._warned = False
        self._target = self._aim(api_version, ours)
        self._connections: WeakKeyDictionary[asyncio.AbstractEventLoop, Connection] = WeakKeyDictionary()
        self._limiter = limiter.limiter_of(self._account(), concurrency)

    async def complete(self, request: Request, draw: int) -> Response:
        """Ask the model, again and again while that can help. The draw needs no telling: each call is one.

        An answer that is no completion, or of an embedding no vector (empty, of another size than before, with
        what is no finite number in it), counts as a fault of the transport. Raises ModelUnreachable when patience is
        used up, ModelRefused when asking again cannot help.
        """
        first_fault: float | None = None
        tries = 0
        answering = False
        while True:
            dialect = self._dialect
            spent = 0.0 if first_fault is None else time.monotonic() - first_fault
            most = None if first_fault is None or answering else self._patience - spent
            sent, content = self._writer.write(request, dialect)
            outcome = await self._ask(request, sent, content, most)
            if isinstance(outcome, Response):
                self._warned = False
                self._settle(dialect)
                return outcome
            telemetry.fault(outcome.status)
            if outcome.filtered:
                return Response(text="", finish="filter", model=self.model)
            if outcome.status in (400, 422) and self._learn(dialect, outcome.complaint, sent):
                continue
            self._refuse(outcome)
            answering = answering or outcome.status > 0
            first_fault = first_fault or time.monotonic()
            tries += 1
            spent = time.monotonic() - first_fault
            if tries == (PERSISTENT if answering else 2):
                self._warn(outcome)
            await self._rest(outcome, tries, spent)

    async def aclose(self) -> None:
        """Let go of the connections of the running loop."""
        connection = self._connections.pop(asyncio.get_running_loop(), None)
        if connection is not None:
            await connection.aclose()

    @property
    def host(self) -> str:
        """Where calls go, without a path; what errors name."""
        where = self._azure or self._base_url
        return "the OpenAI API" if where == OPENAI else urlsplit(where).netloc

    @property
    def provider(self) -> str:
        """Who answers, in the words of OpenTelemetry's conventions."""
        return "azure.ai.openai" if self._azure else "openai"

    # one attempt

    async def _ask(
        self, request: Request, sent: Mapping[str, Any], content: bytes, most: float | None
    ) -> Response | Fault:
        """Ask once, when the limiter lets it; ``most`` bounds the seconds, if given."""
        limit = sent.get("max_tokens") or sent.get("max_completion_tokens") or 0
        asked = tokens.of_prompt(request.prompt) if request.prompt.images else len(content) // tokens.CHARACTERS
        async with self._limiter.slot(asked + limit) as slot:
            telemetry.attempt()
            outcome = await self._exchange(request, content, self._fitting(limit, most))
            if isinstance(outcome, Response):
                said = 0 if request.kind == "embedding" else tokens.of_text(outcome.text)
                slot.answered(outcome.completion_tokens or said)
                return outcome
            if outcome.overload:
                slot.overloaded()
            if outcome.wait and outcome.wait <= self._patience:
                self._limiter.hush(outcome.wait)
            return outcome

    async def _exchange(self, request: Request, content: bytes, seconds: float) -> Response | Fault:
        begun = time.monotonic()
        reply = await self._connection().post(wire.path(request), content, seconds)
        took = time.monotonic() - begun
        if isinstance(reply, Fault):
            return replace(reply, reason=self._scrubbed(reply.reason))
        for quota in headers.quotas(reply.headers):
            self._limiter.heed(quota)
        if reply.status >= 300:
            fault = rejection(reply.status, reply.content, headers.wait_asked_for(reply.headers))
            return replace(fault, reason=self._scrubbed(fault.reason))
        return self._read(request, reply.content, took)

    def _connection(self) -> "Connection":
        loop = asyncio.get_running_loop()
        connection = self._connections.get(loop)
        if connection is None:
            from troupe_es.llm.connections import Connection  # imports the SDK, which takes most of a second

            connection = self._connections[loop] = Connection(self._target)
        return connection

    def _read(self, request: Request, received: bytes, took: float) -> Response | Fault:
        try:
            said = json.loads(received)
        except (ValueError, RecursionError):
            return Fault("the answer was no JSON", 200)
        if request.kind == "embedding":
            return self._vector(wire.embedding(said, took))
        answer = wire.response(said, took)
        if answer is not None:
            return answer
        shown = brief(self._scrubbed(received[:EXCERPT].decode(errors="replace")))
        return Fault(f"the answer was no chat completion: {shown!r}", 200)

    def _vector(self, answer: Response | None) -> Response | Fault:
        """Take a vector of the size that this model's vectors have, so that any two can be compared."""
        if answer is None:
            return Fault("the answer was no vector of finite numbers", 200)
        size = len(vectors.vector(answer))
        self._size = self._size or size
        if size != self._size:
            return Fault(f"the answer was a vector of {size} numbers, and those before it had {self._size}", 200)
        return answer

    def _fitting(self, limit: int, most: float | None) -> float:
        """Return the seconds an attempt may take."""
        fitting = self._timeout if self._timeout is not None else BEGIN + PER_TOKEN * limit
        return fitting if most is None else max(0.1, min(fitting, most))

    # after a fault

    def _learn(self, dialect: wire.Dialect, complaint: str, sent: Mapping[str, Any]) -> bool:
        """Learn what this model does not take; say whether to ask again without it."""
        if self._dialect != dialect:
            return True  # another call has learnt in the meantime
        learnt = dialect.learnt(complaint, sent)
        if learnt is not None:
            self._dialect = learnt
        return learnt is not None

    def _settle(self, dialect: wire.Dialect) -> None:
        """Keep a dialect that was answered: its limit may be found out anew if the server changes its mind."""
        if dialect.swapped and self._dialect == dialect:
            self._dialect = replace(dialect, swapped=False)

    def _refuse(self, fault: Fault) -> None:
        """Raise if asking again cannot help."""
        if fault.status == 401:
            raise ModelRefused(f"{self.host} does not accept the key: set a valid one and resume")
        if fault.status == 403:
            raise ModelRefused(f"{self.host} forbids this key the use of model {self.model!r}")
        if fault.status == 404:
            raise ModelRefused(f"{self.host} knows no model {self.model!r} (or the base URL is wrong)")
        if not fault.passing:
            why = f"serves this account no more ({fault.code})" if fault.status == 429 else "rejects the request"
            raise ModelRefused(f"{self.host} {why}: {fault.reason}")

    def _warn(self, fault: Fault) -> None:
        """Say once that nobody has answered yet, and how long it is tried: whoever waits shall know what for."""
        if not self._warned and self._patience:
            self._warned = True
            told = "%s has not answered yet (%s): trying again for up to %g s (TROUPE_PATIENCE)"
            LOGGER.warning(told, self.host, fault.reason, self._patience)

    async def _rest(self, fault: Fault, tries: int, spent: float) -> None:
        """Pause before the next try; raise ModelUnreachable if patience would not last."""
        jitter = random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(tries, 10)))  # noqa: S311 - no secret
        pause = jitter if fault.wait is None else fault.wait + min(jitter, 1.0)
        if spent + pause > self._patience:
            asked = f", and asks to wait {fault.wait:g} s" if fault.wait is not None else ""
            raise ModelUnreachable(
                f"{self.host} could not be reached in {tries} tries ({fault.reason}{asked}): every answer so far "
                "is kept, and `troupe resume` goes on from here"
            )
        await asyncio.sleep(pause)

    # where to

    def _aim(self, version: str | None, environ: Mapping[str, str]) -> Target:
        key = self._key or "none"  # a server of one's own may want none, but the SDK does
        if self._azure is None:
            organization, project = environ.get("OPENAI_ORG_ID"), environ.get("OPENAI_PROJECT_ID")
            return Target(self._base_url, key, organization=organization, project=project)
        if not version:
            raise UsageError("Azure wants to be told which API version to speak: give an api_version")
        return Target(self._azure, key, self.model, version)

    def _account(self) -> str:
        """Return what the limiter knows the account by; the key cannot be read from it."""
        digest = hashlib.sha256(b"troupe/account/1" + (self._key or "").encode()).hexdigest()[:16]
        return f"{urlsplit(self._azure or self._base_url).netloc} {digest}"

    def _scrubbed(self, text: str) -> str:
        return text.replace(self._key, "[key]") if self._key else text
