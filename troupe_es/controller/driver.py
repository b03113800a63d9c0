"""Runs decisions: answers their requests from the record, or asks a model and records the answer before use.

It is the only place that touches the world, so recording, budget, concurrency and replay hold for every feature
without any of them knowing. Intents are stored before sending and answers before they are handed on; what finishes
together shares one transaction.

Embeddings and calls of tools go the same way. A shareable request is asked in draw 0, whatever the branch's. A tool
is called once: a call that was sent and never answered is not sent again unless the tool says that this is safe; its
outcome is then recorded as unknown. No budget counts it.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, TypeVar

from troupe_es.controller.batch import Batch
from troupe_es.errors import BudgetExceeded, MissingAnswer, ModelRefused
from troupe_es.events.base import HUMAN
from troupe_es.llm import All, Effect, Finish, Model, Request, Response, images, telemetry, toolcalls
from troupe_es.llm.limiter import MOST
from troupe_es.llm.prices import Prices
from troupe_es.llm.rules import most_of_image, rule_of
from troupe_es.log import Answer, Asking, Budget, Call, Log, NewAnswer

Record: TypeAlias = Literal["none", "once", "new_episodes", "all"]
T = TypeVar("T")

POLL = 0.05
"""Seconds between looks at an answer that another process is waiting for."""

FINISHES: dict[str, Finish] = {"stop": "stop", "length": "length", "filter": "filter", "refusal": "refusal"}

LOST = "the call was sent and the process died before it was answered; it was not made again"
"""What is recorded of a tool's call that may have run."""


@dataclass(frozen=True)
class Place:
    """Where a decision is made: on which branch, in which draw, and what the log already has of the act."""

    branch: int
    draw: int
    answers: dict[str, tuple[str, str]]


class Driver:
    """Drives effects for one store. Use it inside the portal's loop.

    ``slots`` are shared with other drivers, so that all of them together have no more calls in flight.
    """

    def __init__(
        self,
        log: Log,
        models: Callable[[str], Model],
        *,
        record: Record = "new_episodes",
        budget: Budget | None = None,
        prices: Prices | None = None,
        concurrency: int = MOST,
        slots: asyncio.Semaphore | None = None,
    ) -> None:
        self.log = log
        self.models = models
        self.record = record
        self.budget = budget
        self.prices = prices or Prices()
        self.flying = 0
        self.landing = asyncio.Event()
        self.slots = slots or asyncio.Semaphore(concurrency)
        self.ahead = 2 * concurrency
        self.asks: Batch[Asking, Any] = Batch(self._ask_all, lapses=True)
        self.records: Batch[NewAnswer, Answer] = Batch(
            lambda answers: self.log.record(answers), most=lambda: self.flying
        )
        self.schemas: set[str] = set()
        self.paid = 0

    async def send(self) -> None:
        """Let what was started ask, and what may be asked be sent, without waiting for more to come."""
        await asyncio.sleep(0)
        if self.asks.waiting:
            self.asks.flush()
            await asyncio.sleep(0)

    async def drive(self, effect: Effect[T], place: Place) -> T:
        """Return what the decision returns, having answered all it asked."""
        try:
            asked = next(effect)
            while True:
                if isinstance(asked, All):
                    answers = [self.answer(request, place) for request in asked.requests]
                    asked = effect.send(await asyncio.gather(*answers))
                else:
                    asked = effect.send(await self.answer(asked, place))
        except StopIteration as stop:
            result: T = stop.value
            return result

    async def answer(self, request: Request, place: Place) -> Response:
        """Return the recorded answer, or a new one that is recorded before it is returned.

        Raises MissingAnswer, BudgetExceeded, ModelUnreachable or ModelRefused.
        """
        named = request.named or place.answers.get(request.key)
        if named is not None:
            return response_of(recorded(self.log, *named))
        place = replace(place, draw=0) if request.shareable else place
        found = self.log.look_up(request.hash, place.draw, request.address) if self._looks(request) else None
        if found is not None:
            return response_of(found)
        if self.record == "none":
            raise MissingAnswer(missing(self.log, request))
        asking = self._asking(request, place)
        while True:
            try:
                asked = await self._afforded(asking)
            except asyncio.CancelledError:
                self.log.give_up([asking.call], sent=False)  # it may have been told to send it, and never will
                raise
            if asked.status == "answered":
                return response_of(asked.answer)
            if asked.status == "yours":
                return await self._pay(request, place, asking.call)
            if asked.status == "lost":
                unknown = _new_answer(request, place, toolcalls.answer("unknown", LOST), None)
                return response_of(await self.records.add(unknown))
            await asyncio.sleep(POLL)

    def _looks(self, request: Request) -> bool:
        """Whether to look into the record before asking: if that is all, or who else answers may be missing here."""
        return self.record == "none" or request.kind == "tool"

    async def _pay(self, request: Request, place: Place, call: Call) -> Response:
        sent = False
        self.flying += 1
        try:
            async with self.slots:
                model = self.models(request.model)
                sent = True
                response = await self._told(request, place.draw, model)
            self.paid += request.kind != "tool"
            answer = await self.records.add(_new_answer(request, place, response, self._cost(request, response)))
        except ModelRefused:
            self.log.give_up([call], sent=False)  # who refuses to answer bills nothing
            raise
        except BaseException:
            self.log.give_up([call], sent=sent)  # nobody may wait for it any more, lost on the way or on a full disk
            raise
        finally:
            self.flying -= 1
            self.landing.set()
            self.landing = asyncio.Event()
        return response_of(answer)

    async def _told(self, request: Request, draw: int, model: Model) -> Response:
        """Ask the model, and tell of it whoever wants to know; one that is shown images is handed their bytes."""
        if request.prompt.images:
            request = replace(request, blobs=self._picture)
        with telemetry.call(request, draw, model) as call:
            return call.answered(await model.complete(request, draw))

    def _picture(self, hash: str) -> tuple[str, bytes]:
        content = self.log.read_blob(hash)
        return images.media_of(content), content

    async def _afforded(self, asking: Asking) -> Any:
        """Ask within the budget. Where it does not reach, a call in flight may yet cost less than was set aside."""
        while True:
            landing = self.landing
            try:
                return await self.asks.add(asking)
            except BudgetExceeded:
                await asyncio.sleep(0)  # those of the same batch that may go take off first
                if not self.flying and landing is self.landing:
                    raise
                await landing.wait()

    def _ask_all(self, items: list[Asking]) -> Sequence[Any]:
        """Ask for all in one transaction; where a budget does not reach for all, one by one as far as it does.

        While calls are in flight the disk is not waited for: it will be with the first of their answers.
        """
        try:
            return self.log.ask_many(items, durable=not self.flying)
        except BudgetExceeded:
            return [self._ask_one(item) for item in items]

    def _ask_one(self, item: Asking) -> Any:
        try:
            return self.log.ask_many([item])[0]
        except BudgetExceeded as error:
            return error

    def _asking(self, request: Request, place: Place) -> Asking:
        most = most_tokens(request)
        call = Call(request.hash, place.draw, request.address, place.branch, most, self._most(request, most))
        if request.schema is not None and request.schema.hash not in self.schemas:
            self.log.blob(request.schema.text.encode(), "application/schema+json")
            self.schemas.add(request.schema.hash)
        if request.kind != "tool":
            budget = None if request.model == HUMAN else self.budget
            return Asking(call, request.prompt, request.parameters, budget)
        once = not getattr(self.models(request.model), "idempotent", False)
        return Asking(call, request.prompt, request.parameters, once=once)

    def _most(self, request: Request, tokens: int) -> int | None:
        """The most that ``request`` can cost where money is limited; None without a price or a limit to it."""
        if self.budget is None or self.budget.money is None:
            return None
        price = self.prices.price_of(request.model)
        if price is None or (price.output and request.max_tokens < 1 and request.kind == "chat"):
            return None
        answer = most_answer(request)
        return price.most(tokens - answer, answer)

    def _cost(self, request: Request, response: Response) -> int | None:
        """What an answer did cost where money is limited; None where the model did not say what it took."""
        if self.budget is None or self.budget.money is None:
            return None
        price = self.prices.price_of(request.model)
        if price is None or response.prompt_tokens is None or response.completion_tokens is None:
            return None
        return price.of(response.prompt_tokens, response.completion_tokens, response.cached_tokens)


