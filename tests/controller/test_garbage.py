"""What a run sets aside from the collector comes back, and what the program set aside stays there."""

import gc
from collections.abc import Iterator

import pytest

from troupe_es.controller.garbage import set_aside


@pytest.fixture(autouse=True)
def nothing_frozen() -> Iterator[None]:
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_what_was_there_is_left_alone_until_the_last_run_of_the_process_ends() -> None:
    with set_aside():
        with set_aside():
            assert gc.get_freeze_count()
        assert gc.get_freeze_count(), "another run is still going on"
    assert not gc.get_freeze_count()


def test_a_run_that_fails_gives_back_what_it_set_aside() -> None:
    with pytest.raises(ValueError, match="broken"), set_aside():
        raise ValueError("broken")
    assert not gc.get_freeze_count()


def test_what_a_run_itself_leaves_is_collected_while_it_goes_on() -> None:
    with set_aside():
        cycle: list[object] = []
        cycle.append(cycle)
        del cycle
        assert gc.collect()


def test_what_the_program_has_set_aside_is_not_touched() -> None:
    gc.freeze()
    before = gc.get_freeze_count()
    with set_aside():
        assert gc.get_freeze_count() == before
    assert gc.get_freeze_count() == before
