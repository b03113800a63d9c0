"""What a command ends with when something goes wrong: one clear message and an exit code, never a traceback."""

import errno

import click

from troupe_es import errors
from troupe_es.ui.text import shown

BUG = 70
"""Exit code of an unexpected error: none of those that mean something."""


class Failure(click.ClickException):
    """A message for stderr and the code to end with."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(shown(message))
        self.exit_code = exit_code  # type: ignore[misc]  # a class variable by name only: click reads the instance's


def told(error: BaseException) -> BaseException:
    """Return what to raise instead of ``error``."""
    match error:
        case errors.TroupeError():
            return Failure(str(error), error.exit_code)
        case KeyboardInterrupt():
            return Failure("stopped; what is in the store is kept", errors.Interrupted.exit_code)
        case OSError() if error.errno == errno.EPIPE:
            return error
        case OSError():
            named = f"{error.filename}: " if error.filename else ""
            return Failure(f"{named}{error.strerror or error}", errors.UsageError.exit_code)
        case Exception():
            what = f"{type(error).__name__}: {error}"
            return Failure(
                f"unexpected {what}. This is a bug: run it again with --debug and report what it shows", BUG
            )
    return error