def most_tokens(request: Request) -> int:
    """Return the most tokens ``request`` can cost: no token is shorter than a byte, and all it may answer.

    An image counts at what it costs at most (``llm.rules``); a call of a tool costs nothing.
    """
    if request.kind == "tool":
        return 0
    schema = request.schema.size if request.schema else 0
    shown = request.prompt.images and request.prompt.images * most_of_image(request.model)
    return request.prompt.size + schema + shown + most_answer(request)


def most_answer(request: Request) -> int:
    """Return the most tokens an answer can have, the thoughts that nobody sees included; a vector has none."""
    return request.max_tokens + rule_of(request.model).room if request.kind == "chat" else 0


def recorded(log: Log, request: str, answer: str) -> Answer:
    """Return the answer an event names. Raises MissingAnswer if the store does not hold it."""
    found = log.answer(answer, request)
    if found is None:
        raise MissingAnswer(
            f"the log names answer {answer[:12]} to request {request[:12]}, and this store does not hold it: "
            "import the bundle it came with, or run 'troupe verify' to see what else is missing"
        )
    return found


def response_of(answer: Answer) -> Response:
    """Return a stored answer as decisions see it."""
    return Response(text=answer.text, finish=FINISHES[answer.finish], refusal=answer.refusal, model=answer.model)


def _new_answer(request: Request, place: Place, response: Response, money: int | None) -> NewAnswer:
    return NewAnswer(
        request=request.hash,
        draw=place.draw,
        address=request.address,
        text=response.text,
        finish=response.finish,
        refusal=response.refusal,
        model=response.model or request.model,
        prompt_tokens=response.prompt_tokens,
        completion_tokens=response.completion_tokens,
        cached_tokens=response.cached_tokens,
        response_id=response.response_id,
        seconds=response.seconds,
        money=money,
    )


def missing(log: Log, request: Request) -> str:
    """Say what was looked for and what recorded request comes nearest."""
    where = request.address or f"an {request.kind}"
    text = f"nothing is recorded for {where} (request {request.hash[:12]}), and asking is off"
    near = log.nearest(request.prompt, request.address)
    if near is not None:
        text += f"; the nearest recorded request is {near.address} (request {near.request[:12]})"
    return text + ": use record mode 'new_episodes' to ask a model"
