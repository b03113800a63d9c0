"""When the calls of a step leave: what was prepared is on its way before more is."""

from troupe_es import Request, Response, Store
from troupe_es.controller.live import FIRST

TURN = '{"actions": [{"type": "DONE"}]}'


class Counting:
    """A model that notes, whenever it is asked, how many calls the store has been told of by then."""

    name = "counting"

    def __init__(self) -> None:
        self.store: Store | None = None
        self.told: list[int] = []

    async def complete(self, request: Request, draw: int) -> Response:
        assert self.store is not None
        self.told.append(self.store.log.select("SELECT count(*) FROM calls")[0][0])
        return Response(TURN)


def test_the_first_turns_of_a_step_are_asked_before_more_are_prepared() -> None:
    model = Counting()
    with Store(":memory:", model) as store:
        model.store = store
        sim = store.begin("crowd", model="counting")
        sim.add_world("Kitchen")
        for n in range(4 * FIRST):
            sim.add_person({"name": f"Ana {n}"})
        sim.run(1)
        assert store.verify("crowd").holds
    assert model.told[:FIRST] == [FIRST] * FIRST
    assert len(model.told) == max(model.told) == 4 * FIRST
