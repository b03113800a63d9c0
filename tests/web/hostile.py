"""Texts that want to be more than text, and a model that answers nothing else."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from html.parser import HTMLParser
from itertools import pairwise, product
from pathlib import Path
from typing import Any

from troupe_es import Request, Response, Scripted, Simulation, Store, commands, scenario
from troupe_es.ui.text import shown

RUN = "window.pwned=1"
WRITE = "WRITE_DOCUMENT"
PEOPLE, STEPS = 24, 3
SCRIPTS = (
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg/onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f'"><script>{RUN}</script>',
    f"'><img src=x onerror='{RUN}'>",
    f'" autofocus onfocus="{RUN}" x="',
    f"' onmouseover='{RUN}' y='",
    f"javascript:{RUN}",
    f"JaVaScRiPt:{RUN}//",
    f"<a href=javascript:{RUN}>press</a>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<math><mtext></form><form><mglyph><style></math><img src onerror={RUN}>",
    f"</title><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"</style><script>{RUN}</script>",
    f"--><script>{RUN}</script><!--",
    f"]]><script>{RUN}</script>",
    f"<body onload={RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<input onfocus={RUN} autofocus>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>",
    "<base href=//elsewhere.example/>",
    "<link rel=stylesheet href=//elsewhere.example/x.css>",
    "<form action=//elsewhere.example><button>send</button></form>",
    "<plaintext>",
    "<!-- never closed",
    "<noscript><p title='</noscript><b>'>",
    "&lt;script&gt;&#x3c;b&#x3e;&amp;amp;",
    f"data:text/html,<script>{RUN}</script>",
)
TEMPLATES = (
    "{{7*7}}",
    "{% raw %}{{ config }}{% endraw %}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{{request.app.state}}",
)
TEMPLATES += ("{0.__class__}", "%(name)s %s %d %n", "$name ${name}", "{{''.__class__.__mro__}}")
DATABASE = ("'; DROP TABLE events; --", '" OR ""="', "1); DELETE FROM branches; --", "%' OR 1=1 --", "_%\\%")
PATHS = (
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/passwd",
    "file:///etc/passwd",
    "%2e%2e%2f",
    "~/.ssh",
)
PATHS += ("C:\\CON", "//elsewhere.example/x", "?at=9999&by=<b>", "#fragment", "a/b/../c", "\\\\server\\share")
DIRECTIONS = (
    "\u202egnp.exe",
    "\u2066hidden\u2069",
    "\u200fright\u200eleft",
    "\u061c",
    "abc\u202d\u202cdef",
    "\ufeffmark",
)
CONTROLS = (
    "\x00",
    "a\x00b",
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x08\x08",
    "\x7f",
    "\x9b2J",
    "line\u2028end\u2029",
)
STYLES = (
    "}*{display:none}",
    "body{background:url(//elsewhere.example)}",
    "expression(1)",
    "</style>",
    "@import '//x';",
)
LONG = ("x" * 5000, "word " * 1200, "<b>" * 800, "\u0301" * 300, "🂡" * 400, "\u200d" * 200)
ODD = ("", " ", "\t\n\r", "null", "undefined", "NaN", "-1", "true", "[]", "{}", "ﷺ", "İıſK", "e\u0301é", "\U000e0041")

KINDS = {
    "script": SCRIPTS,
    "template": TEMPLATES,
    "database": DATABASE,
    "path": PATHS,
    "direction": DIRECTIONS,
    "control": CONTROLS,
    "style": STYLES,
    "long": LONG,
    "odd": ODD,
}


def strings(number: int) -> list[str]:
    """Return so many hostile texts, no two the same: each by itself, then one after another."""
    single = [each for family in KINDS.values() for each in family]
    pairs = (f"{one} {other}" for one, other in product(single, reversed(single)) if len(one) + len(other) < 400)
    return list(dict.fromkeys([*single, *pairs]))[:number]


def model(texts: Iterator[str], name: str = "scripted:hostile") -> Scripted:
    """Return a model whose every word is the next of ``texts``, in the form that was asked for."""
    return Scripted(lambda request, draw: _answer(request, lambda: next(texts)), name)


def _answer(request: Request, word: Callable[[], str]) -> Response:
    schema = json.loads(request.schema.text)["schema"] if request.schema else {"type": "string"}
    if request.purpose == "turn":
        answer = {"actions": [{"type": kind, "content": word(), "target": ""} for kind in ("THINK", "TALK")]}
        if WRITE in request.schema.text:
            document = json.dumps({"title": "Minutes", "content": word()})
            answer["actions"].append({"type": WRITE, "content": document, "target": ""})
        answer["cognitive_state"] = _value(schema["properties"]["cognitive_state"], schema, word)
    else:
        answer = _value(schema, schema, word)
    return Response(json.dumps(answer, ensure_ascii=False), prompt_tokens=100, completion_tokens=10)


def _value(schema: dict[str, Any], whole: dict[str, Any], word: Callable[[], str]) -> Any:
    """Return something that fits a schema, with a hostile text wherever a text may stand."""
    if "$ref" in schema:
        return _value(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole, word)
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return _value(schema[choice][0], whole, word)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return next((each for each in ("TALK", "yes") if each in schema["enum"]), schema["enum"][0])
    match schema.get("type"):
        case "object":
            return {key: _value(each, whole, word) for key, each in schema.get("properties", {}).items()}
        case "array":
            fewest = schema.get("minItems", int(schema["items"].get("type") != "integer"))
            return [_value(schema["items"], whole, word) for _ in range(fewest)]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
    return word()


def lived(path: Path, texts: Iterator[str]) -> list[str]:
    """Write a store in which every word anybody may choose is the next of ``texts``; return its branches.

    A simulation ``bad`` with all kinds of things in it, a fork, asides, and simulations about something.
    """
    word = partial(next, texts)
    with Store(path, model(texts)) as store:
        sim = store.begin("bad", model="scripted:hostile")
        peopled(sim, word)
        sim.intervene("hint", {"step": {"at": 2}}, commands.Stimulate(word()))
        sim.equip("word-processor")
        for _ in range(40):
            sim.broadcast(word(), world="one", speaker=word())
        sim.run(STEPS)
        store.branch("bad@step:1", "fork", commands.Stimulate(word(), world="one")).resume(steps=1)
        aside(store, sim, word)
        for number in range(10):
            about = {"troupe": 1, "name": f"about-{number}", "about": word(), "worlds": [{"name": word() + "."}]}
            store.play(scenario.parse(json.dumps(about), "here"), model="scripted:hostile")
        return [f"{branch.simulation}/{branch.name}" for branch in store.log.branches()]


def peopled(sim: Simulation, word: Callable[[], str]) -> None:
    """Add worlds, people and relations that are called anything."""
    for world in ("one", "two"):
        sim.add_world(world, word())
    for number in range(PEOPLE):
        name = f"{' '.join(shown(word()).split())} {number}"
        persona = {"name": name, "beliefs": [word(), word()], "occupation": {"title": word()}, f"x{word()}": word()}
        sim.add_person(persona, "two" if number % 5 == 4 else "one")
    for one, other in pairwise(sim.state.people):
        sim.relate(one, other, " ".join(shown(word()).split()))


def aside(store: Store, sim: Simulation, word: Callable[[], str]) -> None:
    """Ask, check, tell, extract and survey."""
    person = next(iter(sim.state.people))
    store.ask("bad", person, word())
    store.check("bad", word() + ".")
    store.story("bad", word())
    kinds: list[dict[str, Any]] = [{"kind": "text"}, {"kind": "choice", "options": ["a " + word(), "b " + word()]}]
    questions = [{"id": f"q{n}", "text": word() + "?", **each} for n, each in enumerate([*kinds, {"kind": "text"}])]
    store.survey("bad", {"title": word(), "introduction": word(), "questions": questions})
    store.extract("bad", [{"name": "mood", "description": word()}], objective=word())


class Elements(HTMLParser):
    """What a browser would make of HTML: its elements with their attributes, in order, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def acting(self) -> list[tuple[str, str, str]]:
        """Attributes that could run something or fetch something from elsewhere."""
        return [
            (tag, name, value)
            for tag, name, value in self.attributes
            if name.startswith("on")
            or name in ("srcdoc", "style", "http-equiv", "formaction")
            or (
                value.strip().lower().startswith(("javascript:", "data:", "//", "vbscript:"))
                and name in ("href", "src", "action", "xlink:href", "poster", "content")
            )
        ]
