"""What models take, known beforehand for those that are widely used; the rest is learnt from what they refuse.

Reasoning models think before they answer, in tokens that nobody sees and that count against the limit of the
answer: they get ROOM for it on top. OpenAI's take no temperature and know the limit by its newer name only.

Which models see images is known by name too: one that is not known to see is shown the words only, as an image that
it cannot take would make it refuse the whole prompt.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
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


SEEING = re.compile(
    r"gpt-4o(?!-(audio|realtime|transcribe))|gpt-4\.1|gpt-4-turbo|gpt-4-vision|gpt-[5-9]|chatgpt-4o|o1(?!-(mini|preview))\b"
    r"|o3(?!-mini)\b|o4\b|claude-|gemini|grok-(4|2-vision)|pixtral|llama-4|gemma-?3(?!n?-?(270m|1b))|internvl|minicpm-v"
    r"|llava|mistral-(small-3\.[1-9]|medium-3)|.*(vision|multimodal)\b|.*[\d-]vl\b|improviser|scripted"
)
"""Beginnings of the names of models that take images."""

IMAGE = 6000
"""Tokens that one image may cost at most, whatever its size: providers scale it down first."""

DEAR = {"gpt-4o-mini": 50_000}
"""The same for models that count otherwise, by the beginning of their names."""


@lru_cache(maxsize=256)
def sees(model: str) -> bool:
    """Say whether ``model`` is known to take images; none that runs here does, as its engine gets the words only."""
    return not model.startswith("local:") and bool(SEEING.match(_plain(model)))


def most_of_image(model: str) -> int:
    """Return the most tokens that one image costs in a prompt for ``model``."""
    return next((most for name, most in DEAR.items() if _plain(model).startswith(name)), IMAGE)


def _plain(model: str) -> str:
    """Return a model's name in lower case, without the provider's."""
    return model.lower().removeprefix("openai:").removeprefix("azure:").rpartition("/")[2]


@lru_cache(maxsize=256)
def rule_of(model: str) -> Rule:
    """Return the rule for ``model``, as the log or a provider calls it: ``openai:o3``, ``org/deepseek-r1:7b``."""
    return next((rule for pattern, rule in RULES if re.match(pattern, _plain(model))), PLAIN)
