"""What Jupyter shows: every kind of thing, in a real kernel, each text as text; and a chat."""

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from web.hostile import Elements, model, strings

from troupe_es import Improviser, Store, commands
from troupe_es.errors import BadReference, UsageError
from troupe_es.experimentation import experiment
from troupe_es.scenario import Budget
from troupe_es.ui.notebook import Shown, chat, show
from troupe_es.ui.text import shown

OURS = {"style", "div", "h3", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "ul", "li", "p"}
OURS |= {"b", "span", "bdi", "pre"}
DESIGN = {
    "name": "trial",
    "arms": [{"name": "dear", "do": [{"broadcast": "It costs nine euros."}]}, {"name": "cheap", "do": []}],
    "replicates": 2,
    "run": 1,
    "outcomes": [{"name": "price talk", "count": "euro"}],
}
SURVEY = {"title": "<b>Tea</b>", "questions": [{"id": "q", "kind": "text", "text": "<i>Why?</i>"}]}
BEGIN = """
from troupe_es import Improviser, Store
from troupe_es.ui.notebook import chat, show
%load_ext troupe_es.ui.notebook
store = Store("troupe.db", Improviser())
"""


@pytest.fixture
def store(life: Path) -> Iterator[Store]:
    with Store(life, Improviser()) as held:
        yield held


def everything(store: Store, name: str) -> dict[str, Shown]:
    """Return one of each thing that can be shown."""
    other = store.branch(f"{name}@step:1", "other", commands.Stimulate("<b>And</b> now?"))
    other.resume(steps=1)
    person = next(iter(other.state.people))
    return {
        "runs": show(store),
        "world": show(store, name),
        "simulation": show(other),
        "person": show(store, name, person),
        "themselves": show(other, who=person),
        "transcript": show(store.transcript(name)),
        "difference": show(store.diff(name, f"{name}/other")),
        "same": show(store.diff(name, name)),
        "reply": show(store.ask(name, person, "<i>Why</i> not?")),
        "judgement": show(store.check(name, "<u>All</u> is well.")),
        "story": show(store.story(name)),
        "survey": show(store.survey(name, SURVEY)),
        "findings": show(experiment(store, f"{name}@step:1", DESIGN)),
    }


def test_each_thing_is_shown_with_what_it_says(store: Store) -> None:
    seen = {kind: Elements(made._repr_html_()).text for kind, made in everything(store, "tea").items()}
    said = next(line for line in store.transcript("tea") if line.kind == "TALK")
    assert shown(said.content) in seen["transcript"]
    assert "Ana Reyes" in seen["world"] and "Bo Lind" in seen["simulation"]
    assert "A drink should not need an instruction sheet." in seen["person"] and "Memories" in seen["themselves"]
    assert "other @" in seen["runs"] and "<b>And</b> now?" in seen["difference"]
    assert "nothing differs" in seen["same"]
    assert "<i>Why</i> not?" in seen["reply"] and "<u>All</u> is well." in seen["judgement"]
    assert "<b>Tea</b>" in seen["survey"] and "not people" in seen["survey"]
    assert "price talk" in seen["findings"] and "not people" in seen["findings"]
    assert all(text.count("event") or text for text in seen.values())


def test_hostile_texts_are_shown_as_texts(tmp_path: Path) -> None:
    texts = strings(200)
    words = cycle(texts)
    with Store(tmp_path / "hostile.db", model(words)) as store:
        sim = store.begin("bad", model="scripted:hostile")
        sim.add_world(next(words))
        for _ in range(4):
            sim.add_person({"name": f"{next(words)}.", "beliefs": [next(words)], f"{next(words)}": next(words)})
        for _ in range(6):
            sim.broadcast(next(words), speaker=next(words))
        sim.run(3)
        for kind, made in everything(store, "bad").items():
            html = made._repr_html_()
            page = Elements(html)
            assert page.tags <= OURS, kind
            assert {name for _, name, _ in page.attributes} <= {"class", "open"}, kind
            assert html.count("<style>") == 1 and "\x1b" not in html and "\u202e" not in html, kind
        said = [line.content for line in store.transcript("bad") if line.kind == "TALK"]
        text = Elements(show(store.transcript("bad"))._repr_html_()).text
        assert len(said) >= 12 and all(shown(content) in text for content in said)


def test_what_cannot_be_shown_is_told_in_one_sentence(store: Store) -> None:
    with pytest.raises(UsageError, match="a int cannot be shown"):
        show(3)
    with pytest.raises(UsageError, match="str cannot be shown"):
        show("tea")
    with pytest.raises(BadReference, match="nobody-there"):
        show(store, "tea", "nobody-there")
    assert repr(show(store, "tea")).startswith("<tea/main@")


def test_a_chat_asks_aside_and_leaves_the_run_alone(store: Store) -> None:
    head = store.open("tea").head
    box = chat(store, "tea@step:1", "Ana Reyes")
    about, log, form = box.children
    question, button = form.children
    assert "costs nothing" in about.value
    question.value = "<b>Cold</b> tea?"
    button.click()
    assert question.value == "" and "&lt;b&gt;Cold&lt;/b&gt; tea?" in log.value and " tokens" in log.value
    question.value = "<b>Cold</b> tea?"
    button.click()
    assert "from the record, nothing paid" in log.value
    before = log.value
    button.click()
    assert log.value == before
    assert store.open("tea").head == head
    assert Elements(log.value).tags <= OURS


def test_a_chat_says_its_price_first_and_keeps_to_its_budget(life: Path) -> None:
    prices = {"currency": "EUR", "models": {"priced": {"input": "1", "output": "2"}}}
    with Store(life, model(cycle(["Well."]), "priced"), prices=prices) as store:
        box = chat(store, "tea", "Bo Lind", model="priced", budget=Budget(calls=1))
        about, log, form = box.children
        question, button = form.children
        assert "a short question costs" in about.value and "EUR" in about.value
        for words in ("One?", "Two?"):
            question.value = words
            button.click()
        assert "Well." in log.value and " EUR" in log.value and "Not asked:" in log.value
        assert question.value == "Two?" and not button.disabled


def test_a_notebook_shows_it_all(life: Path) -> None:
    cells = (
        BEGIN,
        "store",
        'sim = store.branch("tea@step:1", "other"); sim.resume(1); sim',
        'show(store, "tea", "Ana Reyes")',
        'store.diff("tea", "tea/other")',
        'store.ask("tea", "Ana Reyes", "Cold <b>tea</b>?")',
        'box = chat(store, "tea", "Ana Reyes"); box',
        'asked, ask = box.children[2].children; asked.value = "Why?"; ask.click(); print(box.children[1].value)',
        "%unload_ext troupe_es.ui.notebook\nstore",
    )
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(
        book, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(life.parent)}}
    ).execute()
    nbformat.validate(book)
    html = [_html(cell) for cell in book.cells]
    assert ["troupe" in each for each in html] == [False, True, True, True, True, True, False, False, False]
    assert "Cold &lt;b&gt;tea&lt;/b&gt;?" in html[5]
    assert "application/vnd.jupyter.widget-view+json" in book.cells[6].outputs[0]["data"]
    assert "Ana Reyes" in book.cells[7].outputs[0]["text"] and "tokens" in book.cells[7].outputs[0]["text"]


def _html(cell: Any) -> str:
    return "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)
