"""Faults that a model server can have, and when they befall a call.

A fault is laid down as ``KIND[*TIMES][%PERCENT][~TEXT]``: what goes wrong, how often at most, with what
probability, and for which prompts (always, and for all, if not said). Instead of a kind a group can be named:
``transport``, ``content`` or ``any``; then each call meets one of its kinds. Chance is drawn from the content of the
call and how often it was made before, not from the order of arrival: what meets a call is the same in every run.
"""

from collections.abc import Mapping
from typing import Any

from troupe_es import canonical

TRANSPORT = {
    "429": "too many requests, with Retry-After",
    "429-bare": "too many requests, without Retry-After",
    "500": "an internal error; the answer quotes the key, as some servers do",
    "503": "overloaded, with Retry-After",
    "reset": "the connection is reset",
    "hang": "no answer, ever",
    "cut": "the connection ends in the middle of the answer",
    "broken": "the body is no JSON",
    "html": "a page of a proxy instead of an answer",
}
"""What a client tries again: no fact of the simulated world."""

CONTENT = {
    "malformed": "the answer is JSON with a mistake in it",
    "schema": "the answer is JSON of another shape",
    "fenced": "the answer stands in a Markdown fence, with words around it",
    "prose": "the answer is no JSON",
    "empty": "no choices",
    "null": "no content",
    "blank": "an answer of white space",
    "refusal": "the model refuses",
    "filter": "the answer is filtered",
    "filtered-prompt": "the prompt is filtered, in Azure's way: status 400",
    "length": "the answer is cut at the limit",
    "nul": "a NUL in every text of the answer",
    "surrogate": "a lone surrogate in the answer",
    "duplicate": "every key of the answer stands there twice",
    "megabyte": "an answer of a megabyte",
}
"""What a model says: it is recorded, whatever it is."""

REFUSED = {
    "400": "a request the server rejects",
    "401": "the key is wrong; the answer quotes it, as some servers do",
    "403": "no access",
    "404": "no such model",
    "quota": "429 that no waiting cures",
    "no-schema": "response_format of type json_schema is refused",
    "no-format": "any response_format is refused",
    "no-max-tokens": "max_tokens is refused, max_completion_tokens wanted",
    "no-max-completion-tokens": "the other way round",
    "no-temperature": "a temperature is refused",
    "no-base64": "vectors in base64 are refused",
}
"""What asking again as it is cannot cure."""

FAULTS: dict[str, str] = {**TRANSPORT, **CONTENT, **REFUSED}
GROUPS: Mapping[str, tuple[str, ...]] = {
    "transport": tuple(TRANSPORT),
    "content": tuple(CONTENT),
    "any": (*TRANSPORT, *CONTENT),
}
DENOMINATOR = 1 << 32


class Fault:
    """One laid-down fault. ``take`` says which kind of it befalls a call, and counts."""

    def __init__(self, text: str) -> None:
        rest, _, self.text = text.partition("~")
        rest, _, percent = rest.partition("%")
        kind, _, times = rest.partition("*")
        if kind not in FAULTS and kind not in GROUPS:
            raise ValueError(f"{kind!r} is no fault; there are {', '.join([*FAULTS, *GROUPS])}")
        self.kinds = GROUPS.get(kind, (kind,))
        self.left = int(times) if times else -1
        self.share = float(percent) / 100 if percent else 1.0

    def take(self, body: Mapping[str, Any], whole: str, hash: str, times: int) -> str | None:
        """Return the kind that befalls the call with this ``body``, made ``times`` times before, or None.

        ``whole`` is its messages as one text, ``hash`` their SHA-256.
        """
        if not self.left or self.text not in whole:
            return None
        drawn = canonical.digest_json("loopback/chance/1", [hash, times, *self.kinds])
        kind = self.kinds[int(drawn[8:16], 16) % len(self.kinds)]
        if int(drawn[:8], 16) >= self.share * DENOMINATOR or not _concerns(kind, body):
            return None
        self.left -= 1
        return kind


def _concerns(kind: str, body: Mapping[str, Any]) -> bool:
    form: str | None = body.get("response_format", {}).get("type")
    match kind:
        case "no-schema":
            return form == "json_schema"
        case "no-format":
            return form is not None
        case "no-max-tokens":
            return "max_tokens" in body
        case "no-max-completion-tokens":
            return "max_completion_tokens" in body
        case "no-temperature":
            return "temperature" in body
        case "no-base64":
            return body.get("encoding_format") == "base64"
    return True
