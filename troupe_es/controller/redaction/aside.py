"""The names of side branches, which are made from what is asked there: so that the same is found again."""

from troupe_es import canonical
from troupe_es.controller.aside import ASKED_ASIDE
from troupe_es.controller.redaction.telling import Telling
from troupe_es.events import payload_of, read, types
from troupe_es.log import Branch

DIGITS = 12


def name(telling: Telling, branch: Branch) -> str:
    """Return what ``branch`` is called without the words."""
    called = telling.words.name(branch.name)
    if branch.kind != "ask":
        return called
    other: list[str] = []
    for row in telling.old.rows(branch, branch.fork_seq + 1):
        before, after = read(row).body, read(telling.tell(row)).body
        if isinstance(before, types.SettingsChanged):
            other = [str(before.after)]
        elif isinstance(before, ASKED_ASIDE):
            return called if before == after else _renamed(telling, branch, called, (before, after), other)
    return called


def _renamed(
    telling: Telling, branch: Branch, called: str, bodies: tuple[types.Body, types.Body], other: list[str]
) -> str:
    """Return ``called`` with the digest of what is asked now; of what it was made nobody knows: of the event."""
    word, _, rest = called.partition(f"-{branch.fork_seq}-")
    key = rest[:DIGITS]
    then, now = map(_asked, bodies)
    for model in ([], other):
        if _key(word, [*then, *model]) == key:
            return called.replace(key, _key(word, [*now, *map(telling.words.text, model)]))
    return called.replace(key, _key("redacted", now)) if rest else called


def _asked(body: types.Body) -> list[str]:
    return [body.person, body.question] if isinstance(body, types.QuestionAsked) else [payload_of(body)]


def _key(word: str, asked: list[str]) -> str:
    return canonical.digest_json(f"troupe/{word}/1", asked)[:DIGITS]
