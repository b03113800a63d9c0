"""What asking somebody may cost: said before anybody is asked. Nobody is asked, nothing is written."""

from statistics import fmean
from typing import Any

from troupe_es import canonical
from troupe_es.agent import profiles
from troupe_es.controller.experience import experience
from troupe_es.controller.references import resolve
from troupe_es.controller.store import Store
from troupe_es.errors import UsageError
from troupe_es.events.base import HUMAN
from troupe_es.llm.prices import Price
from troupe_es.llm.rules import rule_of
from troupe_es.llm.tokens import of_prompt
from troupe_es.views import asked


def question(store: Store, ref: str, who: str, words: str, model: str = "") -> dict[str, Any]:
    """Return what it may take to ask ``who`` at a point: model, calls, tokens and money, at least and at most.

    ``recorded`` is the side branch where the same was asked there before, which costs nothing; ``recording`` says
    that the model is answers written in advance, which have none to anything else. Money is in millionths
    of ``currency``, null where the model has no price. Raises BadReference, UsageError for an empty question.
    """
    words, _ = canonical.clean(words)
    if not words.strip():
        raise UsageError("there is no question: write what is to be asked")
    point = resolve(store.log, ref)
    state = store.at(str(point))
    person = state.person(who)
    chosen = store.chained(model) if model else state.settings.model_for(person.id, "ask")
    if chosen == HUMAN:
        raise UsageError(f"a human answers for {person.id}: name a model that answers instead")
    tokens = of_prompt(profiles.question(state, person, words, chosen).prompt)
    price = store.prices.price_of(chosen)
    known = experience(store.log, chosen, price)
    answer = round(fmean(_size(shape) * shape.rate for shape in known.shapes)) if known.shapes else 0
    most = state.settings.max_tokens + rule_of(chosen).room
    attempts = state.settings.attempts
    return {
        "person": person.id,
        "name": person.name,
        "question": words,
        "model": chosen,
        "recording": recording(store, chosen),
        "recorded": _recorded(store, str(point.branch), point.seq, person.id, words, chosen),
        "calls": {"low": 1, "high": attempts},
        "prompt_tokens": {"low": tokens, "high": attempts * (tokens + most)},
        "completion_tokens": {"low": min(answer, most), "high": attempts * most},
        "money": _money(price, (tokens, min(answer, most)), (attempts * (tokens + most), attempts * most)),
        "currency": price.currency if price else "",
    }


def _size(shape: Any) -> int:
    return max((length for kind, length, _ in shape.actions if kind != "THINK"), default=0)


def _money(price: Price | None, low: tuple[int, int], high: tuple[int, int]) -> dict[str, int] | None:
    return None if price is None else {"low": price.of(*low, 0), "high": price.of(*high, 0)}


def _recorded(store: Store, life: str, at: int, person: str, words: str, model: str) -> str | None:
    """Return the latest side branch in which the same was asked there of the same model, and answered."""
    simulation, _, branch = life.partition("/")
    for each in reversed(asked.asides(store, simulation, branch, "interview")):
        same = each["at"] == at and each["person"] == person and each["question"] == words
        if same and each["status"] != "waiting" and each["models"][:1] == [model]:
            return str(each["branch"])
    return None


def recording(store: Store, model: str) -> bool:
    """Say whether ``model`` is answers written in advance that are not at hand: they tell what is on record alone."""
    return model.partition(":")[0] == "scripted" and model not in store.models
