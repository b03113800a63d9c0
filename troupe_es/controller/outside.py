"""From outside a run: what is said to it, changed in it, and answered in it by whoever takes part.

Where another process runs the branch, a letter waits for it and is taken up between two steps; where nobody does,
it happens at once. Pausing is asked of the process that runs, and is no fact of the simulated world.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from troupe_es import canonical, commands
from troupe_es.agent import persona, specification
from troupe_es.controller import mail, naming
from troupe_es.controller.references import Point, resolve
from troupe_es.controller.simulation import Simulation
from troupe_es.errors import BadCommand, LeaseHeld
from troupe_es.events import types
from troupe_es.events.base import HUMAN
from troupe_es.llm.human import Channel, perceived
from troupe_es.log import Branch, Log
from troupe_es.projections import State


@dataclass(frozen=True)
class Pending:
    """What a run is waiting for a human to say: who, what for, and what they perceive since they last acted."""

    person: str
    purpose: str
    perceived: list[str]
    address: str
    request: str


@dataclass(frozen=True)
class Minibio:
    """A short biography; ``failed`` says why there is none, ``recorded`` that nobody was asked."""

    person: str
    text: str
    failed: str | None
    ref: str
    recorded: bool


class Outside:
    """What a store lets others do to a life, and ask of the people in it."""

    log: Log
    humans: Mapping[str, Channel]

    @abstractmethod
    def at(self, ref: str) -> State:
        """Return the state at a point."""

    @abstractmethod
    def open(self, ref: str) -> Simulation:
        """Return the simulation at a head."""

    @abstractmethod
    def chained(self, name: str) -> str:
        """Return what the log calls a model."""

    # steering

    def steer(self, ref: str, command: commands.Command) -> int | None:
        """Let ``command`` happen in a life, whoever runs it; source ``steering``.

        Returns the event it became, or None where another process runs the branch: it is taken up at the next
        step's boundary, and a letter that cannot be is in the journal (``mail-refused``). Takes what can be sent by
        mail (``say``, ``set``, people who come and leave, fragments, a state of mind). Raises BadCommand.
        """
        if type(command) not in mail.WORDS.values():
            raise BadCommand(f"a {type(command).__name__} cannot be given from outside: open the simulation for it")
        point = self._head(ref)
        sim = self.open(str(point.branch))
        sim.source = "steering"
        try:
            sim.command(command)
        except LeaseHeld:
            mail.post(self.log, point.branch, naming.settled(command, self.chained))
            return None
        return sim.seq

    def pause(self, ref: str) -> None:
        """Ask the process that runs a branch to stop at the next step's boundary; ``resume`` goes on.

        Raises BadCommand where nobody runs it.
        """
        branch = self._head(ref).branch
        holder = self.log.holder(branch)
        if holder is None:
            raise BadCommand(f"nobody runs {branch}: there is nothing to pause")
        mail.post(self.log, branch, mail.Pause(holder))

    def pending(self, ref: str) -> list[Pending]:
        """Return what the process that runs a branch is waiting for humans to say."""
        branch = self._head(ref).branch
        found = []
        for address, request in self.log.waiting(branch):
            if self.log.parameters(request)["model"] == HUMAN:
                _, person, purpose, *_ = address.split("/")
                found.append(Pending(person, purpose, perceived(self.log.prompt(request)), address, request))
        return found

    def answer(self, ref: str, who: str, words: str) -> None:
        """Say ``words`` as ``who``, for whom a run is waiting; the lines that ``llm.human`` explains.

        Raises BadCommand where nobody is waiting for them.
        """
        branch = self._head(ref).branch
        person = self.at(str(branch)).person(who)
        for pending in self.pending(ref):
            if pending.person == person.id and not self._answered(branch, pending):
                mail.post(self.log, branch, mail.Answer(pending.address, pending.request, words))
                return
        raise BadCommand(f"nobody is waiting for {person.name} to say something: 'troupe pending {branch}' lists who")

    def _answered(self, branch: Branch, pending: Pending) -> bool:
        """Whether a letter with the answer is under way."""
        letters = [mail.read(posted.payload) for posted in self.log.mail(branch)]
        return any(isinstance(each, mail.Answer) and each.address == pending.address for each in letters)

    def _head(self, ref: str) -> Point:
        point = resolve(self.log, ref)
        if not point.at_head:
            raise BadCommand(f"{ref}: the past cannot be changed; open a branch there")
        return point

    # people

    def save_person(self, ref: str, who: str, *, memory: bool = False, mind: bool = False) -> str:
        """Return the ``.agent.json`` text of a person as they stand at a point of any branch.

        ``memory`` takes along what they remember, ``mind`` their state of mind; ``load_person`` and scenario files
        bring both back. Asks nobody.
        """
        state = self.at(ref)
        return persona.dump(specification.specification(state, state.person(who), memory=memory, mind=mind))

    def minibio(self, ref: str, who: str, *, again: bool = False) -> Minibio:
        """Return a short biography of a person at a point, written by the model for ``generation``.

        It stands in a side branch, and is written from the persona alone: the same persona and model have the one
        that was written first. ``again`` has another written, in the next draw. Raises as ``ask`` does.
        """
        point = resolve(self.log, ref)
        state = self.at(ref)
        person = state.person(who)
        model = state.settings.model_for(person.id, "generation")
        traits = specification.specification(state, person).traits
        key = canonical.digest_json("troupe/minibio/1", [person.id, traits, model])[:16]
        known = [b for b in self.log.branches(point.branch.simulation, ("ask",)) if b.name.startswith(f"bio-{key}")]
        branch, found = (known[-1], True) if known and not again else (self._sheet(point, key, len(known)), False)
        sim = self.open(str(branch))
        if not isinstance(self.log.event(branch, sim.seq).body, types.MinibioAsked | types.MinibioWritten):
            found = False
            sim.command(commands.AskMinibio(person.id))
        sim.resume()
        last = self.log.event(branch, sim.seq).body
        assert isinstance(last, types.MinibioWritten)
        return Minibio(person.name, last.text, last.failed, sim.ref, found)

    def _sheet(self, point: Point, key: str, number: int) -> Branch:
        """A new side branch for a biography; another one of the same persona is of another draw."""
        draw = self.log.next_draw(point.branch, point.seq) if number else None
        return self.log.fork(point.branch, point.seq, f"bio-{key}-{number + 1}", kind="ask", draw=draw)
