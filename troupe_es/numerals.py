"""Numbers with their nouns: ``1 step``, ``2 steps``."""

OTHERWISE = {"person": "people", "life": "lives"}


def plural(word: str) -> str:
    """Return ``replicates`` for ``replicate``, ``replies`` for ``reply`` and ``branches`` for ``branch``."""
    if word in OTHERWISE:
        return OTHERWISE[word]
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("ch", "sh", "s", "x")) else f"{word}s"


def counted(count: int, word: str) -> str:
    """Return ``count`` with ``word``, a noun in the singular, in the number that belongs to it."""
    return f"{count} {word if count == 1 else plural(word)}"
