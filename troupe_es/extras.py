"""Libraries that are installed only by who wants what they do: imported when first used, with one clear error."""

from importlib import import_module
from types import ModuleType

from troupe_es.errors import UsageError


def need(module: str, extra: str, what: str) -> ModuleType:
    """Return the library ``module``, which the extra ``extra`` installs and ``what`` (a plural) need.

    Raises UsageError that names the extra where it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        missing = (error.name or module).partition(".")[0]
        raise UsageError(f"{what} need {missing}, which is not installed: pip install 'troupe-es[{extra}]'") from None
