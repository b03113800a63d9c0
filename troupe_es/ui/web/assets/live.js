// Following a run while it is written: the browser takes the stream up again after a drop where it left it.

import { json } from "./pages.js";
import { moment, number } from "./words.js";

/** Hear each event after `after` once and in order; `state` hears open, lost. Returns what stops it. */
export function follow(api, after, { event, state }) {
  let last = after;
  const source = new EventSource(`${api}/stream?after=${after}`);
  const take = (message) => {
    const row = JSON.parse(message.data);
    if (row.seq <= last) return; // told twice: known already
    last = row.seq;
    event(row);
  };
  source.addEventListener("message", take);
  source.addEventListener("event", take);
  source.addEventListener("reset", () => location.reload()); // another life stands here now
  source.addEventListener("open", () => state("open"));
  source.addEventListener("error", () => state(source.readyState === EventSource.CLOSED ? "closed" : "lost"));
  return () => source.close();
}

/** Look, now and then, how the run is: what can be done with it goes by that. */
export async function look(root, find, run) {
  if (document.hidden) return;
  const now = await json(run.api);
  const badge = find("status");
  badge.textContent = now.status;
  badge.className = `badge ${now.status}`;
  const query = new URLSearchParams(location.search);
  if (run.running && now.status === "paused" && query.get("told") === "pausing") return location.reload(); // it says so
  run.running = now.status === "running";
  for (const each of root.querySelectorAll("[data-when]")) each.hidden = (each.dataset.when === "running") !== run.running;
  if (run.running && !root.querySelector("[name=words]")) {
    find("waiting").hidden = (await json(`${run.api}/pending`)).length === 0;
  }
  find("step").textContent = now.steps_left ? `${number(now.step)}, ${number(now.steps_left)} to come` : number(now.step);
  find("clock").textContent = moment(now.time);
  find("paid").textContent = number(now.calls.paid);
  find("recorded").textContent = number(now.calls.recorded);
}

/** The service was away, and may be another one: forms get its tokens, so that they are not too old for it. */
export async function renew(root) {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = page.querySelector("[name=csrf]")?.value;
  if (token) for (const each of root.querySelectorAll("[name=csrf]")) each.value = token;
}
