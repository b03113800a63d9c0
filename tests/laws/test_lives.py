"""A machine that lives at random: it adds, says, steps, forks, edits, asks, fails, kills, forgets and verifies.

Whatever it did, every branch verifies, an untouched fork has lived its parent's life, what was committed stays, and
no call was answered twice. A kill drops the open store as it stands, without closing it, and opens the file again.
"""

import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule
from strategies.scripts import NAMES, Cast, live_on

from troupe_es import Scripted, Settings, Simulation, Store, commands
from troupe_es.controller import states
from troupe_es.errors import EveryTurnFailed, ModelUnreachable
from troupe_es.events import is_given
from troupe_es.llm import Request
from troupe_es.projections import fold, saved

MOST_EVENTS = 160
seeds = st.integers(0, 99)
places = st.floats(0, 1)


class Lives(RuleBasedStateMachine):
    """One store file, one simulation, many branches."""

    branches = Bundle("branches")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.often = states.EVERY, states.EACH
        states.EVERY, states.EACH = 11, 1
        self.untouched: dict[str, tuple[str, int]] = {}
        self.known: dict[str, list[bytes]] = {}
        self.verified: dict[str, str] = {}
        self.abandoned: list[Store] = []  # as a killed process leaves them: nobody closes them
        self.numbers = iter(range(10_000))
        self.failing = -1

    def answer(self, request: Request, draw: int):
        self.failing -= 1
        return ModelUnreachable("the line is dead") if self.failing == 0 else self.cast(request, draw)

    def opened(self) -> Store:
        return Store(Path(self.folder.name) / "lives.db", Scripted(self.answer, "cast"))

    def at(self, branch: str, place: float) -> int:
        """An event of ``branch``, after the first few."""
        return 4 + int(place * (self.sim(branch).seq - 4))

    def sim(self, branch: str) -> Simulation:
        return self.store.open(f"life/{branch}")

    def small(self, branch: str) -> bool:
        return self.sim(branch).seq < MOST_EVENTS

    @initialize(
        target=branches,
        seed=seeds,
        order=st.sampled_from(["parallel", "sequential"]),
        window=st.sampled_from([1, 4, 200]),
        attempts=st.integers(1, 2),
    )
    def begin(self, seed: int, order, window: int, attempts: int) -> str:
        self.cast = Cast(seed)
        self.store = self.opened()
        chosen = Settings(
            model="cast", order=order, attempts=attempts, memory_first=2, memory_last=window, memory_block=3
        )
        sim = self.store.begin("life", seed=seed, settings=chosen)
        sim.add_world("Kitchen")
        sim.add_world("Garden", access="network")
        sim.add_person({"name": NAMES[0]}, "Kitchen")
        sim.add_person({"name": NAMES[1]}, "Kitchen")
        return "main"

    @rule(branch=branches, name=st.sampled_from(NAMES[2:]))
    def add(self, branch: str, name: str) -> None:
        sim = self.sim(branch)
        if name.lower().replace(" ", "-") not in {**sim.state.people, **sim.state.gone}:
            sim.add_person({"name": name}, "Kitchen")

    @rule(branch=branches, whom=places)
    def remove(self, branch: str, whom: float) -> None:
        sim = self.sim(branch)
        if len(sim.state.people) > 1:
            sim.remove_person(list(sim.state.people)[int(whom * 0.99 * len(sim.state.people))])

    @rule(branch=branches)
    def broadcast(self, branch: str) -> None:
        self.sim(branch).broadcast(f"Listen. «said {next(self.numbers)}»", world="Kitchen")

    @rule(branch=branches, whom=places)
    def say(self, branch: str, whom: float) -> None:
        sim = self.sim(branch)
        people = list(sim.state.people)
        sim.say(f"Between us. «said {next(self.numbers)}»", people[int(whom * 0.99 * len(people))])

    @rule(branch=branches, world=st.sampled_from(["Kitchen", "Garden"]), alone=st.booleans())
    def go_about(self, branch: str, world: str, alone: bool) -> None:
        sim = self.sim(branch)
        sim.move_to(next(iter(sim.state.people)), world) if alone else sim.command(commands.Equip("moving"))

    @rule(branch=branches, directed=st.booleans())
    def relate(self, branch: str, directed: bool) -> None:
        sim = self.sim(branch)
        first, *others = sim.state.people
        if others:
            sim.relate(first, others[-1], directed=directed)

    @rule(branch=branches, who=st.sampled_from(["all", "active"]), subset=st.sampled_from([None, 1]))
    def let_fewer_act(self, branch: str, who: str, subset: int | None) -> None:
        self.sim(branch).set("settings.who", who)
        self.sim(branch).set("settings.subset", subset)

    @rule(branch=branches, name=st.booleans())
    def edit(self, branch: str, name: bool) -> None:
        sim = self.sim(branch)
        who = next(iter(sim.state.people))
        sim.set(f"people.{who}.{'name' if name else 'mood'}", f"Number {next(self.numbers)}")

    @rule(branch=branches, steps=st.integers(1, 2))
    def step(self, branch: str, steps: int) -> None:
        if self.small(branch):
            sim = self.sim(branch)
            with suppress(EveryTurnFailed):
                sim.resume(steps) if sim.state.running else sim.run(steps)

    @rule(branch=branches, calls=st.integers(1, 5))
    def die_in_the_middle(self, branch: str, calls: int) -> None:
        """The provider goes away after so many calls, and then the process."""
        if not self.small(branch):
            return
        self.failing = calls
        with suppress(ModelUnreachable):
            self.step(branch, 2)
        self.failing = -1
        self.kill()

    @rule(target=branches, branch=branches, place=places, drawn=st.sampled_from([None, 0, 1, 2]))
    def fork(self, branch: str, place: float, drawn: int | None) -> str:
        name, at = f"fork-{next(self.numbers)}", self.at(branch, place)
        draw = self.store.branch(f"life/{branch}@{at}", name, draw=drawn).branch.draw
        if draw == self.store.log.draw_at(self.store.log.branch("life", branch), at):
            self.untouched[name] = (branch, at)
        return name

    @rule(target=branches, branch=branches, place=places, leave=st.booleans())
    def fork_with_an_edit(self, branch: str, place: float, leave: bool) -> str:
        name, at = f"edit-{next(self.numbers)}", self.at(branch, place)
        people = list(self.store.at(f"life/{branch}@{at}").people)
        removal = [commands.RemovePerson(people[0])] if leave and len(people) > 1 else []
        said = commands.Stimulate(f"Fire! «fire {next(self.numbers)}»", world="kitchen")
        self.store.branch(f"life/{branch}@{at}", name, said, *removal)
        return name

    @rule(branch=branches)
    def go_on(self, branch: str) -> None:
        live_on(self.sim(branch))

    @rule(branch=branches, place=places, again=st.booleans())
    def ask(self, branch: str, place: float, again: bool) -> None:
        at = self.at(branch, place)
        people = list(self.store.at(f"life/{branch}@{at}").people)
        if people:
            reply = self.store.ask(f"life/{branch}@{at}", people[0], "Why?", again=again)
            assert self.store.verify(reply.ref).holds

    @rule()
    def forget_snapshots(self) -> None:
        self.store.log.drop_snapshots()

    @rule()
    def kill(self) -> None:
        self.abandoned.append(self.store)
        self.store = self.opened()

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = self.opened()

    @rule(branch=branches, place=places)
    def look_back(self, branch: str, place: float) -> None:
        at = self.at(branch, place)
        events = self.store.log.events(self.store.log.branch("life", branch), 1, at)
        assert saved.dump(self.store.at(f"life/{branch}@{at}")) == saved.dump(fold(events))
        assert self.store.verify(f"life/{branch}@{at}").holds

    def rows(self, branch: str):
        return list(self.store.log.rows(self.store.log.branch("life", branch)))

    @precondition(lambda self: hasattr(self, "store"))
    @invariant()
    def what_was_committed_stays(self) -> None:
        for branch in self.store.log.branches("life"):
            hashes = [row.hash for row in self.rows(branch.name)]
            before = self.known.get(branch.name, [])
            assert hashes[: len(before)] == before
            self.known[branch.name] = hashes

    @precondition(lambda self: hasattr(self, "store"))
    @invariant()
    def every_branch_verifies(self) -> None:
        for branch in self.store.log.branches("life"):
            head = self.store.log.head(branch).hash.hex()
            if self.verified.get(branch.name) != head:
                report = self.store.verify(str(branch))
                assert report.holds, (str(branch), report.damages, report.divergences)
                self.verified[branch.name] = head

    @precondition(lambda self: hasattr(self, "store"))
    @invariant()
    def an_untouched_fork_lives_its_parents_life(self) -> None:
        for name, (parent, at) in self.untouched.items():
            theirs, own = self.rows(parent), self.rows(name)
            assert own[:at] == theirs[:at]
            for mine, other in zip(own[at:], theirs[at:], strict=False):
                if is_given(mine.type) or is_given(other.type):
                    break
                assert mine == other

    @precondition(lambda self: hasattr(self, "cast"))
    @invariant()
    def no_call_was_answered_twice(self) -> None:
        assert max(self.cast.asked.values(), default=0) <= 1

    def teardown(self) -> None:
        states.EVERY, states.EACH = self.often
        for store in [*self.abandoned, *([self.store] if hasattr(self, "store") else [])]:
            store.close()
        self.folder.cleanup()


TestLives = Lives.TestCase
TestLives.settings = settings(
    max_examples=max(6, settings().max_examples // 3),
    stateful_step_count=20,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
