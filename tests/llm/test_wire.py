"""What goes over the wire for a call: written in pieces, it is what it would be if it were written anew each time."""

import json

from hypothesis import given
from hypothesis import strategies as st

from troupe_es.llm import Message, Request, Schema
from troupe_es.llm.wire import MOST_KNOWN, Dialect, Writer, body

SCHEMAS = [None, Schema("turn", {"type": "object", "properties": {}}), Schema("ask", {"type": "string"})]
dialects = st.builds(
    Dialect,
    form=st.sampled_from(["json_schema", "json_object", "none"]),
    limit=st.sampled_from(["max_tokens", "max_completion_tokens"]),
    room=st.integers(0, 9),
    without=st.frozensets(st.sampled_from(["temperature", "top_p", "seed"])),
)
more = st.dictionaries(st.sampled_from(["top_p", "seed", "temperature", "user"]), st.integers(0, 9) | st.text())
asked = st.tuples(st.text(), st.integers(1, 9), st.none() | st.floats(0, 2), st.sampled_from(SCHEMAS), dialects)


@given(more, st.lists(asked, min_size=1, max_size=6), st.booleans())
def test_a_call_is_written_as_the_json_of_its_body(more: dict, asked: list, growing: bool) -> None:
    writer, above = Writer("m", more), Message("system", "You are Ana.")
    for text, most, temperature, schema, dialect in asked:
        prompt = Message("user", text, above)
        request = Request(prompt, "m", "1/ana/turn/0/0", most, temperature, schema)
        sent, content = writer.write(request, dialect)
        whole = body(request, "m", dialect, more)
        assert json.loads(content) == whole
        assert {**sent, "messages": whole["messages"]} == whole
        above = Message("assistant", text, prompt) if growing else above


def test_messages_of_the_callers_own_are_sent_instead() -> None:
    own = [{"role": "user", "content": "Tea?"}]
    _, content = Writer("m", {"messages": own}).write(Request(Message("user", "Ale?"), "m", "1/a/ask/0/0"), Dialect())
    assert json.loads(content)["messages"] == own


def test_what_is_kept_of_kinds_of_calls_does_not_grow_for_ever() -> None:
    writer, prompt = Writer("m", {}), Message("user", "Tea?")
    for most in range(1, 2 * MOST_KNOWN):
        _, content = writer.write(Request(prompt, "m", "1/a/ask/0/0", most), Dialect())
        assert json.loads(content)["max_tokens"] == most
        assert len(writer._known) <= MOST_KNOWN
