"""Scenarios and people that ship with the package; no key is needed for any of them."""

from importlib import resources
from pathlib import Path

from troupe_es.errors import UsageError
from troupe_es.llm import Model


def names() -> list[str]:
    """Return the names of the shipped scenarios."""
    root = Path(str(resources.files(__name__)))
    return sorted(folder.name for folder in root.iterdir() if (folder / "scenario.yaml").is_file())


def path(name: str) -> Path:
    """Return the folder of a shipped scenario: ``scenario.yaml``, the same in Python, its answers and people."""
    known = names()
    if name not in known:
        raise UsageError(f"no example is named {name!r}; there is: {', '.join(known)}")
    return Path(str(resources.files(__name__))) / name


def model(name: str) -> Model:
    """Return who answers in a shipped scenario: what was written in advance for it, or else the improviser."""
    from troupe_es.llm.improviser import Improviser  # each model is imported only when it answers
    from troupe_es.llm.scripted import Scripted  # as above

    answers = path(name) / "answers.yaml"
    return Scripted.from_file(answers) if answers.is_file() else Improviser()
