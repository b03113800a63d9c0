"""Branches: a fork shares its past and nothing else."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from log.material import said

from troupe_es.errors import BadReference, NameTaken
from troupe_es.log import Log, Segment


def rows_in(log: Log) -> dict[str, int]:
    return {table: size.rows for table, size in log.sizes().items()}


def contents(log, branch) -> list[str]:
    return [event.body.content for event in log.events(branch)]


def test_a_fork_begins_with_exactly_its_parents_past_and_copies_no_row(log, main):
    log.append(main, [said(str(number)) for number in range(10)], 0)
    before = rows_in(log)
    fork = log.fork(main, 6, "fork")
    after = rows_in(log)
    assert after == {**before, "branches": before["branches"] + 1}
    assert list(log.rows(fork)) == list(log.rows(main, 1, 6))
    assert log.head(fork) == (6, log.event(main, 6).hash)


def test_neither_branch_sees_what_the_other_does_after_the_fork(log, main):
    log.append(main, [said("a"), said("b")], 0)
    fork = log.fork(main, 1, "fork")
    log.append(fork, [said("x")], 1)
    log.append(main, [said("c")], 2)
    assert contents(log, fork) == ["a", "x"]
    assert contents(log, main) == ["a", "b", "c"]


def test_a_fork_of_a_fork_before_the_first_fork_skips_the_branch_between(log, main):
    log.append(main, [said(str(number)) for number in range(5)], 0)
    middle = log.fork(main, 4, "middle")
    log.append(middle, [said("m")], 4)
    leaf = log.fork(middle, 2, "leaf")
    assert log.lineage(leaf) == (Segment(main.id, 1, 2, 0), Segment(leaf.id, 3, None, 0))
    assert log.lineage(log.fork(main, 0, "fresh"))[0].first_seq == 1
    assert contents(log, leaf) == ["0", "1"]


def test_an_untouched_fork_that_lives_the_same_has_the_same_head(log, main):
    log.append(main, [said("a"), said("b"), said("c")], 0)
    fork = log.fork(main, 1, "fork")
    log.append(fork, [said("b"), said("c")], 1)
    assert log.head(fork) == log.head(main)


@pytest.mark.parametrize("seq", [-1, 3])
def test_only_what_has_happened_can_be_forked(log, main, seq):
    log.append(main, [said("a"), said("b")], 0)
    with pytest.raises(BadReference, match=f"no event {seq}: it stands at 2"):
        log.fork(main, seq, "fork")


def test_a_taken_name_is_refused(log, main):
    log.fork(main, 0, "fork")
    with pytest.raises(NameTaken, match="'sim' has a branch 'fork' already"):
        log.fork(main, 0, "fork")
    with pytest.raises(NameTaken, match="there is a simulation 'sim' already"):
        log.create_simulation("sim")
    log.fork(log.create_simulation("other"), 0, "fork")


@pytest.mark.parametrize("name", ["", "A", "-a", "a b", "a/b", "../a", "a\n", "ä"])
def test_a_name_no_reference_can_hold_is_refused(log, main, name):
    with pytest.raises(BadReference, match="cannot name a branch"):
        log.fork(main, 0, name)
    with pytest.raises(BadReference, match="cannot name a simulation"):
        log.create_simulation(name)


def test_a_misspelt_name_brings_the_near_ones(log, main):
    log.create_simulation("focus-group")
    with pytest.raises(BadReference, match="did you mean 'focus-group'"):
        log.branch("focus-gruop")
    log.fork(main, 0, "cheaper")
    with pytest.raises(BadReference, match="did you mean 'cheaper'"):
        log.branch("sim", "cheapr")


def test_branches_are_listed_by_simulation_and_kind(log, main):
    log.fork(main, 0, "fork")
    log.fork(main, 0, "question", kind="ask")
    other = log.create_simulation("other")
    assert [branch.name for branch in log.branches("sim")] == ["main", "fork", "question"]
    assert [branch.name for branch in log.branches("sim", kinds=("main", "fork"))] == ["main", "fork"]
    assert [str(branch) for branch in log.branches(kinds=("main",))] == ["sim/main", "other/main"]
    assert log.branch("other") == other == log.branch_of(other.id)


def test_a_fork_inherits_the_draw_in_force_where_it_parts(log, main):
    log.append(main, [said("a"), said("b")], 0)
    other = log.fork(main, 2, "other", draw=5)
    log.append(other, [said("c")], 2)
    assert [log.draw_at(other, seq) for seq in (0, 1, 2, 3)] == [0, 0, 5, 5]
    assert log.fork(other, 3, "late").draw == 5
    assert log.fork(other, 2, "same").draw == 5
    assert log.fork(other, 1, "early").draw == 0


def test_replicates_take_the_next_draws_of_their_fork_point(log, main):
    log.append(main, [said("a"), said("b")], 0)
    drawn = []
    for number in range(3):
        drawn.append(log.next_draw(main, 1))
        log.fork(main, 1, f"replicate-{number}", draw=drawn[-1])
    assert drawn == [1, 2, 3]
    assert log.next_draw(main, 2) == 1
    assert log.next_draw(log.branch("sim", "replicate-0"), 1) == 4
    assert log.next_draw(log.create_simulation("other"), 0) == 1


def test_a_branch_that_parts_elsewhere_at_the_same_seq_takes_no_draw(log, main):
    log.append(main, [said("a"), said("b")], 0)
    fork = log.fork(main, 1, "fork")
    log.append(fork, [said("x")], 1)
    log.fork(fork, 2, "leaf", draw=1)
    assert log.next_draw(main, 2) == 1
    assert log.next_draw(fork, 2) == 2


def test_a_fork_that_was_undone_leaves_nothing_behind(log, main):
    log.append(main, [said("a"), said("b")], 0)
    with pytest.raises(RuntimeError), log.transaction():
        assert contents(log, log.fork(main, 2, "undone")) == ["a", "b"]
        raise RuntimeError
    assert contents(log, log.fork(main, 1, "other")) == ["a"]


class Lives(RuleBasedStateMachine):
    """Any history of forks and appends, against a list of texts per branch."""

    def __init__(self) -> None:
        super().__init__()
        self.log = Log.open(":memory:")
        self.branches = [self.log.create_simulation("sim")]
        self.lives: list[list[str]] = [[]]
        self.count = 0

    @rule(which=st.integers(0, 99), size=st.integers(1, 3))
    def append(self, which: int, size: int) -> None:
        which %= len(self.branches)
        texts = [f"{self.count}-{number}" for number in range(size)]
        self.count += 1
        self.log.append(self.branches[which], [said(text) for text in texts], len(self.lives[which]))
        self.lives[which] = self.lives[which] + texts

    @rule(which=st.integers(0, 99), back=st.integers(0, 5))
    def fork(self, which: int, back: int) -> None:
        which %= len(self.branches)
        seq = max(len(self.lives[which]) - back, 0)
        self.branches.append(self.log.fork(self.branches[which], seq, f"b{len(self.branches)}"))
        self.lives.append(self.lives[which][:seq])

    @invariant()
    def every_branch_lives_its_own_life(self) -> None:
        for branch, life in zip(self.branches, self.lives, strict=True):
            assert contents(self.log, branch) == life
            assert self.log.head(branch).seq == len(life)

    @invariant()
    def sql_and_python_see_the_same_segments(self) -> None:
        sql = "SELECT segment, first_seq, last_seq FROM lineage WHERE branch = ? ORDER BY first_seq"
        for branch in self.branches:
            seen = [tuple(row) for row in self.log.db.execute(sql, [branch.id])]
            assert seen == [segment[:3] for segment in self.log.lineage(branch)]

    def teardown(self) -> None:
        assert self.log.check() == []
        for branch in self.branches:
            assert self.log.check(branch) == []
        self.log.close()


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=max(settings.default.max_examples // 3, 10), stateful_step_count=15)
