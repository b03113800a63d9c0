"""Any text survives persona, prompt, answer, log, export and import."""

import json
import tempfile
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from troupe_es import Request, Response, Scripted, Store, canonical
from troupe_es.controller import bundle
from troupe_es.events import types

ANY = st.text(st.characters(codec=None, exclude_categories=()) | st.sampled_from('\0\x1b\u2028"\\\n\ud800\udfff😀'))


def model(text: str, escaped: bool) -> Scripted:
    """Say ``text`` in every turn; a lone surrogate as it is, or escaped, as models do."""

    def answer(request: Request, draw: int) -> Response:
        said = {"actions": [{"type": "TALK", "content": f"<{text}>"}], "cognitive_state": {"emotions": text}}
        return Response(json.dumps(said) if escaped else json.dumps(said, ensure_ascii=False), model="scripted:any")

    return Scripted(answer, "scripted:any")


@given(ANY, st.booleans())
@example("\ud800", True)
@example("\ud800", False)
@example("\0", False)
def test_any_text_survives(text: str, escaped: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.zip"
        with Store(":memory:", model(text, escaped)) as store:
            sim = store.begin("any", model="scripted:any")
            sim.add_world(f"Room {text}")
            sim.add_person({"name": "Ada Pine", "motto": text, text: [text]})
            sim.broadcast(f"{text}?", speaker=text)
            sim.run(1)
            head, told = sim.head, sim.transcript()
            assert store.verify("any").holds
            bundle.export(store.log, "any", path)
        with Store(":memory:") as store:
            bundle.import_(store.log, path)
            assert store.open("any").head == head
            assert store.transcript("any") == told
            added = store.log.event(store.log.branch("any"), 3).body
        assert all(report.holds for report in bundle.verify_bundle(path))
    clean = canonical.clean(text)[0]
    assert [line.content for line in told] == [f"{clean}?", f"<{clean}>"]
    assert isinstance(added, types.PersonAdded) and added.persona["motto"] == clean
