// Everything by keyboard: one table of keys, which is also what the help shows.

import { element } from "./words.js";

export const KEYS = [
  ["previous", ["ArrowLeft", "ArrowUp"], "← ↑", "the event before"],
  ["next", ["ArrowRight", "ArrowDown"], "→ ↓", "the next event"],
  ["page-back", ["PageUp"], "Page Up", "a page back"],
  ["page-on", ["PageDown"], "Page Down", "a page on"],
  ["first", ["Home"], "Home", "the first event"],
  ["last", ["End"], "End", "the last event"],
  ["play", [" "], "Space", "play, or stop"],
  ["next-type", ["n"], "n", "the next event of this type"],
  ["previous-type", ["p"], "p", "the last event of this type before"],
  ["next-person", ["N"], "Shift n", "the next event of this person"],
  ["previous-person", ["P"], "Shift p", "the last event of this person before"],
  ["next-mark", ["]"], "]", "the next mark: intervention, failure, fork"],
  ["previous-mark", ["["], "[", "the mark before"],
  ["open", ["Enter"], "Enter", "open the event"],
  ["view", ["v"], "v", "events, or the transcript"],
  ["filter", ["f"], "f", "filter"],
  ["follow", ["l"], "l", "follow a live run, or stop following"],
  ["help", ["?"], "?", "this help"],
];

const MOVING = new Set(["previous", "next", "page-back", "page-on", "first", "last", "play", "open"]);
const STORED = "troupe-letters";
const TYPING = "input, select, textarea, [contenteditable]";
const ACTING = "a, button, summary";

/** Hear keys; `does(name)` does what a key stands for. Letters can be switched off (WCAG 2.1.4). */
export function listen(does, { letters }) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest?.(TYPING) || document.querySelector("dialog[open]")) return;
    const [name] = KEYS.find(([, keys]) => keys.includes(event.key)) ?? [];
    if (!name || (!MOVING.has(name) && !letters())) return;
    if ((name === "play" || name === "open") && event.target.closest?.(ACTING)) return;
    if (MOVING.has(name) && event.target.closest?.("[role=region], pre")) return;
    event.preventDefault();
    does(name);
  });
}

/** Fill the dialog of the help; returns what says whether letters act. */
export function help(dialog) {
  const list = dialog.querySelector(".keys");
  list.replaceChildren(...KEYS.flatMap(([, , keys, words]) => [element("dt", {}, ...keyed(keys)), element("dd", { text: words })]));
  const letters = dialog.querySelector("input");
  letters.checked = localStorage.getItem(STORED) !== "off";
  letters.addEventListener("change", () => localStorage.setItem(STORED, letters.checked ? "on" : "off"));
  return () => letters.checked;
}

function keyed(keys) {
  const single = keys.startsWith("Page") ? [keys] : keys.split(" ");
  return single.flatMap((key) => [element("kbd", { text: key }), " "]);
}
