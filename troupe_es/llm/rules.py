"""What models take, known beforehand for those that are widely used; the rest is learnt from what they refuse.

Reasoning models think before they answer, in tokens that nobody sees and that count against the limit of the
answer: they get ROOM for it on top. OpenAI's take no temperature and know the limit by its newer name only.
"""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

Limit: TypeAlias = Literal["max_tokens", "max_completion_tokens"]

ROOM = 4096
"""Tokens of hidden thought that a reasoning model may spend on an answer. It is a limit and not a wish: what is not
spent is not paid."""


@dataclass(frozen=True)
class Rule:
    """What to send to a model. ``limit`` is None where it depends on the server."""

    limit: Limit | None = None
    temperature: bool = True
    room: int = 0


PLAIN = Rule()
RULES = (
    (r"gpt-5[\w.]*-chat|chatgpt-", Rule("max_completion_tokens")),
    (r"o\d\b|gpt-5|codex-mini", Rule("max_completion_tokens", temperature=False, room=ROOM)),
    (r"deepseek-(r\d|reasoner)|qwq|magistral|.*(thinking|reasoning|reasoner)\b", Rule(room=ROOM)),
    (r"gpt-oss|grok-[34]|gemini-(2\.5|3)", Rule(room=ROOM)),
)
"""Beginnings of models' names, without the provider's; the first that fits counts."""


def rule_of(model: str) -> Rule:
    """Return the rule for ``model``, as the log or a provider calls it: ``openai:o3``, ``org/deepseek-r1:7b``."""
    name = model.lower().removeprefix("openai:").removeprefix("azure:").rpartition("/")[2]
    return next((rule for pattern, rule in RULES if re.match(pattern, name)), PLAIN)
