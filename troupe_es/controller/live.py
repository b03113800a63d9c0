"""Lives a branch on: asks the engine what may run, decides it, commits it, until nothing is left to do.

Turns that may run together are decided together and committed in schedule order, whatever order the answers come
in; those that are ready at the same time share a transaction. Whatever stops it (Ctrl-C, a budget, a provider that
is gone) gives the answers in flight a few seconds to arrive and be kept.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeAlias

from troupe_es import acts, commands
from troupe_es.controller import blobs, garbage, mail, naming
from troupe_es.controller.decide import Decision, decide, envelope, settle
from troupe_es.controller.driver import Driver, Place
from troupe_es.controller.giving import given
from troupe_es.controller.states import Keeper, Reader, state_at
from troupe_es.errors import Interrupted, Paused, UsageError
from troupe_es.events import Draft, Event
from troupe_es.log import Branch, Lease, Log, Mail
from troupe_es.projections import State, apply
from troupe_es.world.engine import following

HEARTBEAT = 5.0
"""Seconds between renewals of a lease."""

FIRST = 8
TOGETHER = 64
"""Turns that are prepared before the first of them are asked: few at first, so that answers come early; then twice
as many each time, up to so many."""

GRACE = 5.0
"""Seconds that answers in flight get to arrive after something stopped the run."""

Watch: TypeAlias = Callable[[Event], None]
Job: TypeAlias = "tuple[acts.Act, asyncio.Task[Decision]]"


class Life:
    """One branch, the state at its head, and what drives it; holds the branch's lease while it acts.

    ``state`` may be a function that works it out: it is called when the state is first needed, so that a fork nobody
    goes on with costs no fold.
    """

    def __init__(
        self,
        log: Log,
        branch: Branch,
        state: State | Callable[[], State],
        driver: Driver,
        watch: Watch | None = None,
        chained: naming.Chained = str,
    ) -> None:
        self.log = log
        self.branch = branch
        self._state = state
        self.driver = driver
        self.watch = watch
        self.chained = chained
        self.keeper = Keeper(log, branch, state.seq if isinstance(state, State) else log.head(branch).seq)
        self.lease: Lease | None = None
        self.tasks: set[asyncio.Task[Decision]] = set()
        self.stopping = False

    @property
    def state(self) -> State:
        """The state where this life stands."""
        if not isinstance(self._state, State):
            self._state = self._state()
            self._state.read = Reader(self.log, self.branch)
        return self._state

    @state.setter
    def state(self, state: State) -> None:
        self._state = state

    # committing

    def commit(self, drafts: Sequence[Draft]) -> list[Event]:
        """Append ``drafts`` and fold them; all or none."""
        return self._lived(self.log.append(self.branch, drafts, self.state.seq, self.lease))

    def _lived(self, events: list[Event]) -> list[Event]:
        for event in events:
            apply(self.state, event)
            if isinstance(self.state.read, Reader):
                self.state.read.keep(event)
        return events

    def give(self, command: commands.Command, source: Any) -> Event:
        """Append the given event that ``command`` is in the present state."""
        body = given(self.state, command, source)
        blobs.kept(self.log, command)
        [event] = self.commit([envelope(self.state, body)])
        self._announce([event])
        return event

    def _commit_acts(self, decided: Sequence[tuple[acts.Act, Decision]], *, durable: bool = True) -> None:
        events: list[Event] = []
        with self._together(durable=durable), self.log.appending(self.branch, self.state.seq, self.lease) as add:
            for act, decision in decided:
                events += self._lived(add(settle(self.state, act, decision, self.branch.draw)))
        self._announce(events)

    @contextlib.contextmanager
    def _together(self, *, durable: bool = True) -> Iterator[None]:
        """One transaction; if it fails, the state is taken from the log again, as it was before."""
        try:
            with self.log.transaction(durable=durable):
                yield
        except BaseException:
            self.state = state_at(self.log, self.branch)
            self.keeper = Keeper(self.log, self.branch, self.state.seq)
            raise

    def take_mail(self) -> bool:
        """Turn every letter that waits into a given event, in the order they came; say whether there was one.

        Raises Paused if this process is asked to pause its run, when all mail is taken.
        """
        before, pauses = self.state.seq, False
        for posted in self.log.mail(self.branch):
            try:
                letter = mail.read(posted.payload)
            except ValueError as error:
                self._refuse(posted, error)
                continue
            match letter:
                case mail.Pause(owner):
                    self.log.taken(posted.id, 0)
                    pauses = pauses or (self.lease is not None and owner == self.lease.owner)
                case mail.Answer(address, request):
                    if self.log.look_up(request, self.branch.draw, address) is not None:
                        self.log.taken(posted.id, 0)  # only now: until it is recorded the letter is all there is
                case _:
                    self._obey(posted, letter)
        if pauses and self.state.running is not None:
            raise Paused(f"paused at event {self.state.seq} of {self.branch}, between two steps")
        return self.state.seq > before

    def _obey(self, posted: Mail, letter: commands.Command) -> None:
        events: list[Event] = []
        with self._together():
            try:
                command = naming.settled(letter, self.chained)
                body = given(self.state, blobs.kept(self.log, command), "steering")
            except UsageError as error:
                self._refuse(posted, error)
            else:
                events = self.commit([envelope(self.state, body)])
                self.log.taken(posted.id, events[0].seq)
        self._announce(events)

    def _refuse(self, posted: Mail, error: Exception) -> None:
        with self.log.transaction():
            self.log.note("mail-refused", {"letter": posted.id, "reason": str(error)}, self.branch)
            self.log.taken(posted.id, 0)

    def _announce(self, events: Iterable[Event]) -> None:
        """Tell whoever watches, and save the fold now and then: after the commit, never within it."""
        self.log.afterwards(partial(self._announced, events))

    def _announced(self, events: Iterable[Event]) -> None:
        self.keeper.seen(self.state)
        if self.watch is not None:
            for event in events:
                self.watch(event)

    # living on

    async def live(self, steps: int | None = None) -> None:
        """Go on until nothing is left to do, or ``steps`` steps have ended.

        Raises Interrupted after ``stop``, Paused where that was asked for, and whatever the driver raises.
        """
        heartbeat = asyncio.create_task(self._keep_lease())
        try:
            with garbage.set_aside():
                await self._go_on(steps)
        finally:
            heartbeat.cancel()

    async def _go_on(self, steps: int | None) -> None:
        first = self.state.step
        while due := list(following(self.state)):
            if isinstance(due[0], acts.StartStep) and steps is not None and self.state.step - first >= steps:
                return
            if isinstance(due[0], acts.StartStep | acts.EndRun) and self.take_mail():
                continue  # what comes next may be something else now
            await self._perform(due)

    async def _perform(self, due: list[acts.Act]) -> None:
        if self.stopping:
            raise Interrupted(f"stopped; everything up to event {self.state.seq} is kept: resume goes on")
        if isinstance(due[0], acts.Asking):
            await self._turns(deque(due))
        else:
            self._commit_acts([(due[0], Decision())])
            await asyncio.sleep(0)  # where nobody acts for long, a stop and the heartbeat still get their turn

    async def _turns(self, due: deque[acts.Act]) -> None:
        jobs: deque[Job] = deque()
        group = left = FIRST
        try:
            while due or jobs:
                while due and len(jobs) < self.driver.ahead and not self.stopping:
                    jobs.append(self._start(due.popleft()))
                    left -= 1
                    if not left:
                        group = left = min(2 * group, TOGETHER)
                        await self.driver.send()  # these are on their way while the next ones are prepared
                if not jobs:
                    return
                await asyncio.wait([jobs[0][1]])
                self._commit_ready(jobs)
        finally:
            await self._finish(jobs)

    def _start(self, act: acts.Act) -> Job:
        turn = self.state.open_turn
        place = Place(self.branch.id, self.branch.draw, dict(turn.answers) if turn else {})
        task = asyncio.get_running_loop().create_task(self.driver.drive(decide(self.state, act), place))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return act, task

    def _commit_ready(self, jobs: deque[Job]) -> None:
        """Commit the turns at the head of the schedule that are decided; raise what stopped one of them.

        The disk is waited for once, with the last of them: their answers are on it, and they can be decided again.
        """
        ready: list[tuple[acts.Act, Decision]] = []
        failed: BaseException | None = None
        while jobs and jobs[0][1].done() and failed is None:
            act, task = jobs.popleft()
            if task.cancelled():
                failed = Interrupted(f"stopped at event {self.state.seq}; what was answered is kept: resume goes on")
            elif (failed := task.exception()) is None:
                ready.append((act, task.result()))
        if ready:
            self._commit_acts(ready, durable=failed is not None or not jobs)
        if failed is not None:
            raise failed

    async def _finish(self, jobs: deque[Job]) -> None:
        """Give what is still in flight its grace, then give it up."""
        tasks = [task for _, task in jobs]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=GRACE)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        """Start nothing new; what is in flight gets its grace. Call it in the loop's thread."""
        self.stopping = True
        asyncio.get_running_loop().call_later(GRACE, lambda: [task.cancel() for task in list(self.tasks)])

    async def _keep_lease(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            while self.lease is not None:
                await asyncio.sleep(HEARTBEAT)
                self.log.renew(self.lease)
