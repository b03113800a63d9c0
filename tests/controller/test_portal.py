"""The background loop outlives whatever happens in it."""

import asyncio

import pytest

from troupe_es.controller.portal import portal


async def leave() -> None:
    await asyncio.sleep(0)
    raise SystemExit(3)


async def leave_in_a_task() -> None:
    await asyncio.create_task(leave())


@pytest.mark.parametrize("work", [leave, leave_in_a_task])
def test_what_ends_a_program_reaches_the_caller_and_leaves_the_loop_alive(work: object) -> None:
    with pytest.raises(SystemExit, match="3"):
        portal().run(work())  # type: ignore[operator]
    assert portal().run(asyncio.sleep(0, "alive")) == "alive"


def test_a_plain_call_works_inside_a_running_loop() -> None:
    async def notebook() -> str:
        return portal().run(asyncio.sleep(0, "answered"))

    assert asyncio.run(notebook()) == "answered"
