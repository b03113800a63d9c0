"""What is told about each call to a model: one line for a log, and a span for OpenTelemetry.

The line is JSON, at level DEBUG of the logger ``troupe_es.llm``. Neither line nor span holds a word of a prompt or an
answer, or a secret. Spans follow the conventions for generative AI, and are made only where the process already uses
OpenTelemetry: without that nothing is imported, and without an exporter that the user sets up nothing is sent.
"""

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from troupe_es.llm.protocol import Model, Request, Response

LOGGER = logging.getLogger("troupe_es.llm")
OPERATIONS = {"chat": "chat", "embedding": "embeddings", "tool": "execute_tool"}
"""What OpenTelemetry's conventions call each kind of request."""

PREFIX = 12
"""Characters of the request's hash that are told."""


@dataclass
class Call:
    """One call while it is under way. Say ``answered``, or let it raise."""

    request: Request
    draw: int
    provider: str
    attempts: int = 0
    status: str = ""
    response: Response | None = None
    span: Any = None

    def answered(self, response: Response) -> Response:
        """Note what came back, and return it."""
        self.response = response
        self.status = response.finish
        return response

    def line(self, seconds: float) -> dict[str, Any]:
        """Return what is told of it."""
        request, response = self.request, self.response
        return {
            "model": request.model,
            "purpose": request.purpose,
            "person": request.person,
            "address": request.address,
            "draw": self.draw,
            "request": request.hash[:PREFIX],
            "status": self.status,
            "attempts": self.attempts,
            "seconds": round(seconds, 3),
            "prompt_tokens": response and response.prompt_tokens,
            "completion_tokens": response and response.completion_tokens,
            "cached_tokens": response and response.cached_tokens,
        }


_current: ContextVar[Call | None] = ContextVar("troupe_es_call", default=None)


@contextmanager
def call(request: Request, draw: int, model: Model) -> Iterator[Call]:
    """Tell of one call to ``model``, whatever becomes of it."""
    made = Call(request, draw, getattr(model, "provider", "troupe_es"))
    before = _current.set(made)
    begun = time.monotonic()
    try:
        with _span(made):
            yield made
    except BaseException as error:
        made.status = type(error).__name__
        raise
    finally:
        _current.reset(before)
        if LOGGER.isEnabledFor(logging.DEBUG):
            made.attempts = made.attempts or 1  # a model in this process does not count them
            LOGGER.debug(json.dumps(made.line(time.monotonic() - begun), ensure_ascii=False))


def attempt() -> None:
    """Note that the call under way is sent, perhaps again."""
    made = _current.get()
    if made is not None:
        made.attempts += 1


def fault(status: int) -> None:
    """Note that an attempt of the call under way failed. What servers say may quote a prompt: it is not told."""
    made = _current.get()
    if made is not None and made.span is not None:
        made.span.add_event("retry", {"http.response.status_code": status})


@contextmanager
def _span(made: Call) -> Iterator[None]:
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        yield
        return
    tracer = trace.get_tracer("troupe_es")
    name = f"{OPERATIONS[made.request.kind]} {made.request.model}"
    with tracer.start_as_current_span(
        name, kind=trace.SpanKind.CLIENT, attributes=_asked(made), record_exception=False
    ) as span:
        made.span = span
        try:
            yield
        except BaseException as error:
            span.set_attribute("error.type", type(error).__name__)
            raise
        finally:
            span.set_attribute("troupe.attempts", made.attempts or 1)
            if made.response is not None:
                span.set_attributes(_came_back(made.response))


def _asked(made: Call) -> dict[str, Any]:
    request = made.request
    told: dict[str, Any] = {
        "gen_ai.operation.name": OPERATIONS[request.kind],
        "gen_ai.provider.name": made.provider,
        "gen_ai.request.model": request.model,
        "gen_ai.request.max_tokens": request.max_tokens,
        "gen_ai.request.temperature": request.temperature,
        "gen_ai.output.type": "json" if request.schema else "text",
        "troupe.purpose": request.purpose,
        "troupe.person": request.person,
        "troupe.address": request.address,
        "troupe.draw": made.draw,
        "troupe.request": request.hash[:PREFIX],
    }
    return {name: value for name, value in told.items() if value is not None}


def _came_back(response: Response) -> dict[str, Any]:
    told: dict[str, Any] = {
        "gen_ai.response.model": response.model or None,
        "gen_ai.response.id": response.response_id,
        "gen_ai.response.finish_reasons": [response.finish],
        "gen_ai.usage.input_tokens": response.prompt_tokens,
        "gen_ai.usage.output_tokens": response.completion_tokens,
        "gen_ai.usage.cache_read.input_tokens": response.cached_tokens,
    }
    return {name: value for name, value in told.items() if value is not None}
