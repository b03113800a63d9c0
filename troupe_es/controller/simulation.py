"""A simulation as a script holds it: it lives through what is recorded, then goes on live.

The handle stands at a point of its branch. Each command it is given is compared with the next one the recording has
from a script; as long as they agree, it moves over the recorded events and asks nothing. Where the recording ends
it appends. Where they differ it stops and shows both, or forks there if that was asked for.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from troupe_es import commands
from troupe_es.controller import mismatch, naming, pictures
from troupe_es.controller.driver import Driver
from troupe_es.controller.gifts import Gifts
from troupe_es.controller.giving import given
from troupe_es.controller.live import Life, Watch
from troupe_es.controller.people import People
from troupe_es.controller.pictures import Image
from troupe_es.controller.populating import Populating
from troupe_es.controller.portal import portal
from troupe_es.controller.states import Reader
from troupe_es.controller.steering import Steering
from troupe_es.controller.worlds import Worlds
from troupe_es.errors import EveryTurnFailed, Paused, ScriptDiffers, StoreError, TroupeError
from troupe_es.events import Event, Given, types
from troupe_es.log import Branch, Budget, Log
from troupe_es.projections import Line, State, apply, transcript

if TYPE_CHECKING:
    from troupe_es.controller.reporting import Found  # made by whoever holds simulations

OnDifference: TypeAlias = Literal["stop", "fork"]
"""What to do when a script meets another command than the recorded one."""


ASKING = (
    commands.Run,
    commands.Ask,
    commands.AskMinibio,
    commands.PutClaims,
    commands.Tell,
    commands.Populate,
    commands.Extract,
    commands.GiveSurvey,
    commands.Label,
    commands.Rewrite,
)
"""Commands after which something is under way."""


class Simulation(Gifts, Worlds, People, Steering, Populating):
    """A branch, and the point on it where the script stands.

    Made by ``Store.begin`` (a script: it starts before the first event) and ``Store.open`` (at the head). ``found``
    is what came of the surveys, extractions and claims that its scenario asks aside, in their order.
    """

    def __init__(
        self,
        log: Log,
        branch: Branch,
        state: State | Callable[[], State],
        driver: Driver,
        *,
        source: types.Source = "command",
        on_difference: OnDifference = "stop",
        watch: Watch | None = None,
        chained: naming.Chained = str,
    ) -> None:
        self.source: types.Source = source
        self.on_difference = on_difference
        self._life = Life(log, branch, state, driver, watch, chained)
        self._ended: types.RunEnded | None = None
        self.found: list[Found] = []
        if isinstance(state, State):
            state.read = Reader(log, branch)

    # where it stands

    @property
    def log(self) -> Log:
        """The store's log."""
        return self._life.log

    @property
    def branch(self) -> Branch:
        """The branch it stands on."""
        return self._life.branch

    @property
    def state(self) -> State:
        """The state where it stands."""
        return self._life.state

    @property
    def seq(self) -> int:
        """The last event it has lived through."""
        return self._life.state.seq

    @property
    def head(self) -> str:
        """The hash (hex) of that event: equal hashes, equal lives."""
        return self._life.state.head.hex()

    @property
    def ref(self) -> str:
        """How the command line names this point."""
        return f"{self.branch.simulation}/{self.branch.name}@{self.seq}"

    @property
    def budget(self) -> Budget | None:
        """What may be spent."""
        return self._life.driver.budget

    @property
    def paid(self) -> int:
        """How many answers a model was asked for through this handle; all others were on record."""
        return self._life.driver.paid

    def events(self, start: int = 1) -> Iterator[Event]:
        """Yield the events from ``start`` to where it stands."""
        return self.log.events(self.branch, start, self.seq)

    def transcript(self) -> list[Line]:
        """Return what was perceived, thought and said so far."""
        return list(transcript(self.events()))

    # what a script says

    def add_person(
        self, persona: dict[str, Any], world: str | None = None, fragments: dict[str, str] | None = None
    ) -> None:
        """Add a person with this persona to a world (the only one, if none is named)."""
        self.command(commands.AddPerson(persona, world, fragments or {}))

    def remove_person(self, person: str) -> None:
        """Take a person out for good."""
        self.command(commands.RemovePerson(person))

    def broadcast(
        self,
        content: str,
        kind: types.StimulusKind = "CONVERSATION",
        world: str | None = None,
        speaker: str = "",
        image: Image | None = None,
    ) -> None:
        """Let everyone in a world (the only one, if none is named) perceive something; an ``image``, see it."""
        self._stimulate(commands.Stimulate(content, kind, world, (), speaker), image)

    def say(
        self,
        content: str,
        *to: str,
        kind: types.StimulusKind = "CONVERSATION",
        speaker: str = "",
        image: Image | None = None,
    ) -> None:
        """Let only the people named in ``to`` perceive something (an ``image``, see it); nobody named: everyone."""
        self._stimulate(commands.Stimulate(content, kind, None, to, speaker), image)

    def see(
        self, content: str, image: Image | None = None, *, to: Sequence[str] = (), world: str | None = None
    ) -> None:
        """Let people see something: what ``content`` says in words, for models that see with the ``image`` itself.

        ``image`` is the path of a png, jpeg, webp or gif file of at most 20 MB, its bytes, or a data URL. ``to`` are
        those who see it; nobody named: everyone in ``world``. Raises UsageError for what is no such image.
        """
        self._stimulate(commands.Stimulate(content, "VISUAL", world, tuple(to)), image)

    def _stimulate(self, command: commands.Stimulate, image: Image | None) -> None:
        if image is not None:
            kind = "VISUAL" if command.kind == "CONVERSATION" else command.kind
            command = replace(command, kind=kind, image=pictures.url_of(image))
        self.command(command)

    def set(self, path: str, value: Any) -> None:
        """Set a value by path: ``settings.temperature``, ``people.ana-reyes.age``."""
        self.command(commands.Change(path, value))

    def run(self, steps: int, seconds: int = 60, *, only: Sequence[str] = ()) -> None:
        """Live on for ``steps`` steps of ``seconds`` simulated seconds each; ``only`` those named act, if any are.

        Raises BudgetExceeded, ModelUnreachable, ModelRefused or MissingAnswer when it must stop before the end
        (run it again to resume), Paused where somebody outside asked for that, EveryTurnFailed when no turn of the
        run succeeded.
        """
        self.command(commands.Run(steps, seconds, tuple(only)))

    def live_on(self, steps: int, seconds: int = 60) -> None:
        """Live ``steps`` steps: first those left of the run that is under way, then those of a new one.

        Raises as ``run`` does.
        """
        begun = self.state.step
        if self.state.running is not None:
            self.resume(steps)
        left = steps - (self.state.step - begun)
        if left > 0:
            self.run(left, seconds)

    def command(self, command: commands.Command) -> None:
        """Carry out one command: over the recording as far as it goes, live where it ends.

        Raises ScriptDiffers when the recording has another command here, BadCommand for what cannot be done now.
        """
        command = naming.settled(command, self._life.chained)
        recorded = self._to_next_given()
        if recorded is None and self.source == "script" and self.state.running is not None:
            self._live()
        body = given(self.state, command, self.source)
        if recorded is None:
            with self._holding():
                if self.source == "steering":
                    self._life.take_mail()  # what was said before comes before
                self._life.give(command, self.source)
        elif mismatch.same(recorded.body, body):
            self._pass(recorded)
        elif self.on_difference == "fork":
            self._fork(body, recorded)
            return self.command(command)
        else:
            raise ScriptDiffers(self._difference(recorded, body))
        if isinstance(command, ASKING):
            self.resume()
        return None

    def resume(self, steps: int | None = None) -> None:
        """Finish what is under way: first what is recorded of it, then live.

        ``steps`` ends it early, after so many steps. Does nothing where nothing is under way. Raises as ``run`` does.
        """
        self._ended = None
        if self._to_next_given(stop_after_run=True) is None and self._unfinished:
            self._live(steps)
        ended = self._ended
        if ended is not None and ended.turns and ended.failed == ended.turns:
            raise EveryTurnFailed(
                f"none of the {ended.turns} turns of this run brought a usable answer; the log says why "
                f"(troupe log {self.branch.simulation}/{self.branch.name} --type turn-failed)"
            )

    def live_out(self) -> None:
        """Live through all that is recorded, also what came after a script's end, and finish what is under way.

        Raises as ``run`` does.
        """
        for event in self.log.events(self.branch, self.seq + 1):
            self._pass(event)
        self.resume()

    def stop(self) -> None:
        """Ask it to stop, from another thread than it lives in, where it then raises Interrupted; nothing is lost."""
        portal().loop.call_soon_threadsafe(self._life.stop)

    @property
    def _unfinished(self) -> bool:
        state = self.state
        under_way = (state.running, state.question, state.steering.pending, state.making)
        surveying = state.surveying is not None and state.surveying.done < len(state.surveying.people)
        return surveying or any(part is not None for part in under_way)

    # the recording

    def _to_next_given(self, stop_after_run: bool = False) -> Event | None:
        """Live through the recording up to the next command a script gave; return its event, or None at the end.

        With ``stop_after_run`` it ends with the run that is under way.
        """
        scripted = self.source == "script"  # whoever else holds it stands at the head, wherever that has gone since
        for event in self.log.events(self.branch, self.seq + 1):
            if scripted and isinstance(event.body, Given) and event.body.given and event.body.source == "script":
                return event
            if stop_after_run and not self._unfinished:
                return event
            self._pass(event)
        return None

    def _pass(self, event: Event) -> None:
        """Live through one recorded event."""
        apply(self.state, event)
        if isinstance(self.state.read, Reader):
            self.state.read.keep(event)
        if isinstance(event.body, types.RunEnded):
            self._ended = event.body

    def _difference(self, recorded: Event, body: Given) -> str:
        return (
            f"the script differs from its recording {self.branch.simulation}/{self.branch.name} at event "
            f"{recorded.seq}.\n{mismatch.told(recorded.body, body)}\n"
            "Give it another name (troupe run --name NAME), undo the edit, or fork here (on_difference='fork', "
            "troupe run --fork)."
        )

    def _fork(self, body: Given, recorded: Event) -> None:
        """Go on in a fork that begins here: in one that was begun by the same command before, if there is one."""
        taken = self.log.branches(self.branch.simulation)
        for other in taken:
            if other.parent == self.branch.id and other.fork_seq == self.seq and other.kind == "fork":
                first = next(self.log.events(other, self.seq + 1), None)
                if first is not None and mismatch.same(first.body, body):
                    return self._move(other)
        names = {other.name for other in taken}
        number = next(n for n in range(1, len(names) + 2) if f"{self.branch.name}-{n}" not in names)
        return self._move(self.log.fork(self.branch, self.seq, f"{self.branch.name}-{number}"))

    def _move(self, branch: Branch) -> None:
        life = self._life
        life.state.read = Reader(self.log, branch)
        self._life = Life(life.log, branch, life.state, life.driver, life.watch, life.chained)

    # live

    def _live(self, steps: int | None = None) -> None:
        try:
            with self._holding():
                portal().run(self._life.live(steps), self._life.stop)
        except StoreError:
            raise  # a store that cannot be written keeps no journal either
        except TroupeError as stopped:
            reason = {"seq": self.seq, "error": type(stopped).__name__, "reason": str(stopped)}
            self.log.note("paused" if isinstance(stopped, Paused) else "stopped", reason, self.branch)
            raise
        last = self.log.event(self.branch, self.seq).body
        if isinstance(last, types.RunEnded):
            self._ended = last

    @contextmanager
    def _holding(self) -> Iterator[None]:
        """Hold the branch's lease, and be at its head."""
        life = self._life
        life.lease = self.log.acquire(self.branch)
        try:
            for event in self.log.events(self.branch, self.seq + 1):
                self._pass(event)
            yield
        finally:
            lease, life.lease = life.lease, None
            self.log.release(lease)
