"""A chat with a person at any event: each question is asked in a side branch, and the run is left as it is."""

from typing import Any

from troupe_es.controller.aside import Limits, Reply
from troupe_es.controller.references import resolve
from troupe_es.controller.store import Store
from troupe_es.errors import TroupeError
from troupe_es.extras import need
from troupe_es.llm.prices import told
from troupe_es.ui.notebook.markup import Html, Shown, element, joined
from troupe_es.views import expected

COSTS = "SELECT model, prompt_tokens, completion_tokens, cached_tokens FROM costs WHERE simulation = ? AND branch = ?"


def chat(store: Store, ref: str, who: str, *, model: str = "", budget: Limits | None = None) -> Any:
    """Return a widget in which ``who`` can be asked anything at ``ref``; what that costs stands above it.

    Each question stands alone: they remember what they had lived through by then, and not that they were asked. The
    same question asked again has the recorded answer. ``model`` answers instead of the one that is set there;
    ``budget`` holds for the whole chat. Raises UsageError without the extra ``notebook``, BadReference for a point
    or a person that is not there.
    """
    return Chat(store, ref, who, model, budget).widget


class Chat:
    """The widget, and what was said in it so far."""

    def __init__(self, store: Store, ref: str, who: str, model: str, budget: Limits | None) -> None:
        widgets = need("ipywidgets", "notebook", "chats")
        self.store, self.model = store, model
        self.ref = str(resolve(store.log, ref))
        cost = expected.question(store, self.ref, who, "What do you make of it?", model)
        self.who = cost["person"]
        self.budget = store.budget(f"chat {self.who}", budget)
        self.said: list[Html] = []
        self.head = widgets.HTML(Shown(f"{cost['name']} at {self.ref}", element("p", priced(cost)))._repr_html_())
        self.log = widgets.HTML()
        self.box = widgets.Textarea(placeholder="A question", description="Question", layout={"width": "40rem"})
        self.button = widgets.Button(description="Ask", button_style="primary")
        self.button.on_click(self.ask)
        self.widget = widgets.VBox([self.head, self.log, widgets.HBox([self.box, self.button])])

    def ask(self, _: Any = None) -> None:
        """Ask what stands in the box; what goes wrong is told in the chat, as a cell would not show it."""
        question = self.box.value.strip()
        if not question or self.button.disabled:
            return
        self.button.disabled = True
        try:
            answered = self._told(self.store.ask(self.ref, self.who, question, model=self.model, budget=self.budget))
            self.box.value = ""
        except TroupeError as error:
            answered = element("p", f"Not asked: {error}", class_="note")
        finally:
            self.button.disabled = False
        self.said.append(joined((element("p", element("b", "You: "), question), answered)))
        self.log.value = element("div", *self.said, class_="troupe")

    def _told(self, reply: Reply) -> Html:
        said = reply.answer if reply.failed is None else f"(no usable answer: {reply.failed})"
        cost = "from the record, nothing paid" if reply.recorded else self._paid(reply)
        answer = element("p", element("b", f"{reply.person}: "), said)
        return joined((answer, element("p", f"{reply.ref}, {cost}", class_="quiet")))

    def _paid(self, reply: Reply) -> str:
        """Say what an answer took."""
        simulation, _, rest = reply.ref.partition("/")
        rows = self.store.log.select(COSTS, (simulation, rest.partition("@")[0]))
        tokens = [[count or 0 for count in row[1:]] for row in rows]
        words = f"{sum(each[0] + each[1] for each in tokens):,} tokens"
        prices = [self.store.prices.price_of(row[0]) for row in rows]
        money = sum(price.of(*each) for price, each in zip(prices, tokens, strict=True) if price)
        return f"{words}, {told(money)} {self.store.prices.currency}" if money else words


def priced(cost: dict[str, Any]) -> str:
    """Say what a question takes, at least and at most."""
    money = cost["money"]
    if money is None:
        return f"{cost['model']} answers; no price is known for it."
    if not money["high"]:
        return f"{cost['model']} answers, which costs nothing."
    band = f"{told(money['low'])} to {told(money['high'])} {cost['currency']}"
    return f"{cost['model']} answers: a short question costs {band}."
