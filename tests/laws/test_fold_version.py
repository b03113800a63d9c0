"""The fold version covers all code that a saved fold depends on: what folds, saves, or says what an event means."""

import ast
from importlib.resources import files

from troupe_es.controller.states import FOLDING

ROOTS = ("projections/fold.py", "projections/saved.py")
FOUNDATION = ("canonical.py", "errors.py")
"""Below every fold, and frozen by the hashes of all recordings."""


def imported(name: str) -> set[str]:
    """The modules of this package that a module imports, packages resolved to what they take names from."""
    tree = ast.parse((files("troupe_es") / name).read_text())
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    names = {(node.module, alias.name) for node in nodes for alias in node.names}
    paths = [(str(module).split(".")[1:], name) for module, name in names if str(module).startswith("troupe_es.")]
    return {"/".join([*path, name] if is_module(path, name) else path) for path, name in paths if path}


def is_module(path: list[str], name: str) -> bool:
    """Whether ``name`` is taken from the package at ``path`` as a module of its own."""
    return (files("troupe_es") / "/".join(path) / f"{name}.py").is_file()


def reached(roots: tuple[str, ...]) -> set[str]:
    """All modules that ``roots`` depend on, themselves included."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for module in imported(name):
            place = files("troupe_es") / module
            waiting.append(f"{module}/__init__.py" if place.is_dir() else f"{module}.py")
    return found


def test_the_fold_version_covers_whatever_the_fold_is_made_of() -> None:
    needed = {name for name in reached(ROOTS) if not name.endswith("__init__.py")} - set(FOUNDATION)
    assert needed - set(FOLDING) == set()
