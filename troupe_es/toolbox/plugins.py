"""Imports the modules in which users register code of their own; only whoever runs the program can name one."""

import importlib.util
import sys
from importlib import import_module
from pathlib import Path

from troupe_es.errors import TroupeError, UsageError


def load(name: str) -> None:
    """Import the module ``name``, found from the folder one is in, or the file ``name`` if it ends in ``.py``.

    Raises UsageError that says what went wrong in it.
    """
    try:
        _load_file(Path(name)) if name.endswith(".py") else _load_module(name)
    except TroupeError as error:
        raise UsageError(f"--plugin {name}: {error}") from error
    except Exception as error:  # code of the user's own can raise anything
        raise UsageError(f"--plugin {name}: cannot be imported: {type(error).__name__}: {error}") from error


def _load_module(name: str) -> None:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    import_module(name)


def _load_file(path: Path) -> None:
    if not path.is_file():
        raise UsageError("no such file")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None  # the name ends in .py
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
