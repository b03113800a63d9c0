"""Scenarios and people that ship with the package, each with answers written in advance."""

from importlib import resources
from pathlib import Path

from troupe_es.errors import UsageError


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
