"""What other processes do to a store while a test watches."""

import multiprocessing
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from log.material import call, reply, request, said

from troupe_es.errors import BudgetExceeded, LeaseHeld, WrongPosition
from troupe_es.log import Budget, Log

SPAWN = multiprocessing.get_context("spawn")
FORK = multiprocessing.get_context("fork")


def together(work: Callable[..., Any], arguments: list[tuple[Any, ...]]) -> list[Any]:
    """Do ``work`` in one process per tuple of arguments, at the same time, and return what each returned."""
    count = len(arguments)
    with SPAWN.Pool(count, initializer=meet, initargs=(SPAWN.Barrier(count),)) as pool:
        return pool.starmap(work, arguments, chunksize=1)


def meet(barrier: Any) -> None:
    """Wait until all processes have started."""
    barrier.wait(60)


def append_blindly(path: Path, count: int, word: str) -> int:
    """Append events one by one, believing to be alone; return how many were accepted."""
    accepted = 0
    with Log.open(path, synchronous="OFF") as log:
        branch = log.branch("sim")
        for number in range(count):
            expected = log.head(branch).seq
            try:
                log.append(branch, [said(f"{word}{number}"), said(f"{word}{number}, again")], expected)
            except WrongPosition:
                continue
            accepted += 1
    return accepted


def ask_all(path: Path, letter: str, count: int) -> int:
    """Ask the same questions as everybody; return how often a model was really asked."""
    sent = 0
    with Log.open(path, synchronous="OFF") as log:
        branch = log.branch("sim")
        for number in range(count):
            asked = request(f"Question {number}")
            while (got := log.ask(call(asked, branch), asked.prompt, asked.parameters)).status == "pending":
                time.sleep(0.002)
            if got.status == "yours":
                sent += 1
                time.sleep(0.005)
                log.record([reply(asked, f"{letter}{number}")])
    return sent


def spend(path: Path, budget: Budget, letter: str) -> int:
    """Ask one's own questions until the budget refuses; return how many were allowed."""
    allowed = 0
    with Log.open(path, synchronous="OFF") as log:
        branch = log.branch("sim")
        while allowed < 100:
            asked = request(f"{letter}{allowed}")
            try:
                log.ask(call(asked, branch, tokens=7), asked.prompt, asked.parameters, budget=budget)
            except BudgetExceeded:
                return allowed
            allowed += 1
            if allowed % 2:
                log.record([reply(asked, prompt_tokens=1, completion_tokens=2)])
    return allowed


def ask_and_hang(path: Path, ready: Any) -> None:
    """Take the branch, send a question, and never come back."""
    log = Log.open(path)
    branch = log.branch("sim")
    log.acquire(branch)
    asked = request("Are you there?")
    log.ask(call(asked, branch), asked.prompt, asked.parameters)
    ready.set()
    time.sleep(60)


def create(path: Path, name: str) -> int:
    """Open a store that may not exist yet and put a simulation into it."""
    with Log.open(path, synchronous="OFF") as log:
        log.create_simulation(name)
        return len(log.simulations())


def try_to_acquire(path: Path) -> str:
    """Say how taking the branch went."""
    with Log.open(path, synchronous="OFF") as log:
        try:
            log.acquire(log.branch("sim"))
        except LeaseHeld as error:
            return str(error)
    return "acquired"


def open_as_nobody(path: Path, write: bool, pipe: Any) -> None:
    """Open the store as a user who may only read, and say what happened."""
    try:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        with Log.open(path, write=write, patience=0.1) as log:
            pipe.send(f"opened with {len(log.simulations())} simulations")
    except Exception as error:
        pipe.send(f"{type(error).__name__}: {error}")
