"""Lives that go on in the background, each in a thread with a handle of its own.

What a job has done is in the log; the list of jobs is only of this process. After a restart a run that was under way
is unfinished, and goes on when somebody asks for it.
"""

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from troupe_es.errors import BadReference, Conflict, Interrupted, Paused
from troupe_es.service.problems import Problem, problem_of
from troupe_es.service.stores import Held, Stores

Status: TypeAlias = Literal["running", "done", "paused", "stopped", "failed"]
Work: TypeAlias = Callable[[Held], dict[str, Any]]

MOST = 32
"""Jobs that go on at once."""

KEPT = 500
"""Jobs that are over and still listed."""

GRACE = 15.0
"""Seconds that jobs get to end when the service does; answers in flight are among what they wait for."""


@dataclass
class Job:
    """Something under way, or over; ``result`` is what came of it, ``problem`` why nothing did.

    ``reached`` is the event it is at, where it goes through events.
    """

    id: str
    what: str
    ref: str
    status: Status = "running"
    begun: int = 0
    ended: int | None = None
    result: dict[str, Any] | None = None
    problem: Problem | None = None
    error: BaseException | None = field(default=None, repr=False)
    over: threading.Event = field(default_factory=threading.Event, repr=False)
    reached: int = 0

    def plain(self) -> dict[str, Any]:
        """Return the job as JSON."""
        return {
            "id": self.id,
            "what": self.what,
            "ref": self.ref,
            "status": self.status,
            "begun": self.begun,
            "ended": self.ended,
            "result": self.result,
            "problem": self.problem.model_dump() if self.problem is not None else None,
        }


class Jobs:
    """All jobs of this process."""

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        self.known: dict[str, Job] = {}
        self._handles: dict[str, Held] = {}
        self._threads: list[threading.Thread] = []
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._closing = False

    def start(self, what: str, ref: str, work: Work) -> Job:
        """Begin ``work`` in a thread; it is given a handle that writes. Raises Conflict for too many at once."""
        with self._lock:
            if self._closing:
                raise Interrupted("the service is stopping; everything recorded so far is kept")
            if sum(job.status == "running" for job in self.known.values()) >= MOST:
                raise Conflict(f"{MOST} jobs are under way already: wait for one of them")
            self._forget()
            job = Job(str(next(self._numbers)), what, ref, begun=_now())
            self.known[job.id] = job
            self._threads = [each for each in self._threads if each.is_alive()]
            thread = threading.Thread(target=self._run, args=(job, work), name=f"job-{job.id}", daemon=True)
            self._threads.append(thread)
        thread.start()
        return job

    def job(self, id: str) -> Job:
        """Return a job. Raises BadReference for one that is not known here."""
        found = self.known.get(id)
        if found is None:
            raise BadReference(f"there is no job {id!r} here: after a restart, look at the branch it was about")
        return found

    def wait(self, job: Job, seconds: float) -> Job:
        """Wait for the end of a job, at most so long."""
        job.over.wait(seconds)
        return job

    def stop(self) -> None:
        """Ask every job to stop at its next boundary; none begins any more."""
        with self._lock:
            self._closing = True
            handles = list(self._handles.values())
        for handle in handles:
            handle.stop()

    def close(self) -> None:
        """Stop every job, and wait until they have kept what they have."""
        self.stop()
        with self._lock:
            threads = list(self._threads)
        deadline = time.monotonic() + GRACE
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self, job: Job, work: Work) -> None:
        try:
            with self.stores.open() as store:
                with self._lock:
                    self._handles[job.id] = store
                    if self._closing:
                        store.stop()
                try:
                    job.result = work(store)
                finally:
                    with self._lock:
                        del self._handles[job.id]
            job.status = "done"
        except Paused:
            job.status = "paused"
        except Interrupted as error:
            job.status, job.error, job.problem = "stopped", error, problem_of(error, self.stores.path)
        except BaseException as error:
            job.status, job.error, job.problem = "failed", error, problem_of(error, self.stores.path)
        finally:
            job.ended = _now()
            job.over.set()

    def _forget(self) -> None:
        over = [job.id for job in self.known.values() if job.status != "running"]
        for id in over[:-KEPT]:
            del self.known[id]


def _now() -> int:
    return time.time_ns() // 1_000_000
