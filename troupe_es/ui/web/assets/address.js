// The state of the page as an address, so that a moment is a link; `timeline.py` reads it.

/** Return it as a query; `at` says whether the event is part of it (a run that is followed stands at its head). */
export function address(state, at) {
  const asked = new URLSearchParams();
  if (at) asked.set("at", state.at);
  if (state.by !== "seq") asked.set("by", state.by);
  if (state.types.length) asked.set("type", state.types.join(","));
  if (state.person) asked.set("person", state.person);
  if (state.text) asked.set("text", state.text);
  if (state.view !== "events") asked.set("view", state.view);
  const made = asked.toString();
  return made ? `?${made}` : location.pathname;
}

/** Read it again from a query; `at` is 0 where it names no event. */
export function read(search) {
  const asked = new URLSearchParams(search);
  return {
    at: Number(asked.get("at")) || 0,
    by: asked.get("by") || "seq",
    types: asked.getAll("type").flatMap((each) => each.split(",")).filter(Boolean),
    person: asked.get("person") || "",
    text: asked.get("text") || "",
    view: asked.get("view") || "events",
  };
}
