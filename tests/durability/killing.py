"""Kills lives with SIGKILL and reads from store and count file what that did.

What a life had is read from the store it left behind, never from the life: which answers are kept, which calls
were sent and not answered, whether a step or a turn was open.
"""

import os
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from troupe_es import Store, canonical
from troupe_es.log import Log

LIVES = Path(__file__).with_name("lives.py")
PATIENCE = 60.0
"""Seconds after which a life that says nothing counts as stuck."""


OF_A_STEP = re.compile(r"(?:step|model|action|turn)-\w+\n")


class Life:
    """A real process that lives the script on; use it as a context manager, so that none outlives its test."""

    def __init__(self, store: Path, url: str, *more: str, lives: Path = LIVES) -> None:
        command = [sys.executable, str(lives), str(store), url, *more]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.said = ""
        self.wait_for("ready\n")
        self.begun = time.monotonic()

    def __enter__(self) -> "Life":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def wait_for(self, text: str, times: int = 1) -> None:
        """Read what it says until ``text`` is there so many times; raises EOFError when it ended before that."""
        while self.said.count(text) < times:
            self._hear()

    def wait_for_a_step(self) -> None:
        """Wait for an event of a step, or the end if nothing was left to do; its time begins again."""
        with suppress(EOFError):
            while not OF_A_STEP.search(self.said):
                self._hear()
        self.begun = time.monotonic()

    def _hear(self) -> None:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        assert ready, f"a life said nothing for {PATIENCE} s, only {self.said!r}"
        heard = os.read(self.process.stdout.fileno(), 65536).decode()
        if not heard:
            raise EOFError(f"a life ended, having said {self.said!r}: {self.end()}")
        self.said += heard

    def end(self) -> tuple[int, str]:
        """Wait for its end; return exit code and what it complained of."""
        said, complained = self.process.communicate(timeout=PATIENCE)
        self.said += said.decode()
        return self.process.returncode, complained.decode()

    @property
    def seconds(self) -> float:
        """How long it has lived since it was ready, or since the step that was waited for."""
        return time.monotonic() - self.begun

    def kill(self) -> bool:
        """Kill it; False if it had ended by itself."""
        self.process.send_signal(signal.SIGKILL)
        return self.end()[0] == -signal.SIGKILL

    def kill_after(self, seconds: float) -> bool:
        """Kill it when it has lived for so many ``seconds``; False if it had ended by itself."""
        try:
            self.process.wait(max(0.0, seconds - self.seconds))
        except subprocess.TimeoutExpired:
            pass  # it lives, as it should
        return self.kill()


@dataclass
class Found:
    """What a killed life left in the store, prompts by the hash the server counts them by.

    ``unused`` are answers kept that no event has taken into account yet.
    """

    events: int = 0
    in_step: bool = False
    answered: set[str] = field(default_factory=set)
    in_flight: set[str] = field(default_factory=set)
    unused: int = 0


@dataclass
class Tally:
    """What all kills of one store did."""

    kills: list[Found] = field(default_factory=list)
    head: str = ""

    def count(self, what: str) -> int:
        """Return how many kills left something of this kind."""
        return sum(bool(getattr(found, what)) for found in self.kills)


def content(log: Log, request: str) -> str:
    """Return the hash by which the server counts a request."""
    messages = [{"role": role, "content": text} for role, text in log.prompt(request)]
    return canonical.digest_json("loopback/1", messages)


def examine(path: Path) -> Found:
    """Read what a killed life left, in a copy, so that looking helps nobody."""
    with TemporaryDirectory() as folder:
        for file in path.parent.glob(f"{path.name}*"):
            shutil.copy(file, folder)
        copy = Path(folder, path.name)
        return found(copy) if copy.exists() else Found()


def found(path: Path) -> Found:
    """Read what is in the store."""
    with Store(path, write=False) as store:
        log = store.log
        if not log.branches():
            return Found()
        calls = log.db.execute("SELECT request, answer FROM calls").fetchall()
        [used] = log.db.execute("SELECT count(*) FROM events WHERE type = 'model-answered'").fetchone()
        state = store.at(log.branches()[0].simulation)
        answered = {content(log, request) for request, answer in calls if answer is not None}
        in_flight = {content(log, request) for request, answer in calls if answer is None}
        return Found(state.seq, state.open_step is not None, answered, in_flight, len(answered) - used)


def resends(path: Path) -> Counter[str]:
    """Return how often each prompt was sent again after a kill, as the journal has it."""
    with Store(path, write=False) as store:
        return Counter(content(store.log, note.payload["request"]) for note in store.log.journal(kind="resend"))


def asked(count_file: Path) -> Counter[str]:
    """Return how often the server was asked for each prompt."""
    return Counter(line.split()[0] for line in count_file.read_text().splitlines())


def kill_at_random(store: Path, url: str, order: str, duration: float, dice: random.Random, most: int) -> Tally:
    """Kill life after life at random instants, ``most`` times, or until one comes to its end; then let one end."""
    tally = Tally()
    while len(tally.kills) < most:
        with Life(store, url, order) as life:
            span = duration
            if dice.random() < 0.7:  # counted from within a step, so that a slow start does not get all the kills
                life.wait_for_a_step()
                span /= 2
            if not life.kill_after(dice.uniform(0, span)):
                break
        tally.kills.append(examine(store))
    tally.head = let_end(store, url, order)
    return tally


def let_end(store: Path, url: str, order: str) -> str:
    """Live the script to its end and return the head."""
    with Life(store, url, order) as life:
        code, complaint = life.end()
        assert code == 0, complaint
        return life.said.split()[-1]
