"""Models behind the chat completions API: OpenAI, Azure, and every server that speaks the same.

Two kinds of failure are told apart. *Transport* (429, 5xx, resets, time-outs, an answer that is no completion)
is tried again with patience, by a loop of our own: the SDK's own retries would bill unseen. What *cannot get
better* (a wrong key, no such model, a request the server rejects) stops at once. What the model says, however
odd, is no failure here; it is an answer.

The key never gets into an error: messages are scrubbed, and errors are raised outside the handler of the SDK's
own, whose request holds the key.
"""

import asyncio
import json
import random
import time
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import aiohttp
import openai

from troupe_es.errors import ModelRefused, ModelUnreachable, UsageError
from troupe_es.llm import wire
from troupe_es.llm.protocol import Request, Response

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 20.0
"""Seconds: the pause before the n-th retry is drawn from 0 to FIRST_PAUSE * 2**n, at most LONGEST_PAUSE."""

UNHELPFUL = frozenset({"insufficient_quota", "billing_hard_limit_reached", "account_deactivated"})
"""Codes of a 429 that no waiting cures."""


@dataclass(frozen=True)
class Fault:
    """Why an attempt failed. ``status`` is 0 when nothing came back; ``wait`` is what the server asked for."""

    reason: str
    status: int = 0
    wait: float | None = None
    complaint: str = ""
    code: str = ""


class OpenAI:
    """A client of one model. ``patience`` is how many seconds transport faults are retried, after the first.

    ``name`` is what the log calls the model; nothing of address or key gets there. Without ``base_url`` and
    ``api_key`` the SDK's own environment variables apply; with a ``base_url`` only the key given here is sent.
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
        timeout: float = 120.0,
        patience: float = 120.0,
    ) -> None:
        self.model = model
        self.name = name or model
        self._base_url = _address("base URL", base_url)
        self._azure = _address("Azure endpoint", azure_endpoint)
        self._version = api_version
        self._key = _checked(api_key)
        self._timeout = timeout
        self._patience = patience
        newest = not (self._base_url or self._azure)
        self._dialect = wire.Dialect(limit="max_completion_tokens" if newest else "max_tokens")
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Any] = WeakKeyDictionary()
        self._quiet_until = 0.0

    async def complete(self, request: Request, draw: int) -> Response:
        """Ask the model, again and again while that can help. The draw needs no telling: each call is one.

        Raises ModelUnreachable when patience is used up, ModelRefused when asking again cannot help.
        """
        dialect = self._dialect
        first_fault: float | None = None
        tries = 0
        while True:
            await self._keep_quiet()
            outcome = await self._ask(request, dialect)
            if isinstance(outcome, Response):
                self._dialect = replace(dialect, swapped=False)
                return outcome
            other = dialect.without(outcome.complaint, request) if outcome.status in (400, 422) else None
            if other is not None:
                dialect = other
                continue
            self._refuse(outcome)
            first_fault = first_fault or time.monotonic()
            tries += 1
            await self._rest(outcome, tries, time.monotonic() - first_fault)

    async def aclose(self) -> None:
        """Close the connections of the running loop."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.close()

    @property
    def host(self) -> str:
        """Where calls go, without a path; what errors name."""
        return urlsplit(self._azure or self._base_url or "").netloc or "the OpenAI API"

    async def _ask(self, request: Request, dialect: wire.Dialect) -> Response | Fault:
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout):
                sent = wire.body(request, self.model, dialect)
                completion = await self._client().chat.completions.create(**sent)
        except openai.APIStatusError as error:
            return self._rejected(error)
        except (openai.APIConnectionError, aiohttp.ClientError, TimeoutError) as error:
            return Fault(self._scrubbed(_root(error)))
        except (json.JSONDecodeError, UnicodeDecodeError, openai.APIError):
            return Fault("the answer was no JSON")
        answer = wire.response(completion, time.monotonic() - begun)
        return answer or Fault(f"the answer was no chat completion: {self._scrubbed(str(completion))[:200]!r}")

    def _rejected(self, error: openai.APIStatusError) -> Response | Fault:
        code = str(error.code or "")
        complaint = wire.complaint(error.body, error.message)
        if error.status_code == 400 and ("content_filter" in code or "responsibleaipolicy" in complaint):
            return Response(text="", finish="filter", model=self.model)  # Azure's word for a filtered prompt
        wait = _retry_after(error.response.headers.get("retry-after"))
        if error.status_code in (429, 503) and wait:
            self._quiet_until = max(self._quiet_until, time.monotonic() + min(wait, self._patience))
        return Fault(self._scrubbed(error.message), error.status_code, wait, complaint, code)

    def _refuse(self, fault: Fault) -> None:
        """Raise if asking again cannot help."""
        if fault.status == 401:
            raise ModelRefused(f"{self.host} does not accept the key: set a valid one and resume")
        if fault.status == 403:
            raise ModelRefused(f"{self.host} forbids this key the use of model {self.model!r}")
        if fault.status == 404:
            raise ModelRefused(f"{self.host} knows no model {self.model!r} (or the base URL is wrong)")
        if fault.code in UNHELPFUL:
            raise ModelRefused(f"{self.host} serves this account no more ({fault.code}): {fault.reason}")
        if 400 <= fault.status < 500 and fault.status not in (408, 409, 425, 429):
            raise ModelRefused(f"{self.host} rejects the request: {fault.reason}")

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

    async def _keep_quiet(self) -> None:
        """Wait while the server has asked for quiet, whichever call it said so to."""
        left = self._quiet_until - time.monotonic()
        if left > 0:
            await asyncio.sleep(left + random.uniform(0, min(left, 1.0)))  # noqa: S311 - no secret

    def _client(self) -> Any:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients[loop] = self._connect()
        return self._clients[loop]

    def _connect(self) -> openai.AsyncOpenAI:
        shared: dict[str, Any] = {
            "max_retries": 0,
            "timeout": self._timeout,
            "http_client": openai.DefaultAioHttpClient(timeout=self._timeout),
        }
        if self._azure:
            return openai.AsyncAzureOpenAI(
                azure_endpoint=self._azure, api_version=self._version, api_key=self._key, **shared
            )
        key = self._key or ("none" if self._base_url else None)
        return openai.AsyncOpenAI(base_url=self._base_url, api_key=key, **shared)

    def _scrubbed(self, text: str) -> str:
        return text.replace(self._key, "[key]") if self._key else text


def _address(what: str, url: str | None) -> str | None:
    """Return ``url`` if a call can go there; what is set is not quoted, as it may hold a password."""
    if not url:
        return None
    parts = urlsplit(url)
    try:
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number
        usable = False
    if not usable:
        raise UsageError(f"the {what} must look like https://host/v1; what is set does not")
    if parts.username is not None:
        raise UsageError(f"the {what} holds a name or password; set a key instead")
    return url


def _checked(key: str | None) -> str | None:
    """Return ``key`` without white space; a key no header can carry would be quoted by whatever rejects it."""
    key = (key or "").strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise UsageError("the key has characters that no key has (it is not shown): copy it again")
    return key or None


def _retry_after(value: str | None) -> float | None:
    """Read a Retry-After header: seconds or a date."""
    if not value:
        return None
    try:
        return max(0.0, float(value)) if float(value) < float("inf") else None
    except ValueError:
        pass  # then it is a date, or nonsense
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


def _root(error: BaseException) -> str:
    """Return what lies at the bottom of a connection error, in a few words."""
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(str(error).split())[:200] or type(error).__name__
