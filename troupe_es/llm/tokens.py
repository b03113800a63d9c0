"""Token counts for models that do not count: four characters make one, rounded up."""

from troupe_es.llm.protocol import Message

CHARACTERS = 4
"""Characters of English text in a token, roughly; enough to try out budgets and cost reports."""


def of_text(text: str) -> int:
    """Return about how many tokens ``text`` has."""
    return -(-len(text) // CHARACTERS)


def of_prompt(prompt: Message) -> int:
    """Return about how many tokens the whole prompt has."""
    total = 0
    message: Message | None = prompt
    while message is not None:
        total += len(message.content)
        message = message.parent
    return -(-total // CHARACTERS)
