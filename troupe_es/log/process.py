"""Which process is this, and does that one still live?

A process is named ``host:pid:start``. The start time tells a process from a later one that was given the same
number. Of another host's process nothing can be asked, so there a fresh sign of life decides.
"""

import os
import socket
from functools import cache
from pathlib import Path

SILENCE = 30_000
"""Milliseconds without a sign of life after which another host's process counts as gone."""


def started(pid: int) -> str | None:
    """Return when process ``pid`` began, in the kernel's ticks; None if it is gone, "" if nobody can tell."""
    if not Path("/proc/self/stat").exists():
        return "" if running(pid) else None
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the command before it may hold spaces and brackets
    return None if fields[0] in "ZX" else fields[19]


def running(pid: int) -> bool:
    """Say whether process ``pid`` exists, where there is no /proc."""
    if os.name != "posix":
        return True  # signal 0 is Ctrl-C elsewhere: never send it; the sign of life decides
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@cache
def named(pid: int) -> str:
    """Return the name of the living process ``pid`` of this host."""
    return f"{socket.gethostname()}:{pid}:{started(pid) or ''}"


def this() -> str:
    """Return this process's name; a forked child has its own."""
    return named(os.getpid())


def alive(owner: str, sign: int, now: int) -> bool:
    """Say whether ``owner`` lives, last heard of at ``sign`` (milliseconds)."""
    host, pid, start = owner.rsplit(":", 2) if owner.count(":") >= 2 else ("", "", "")
    if not pid.isdigit():
        return False
    if host != socket.gethostname() or os.name != "posix":
        return now - sign <= SILENCE
    return started(int(pid)) == start
