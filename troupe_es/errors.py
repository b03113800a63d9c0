"""Every error a user can meet, in one tree, its branches by what the user does about it.

TroupeError                 exit code
├── UsageError              2   the input is wrong: correct it
│   ├── BadScenario             a scenario file
│   ├── BadPersona              a persona or fragment file
│   ├── BadPopulation           what a population is to be, or a table of people
│   ├── BadReference            SIMULATION[/BRANCH][@SEQ] names nothing
│   ├── BadCommand              a command that the simulation cannot take now
│   │   └── MissingCode         the user's own code that it names is not here
│   ├── BadBundle               a bundle
│   └── NameTaken               a name already stands for something else
├── StoreError              2   the file is wrong: the message names the remedy
│   ├── NotAStore               not a database, or not ours
│   ├── StoreTooNew             written by a newer version: update
│   ├── StoreDamaged            cut, or bytes changed
│   └── StoreUnwritable         read-only, full disk, locked by another
├── Conflict                2   somebody else writes: try again, or open a branch
│   ├── WrongPosition           the branch has grown since it was read
│   └── LeaseHeld               another process runs this branch
├── Refuted                 1   what was asked is false
│   ├── Diverged                re-execution decides something else
│   └── ScriptDiffers           an edited script met its own recording
├── BudgetExceeded          3   raise the budget and resume
├── ModelError              4   the provider could not be reached: resume later
│   ├── ModelUnreachable        transport, after patience
│   ├── ModelRefused            wrong key, no access, no such model
│   └── MissingAnswer           nothing recorded and asking is off
├── EveryTurnFailed         5   the model never gave a usable answer
├── Interrupted           130   Ctrl-C; resume goes on
└── Paused                  0   paused from outside; resume goes on
"""


class TroupeError(Exception):
    """Anything this library raises on purpose; ``exit_code`` is what the command line ends with."""

    exit_code = 1


class UsageError(TroupeError):
    """The input is wrong; the message names the field and the remedy."""

    exit_code = 2


class BadScenario(UsageError):
    """A scenario file that cannot be used."""


class BadPersona(UsageError):
    """A persona or fragment that cannot be used."""


class BadPopulation(UsageError):
    """A population that is not described in numbers, or that cannot be: the shares or the constraints are wrong."""


class BadReference(UsageError):
    """A reference that names nothing in this store."""


class BadCommand(UsageError):
    """A command that the simulation cannot take in its present state; nothing has happened."""


class BadBundle(UsageError):
    """A bundle that is not one, is damaged, or is hostile."""


class MissingCode(BadCommand):
    """A simulation names a function or class of the user's own that this process was not given."""


class NameTaken(UsageError):
    """A simulation or branch of that name exists already."""


class StoreError(TroupeError):
    """The store file cannot be used as asked; it is exactly as it was."""

    exit_code = 2


class NotAStore(StoreError):
    """The file is no SQLite database, or no store of this project."""


class StoreTooNew(StoreError):
    """The file was written by a newer version of this program."""


class StoreDamaged(StoreError):
    """Bytes of the store are missing or were changed."""


class StoreUnwritable(StoreError):
    """The store is read-only, locked by another process, or its disk is full."""


class Conflict(TroupeError):
    """Two writers met; this one has written nothing."""

    exit_code = 2


class WrongPosition(Conflict):
    """The branch's head is not where the writer thought."""


class LeaseHeld(Conflict):
    """Another live process holds the branch."""


class Refuted(TroupeError):
    """What was asked turned out false."""

    exit_code = 1


class Diverged(Refuted):
    """Re-execution decided something other than what the log holds."""


class ScriptDiffers(Refuted):
    """A script run again gave another command than the one recorded."""


class BudgetExceeded(TroupeError):
    """The next call could cost more than what is left; everything so far is kept.

    It may take ``cost`` of ``what`` is limited: ``calls``, ``tokens``, or ``money`` in millionths.
    """

    exit_code = 3

    def __init__(self, message: str, what: str = "", cost: int = 0) -> None:
        super().__init__(message)
        self.what = what
        self.cost = cost


class ModelError(TroupeError):
    """The model provider could not serve; every answer got so far is kept."""

    exit_code = 4


class ModelUnreachable(ModelError):
    """Transport failed again and again."""


class ModelRefused(ModelError):
    """The provider refuses these credentials or does not know this model; asking again cannot help."""


class MissingAnswer(ModelError):
    """The record holds no such answer, and the record mode forbids asking, or nobody is there who could answer.

    ``stuck``: resuming alone cannot help; the message says what does.
    """

    def __init__(self, message: str, *, stuck: bool = False) -> None:
        super().__init__(message)
        self.stuck = stuck


class EveryTurnFailed(TroupeError):
    """A run in which no turn succeeded."""

    exit_code = 5


class Interrupted(TroupeError):
    """The user stopped the run; the answers that arrived are kept."""

    exit_code = 130


class Paused(TroupeError):
    """Somebody paused the run from outside; it stopped between two steps, as it was asked to."""

    exit_code = 0
