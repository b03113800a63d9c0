// The page of a life: one state (which event, seen how), told to scrubber, list, transcript, panel and address.

import { address, read } from "./address.js";
import { help, listen } from "./keys.js";
import { List } from "./list.js";
import { follow, look, renew } from "./live.js";
import { Matching } from "./matching.js";
import { Pages, json } from "./pages.js";
import { tellEvent } from "./panel.js";
import { Player } from "./player.js";
import { Scrubber } from "./scrubber.js";
import { Transcript } from "./transcript.js";
import { came as coming, element, number, shown } from "./words.js";

const root = document.querySelector("#timeline");
const run = JSON.parse(root.dataset.run);
const find = (name) => root.querySelector(`[data-at="${name}"]`);
const button = (name) => root.querySelector(`[data-do="${name}"]`);

coming(run.people);
const state = { ...run.state };
let head = run.head;
let rows = null;
let view = null;
let following = false;
let stop = null;
let showing = 0;
let away = false;
const matching = new Matching(run.api, () => head);

const scrubber = new Scrubber(root.querySelector(".scrubber"), { taken: (seq) => leave(seq) });
const player = new Player({
  next: onward,
  speed: () => Number(find("speed").value),
  spoken: new Set(run.spoken),
  shows: (on) => pressed("play", on),
});

// what is shown

function filter() {
  const types = state.types.length ? state.types : state.view === "transcript" ? run.spoken : [];
  return { types, person: state.person, text: state.text };
}

const filtered = () => Boolean(state.types.length || state.person || state.text);
const narrow = () => filtered() || state.view === "transcript";

/** Show the rows anew: the filter or the view changed. Says, once they are seen, whether nothing else was wanted in the meantime. */
async function show() {
  const mine = (showing += 1);
  const seqs = narrow() ? await matching.of(filter()) : null;
  if (mine !== showing) return false;
  rows?.close();
  rows = new Pages(run.api, filter(), head, seqs, { loaded: () => view.refresh(), failed: late });
  const kind = state.view === "transcript" ? Transcript : List;
  if (!(view instanceof kind)) view = new kind(renewed(), { pages: () => rows, groups: run.groups, href: (seq) => `${run.url}/events/${seq}`, chosen: pick, opened: open, failed: tell });
  scrubber.matches(filtered() ? seqs : null);
  find("empty").hidden = rows.count > 0;
  view.refresh();
  counted();
  await seek(state.at, { middle: true });
  return mine === showing;
}

/** Rows did not come: say so, and ask again in a while. */
function late(error) {
  tell(error);
  setTimeout(() => view.refresh(), 3000);
}

/** An empty place for another view, so that the last one hears nothing any more. */
function renewed() {
  const old = root.querySelector(".rows");
  const made = element("div", { class: `rows ${state.view}`, "aria-label": state.view === "transcript" ? "Transcript" : "Events" });
  const focused = document.activeElement === old;
  old.replaceWith(made);
  if (focused) queueMicrotask(() => made.focus());
  return made;
}

function counted() {
  find("count").textContent = narrow() ? `${number(rows.count)} of ${number(head)}` : number(head);
  find("head").textContent = number(head);
}

// where it stands

/** Go to an event; what is returned is kept when its row is seen. */
function seek(seq, { middle = true } = {}) {
  if (!rows?.count) return undefined;
  const index = rows.indexOf(Math.min(Math.max(1, seq), head));
  state.at = filtered() ? rows.seqAt(index) : Math.min(Math.max(1, seq), head);
  const seen = view.select(index, middle);
  scrubber.at(state.at, head, "");
  find("at").value = state.at;
  remember();
  panel();
  return seen;
}

/** Go where somebody wants to be: what goes by itself stops. */
function leave(seq) {
  if (player.playing) player.pause();
  unfollow();
  seek(seq);
}

/** The same for an event that may be outside of the filter: its own page shows it then. */
function visit(seq) {
  if (filtered() && !rows.seqs.includes(seq)) location.assign(`${run.url}/events/${seq}`);
  else leave(seq);
}

const pick = (index) => leave(rows.seqAt(index));

const open = (index) => {
  location.assign(`${run.url}/events/${rows.seqAt(index)}`);
};

/** Go on by one event, and return its row if it is here; null at the end. */
function onward() {
  const index = rows.indexOf(state.at) + 1;
  if (index >= rows.count) return null;
  seek(rows.seqAt(index), { middle: false });
  return { row: rows.row(index) };
}

function play() {
  if (player.playing) return player.pause();
  if (rows.indexOf(state.at) >= rows.count - 1) seek(1);
  return player.play();
}

function pressed(name, on) {
  button(name).setAttribute("aria-pressed", on ? "true" : "false");
}

/** Go by places in the list as it is shown. */
function go(places) {
  const index = rows.indexOf(state.at) + places;
  seek(rows.seqAt(Math.min(Math.max(0, index), rows.count - 1)), { middle: false });
}

async function another(wanted, forward) {
  const seqs = await matching.of({ types: [], person: "", text: "", ...wanted });
  const next = forward ? seqs.find((seq) => seq > state.at) : seqs.findLast((seq) => seq < state.at);
  if (next === undefined) return tell(`there is no ${forward ? "later" : "earlier"} one`);
  if (filtered() && !rows.seqs.includes(next)) return tell("the next one is outside of the filter");
  seek(next);
}

async function current() {
  const index = rows.indexOf(state.at);
  if (rows.seqAt(index) === state.at && rows.row(index)) return rows.row(index);
  return json(`${run.api}/events/${state.at}`);
}

let asked = 0;

/** Say what the event is, once scrubbing rests. */
async function panel() {
  const mine = (asked += 1);
  for (const link of root.querySelectorAll("[data-href]")) link.href = link.dataset.href.replace("SEQ", state.at);
  const index = rows.indexOf(state.at);
  if (!(rows.seqAt(index) === state.at && rows.row(index))) await new Promise((done) => setTimeout(done, 60));
  if (mine !== asked) return;
  try {
    const row = await current();
    if (mine === asked) scrubber.at(state.at, head, tellEvent(row, find, run));
  } catch (error) {
    if (mine === asked) tell(error);
  }
}

let later = 0;

/** Write the state into the address, so that the moment is a link. */
function remember() {
  clearTimeout(later);
  later = setTimeout(() => history.replaceState(null, "", address(state, !following)), 120);
}

/** Say something in passing; errors too. */
function tell(words) {
  const said = find("told");
  said.textContent = shown(words instanceof Error ? `This did not work: ${words.message}` : words);
  said.classList.toggle("bad", words instanceof Error);
  said.hidden = false;
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => { said.hidden = true; }, 6000);
}

// following

let due = 0;

function came(row) {
  head = row.seq;
  find("live").hidden = false;
  if (!narrow() && row.seq === rows.count + 1) rows.append(row);
  else if (!narrow()) rows.count = Math.max(rows.count, row.seq);
  due ||= setTimeout(() => grown().catch(tell), 120);
}

async function grown() {
  due = 0;
  if (narrow()) {
    const wanted = rows;
    await matching.of(filter());
    if (wanted !== rows) return;
    rows.count = rows.seqs.length;
  }
  counted();
  view.refresh();
  if (following) seek(head);
  else scrubber.at(state.at, head, "");
  if (performance.now() - density.drawn > Math.max(3000, 30 * density.took)) density();
}

function startFollowing() {
  following = true;
  pressed("follow", true);
  player.pause();
  seek(head);
}

function unfollow() {
  if (!following) return;
  following = false;
  pressed("follow", false);
}

function listenLive() {
  stop?.();
  stop = follow(run.api, head, {
    event: came,
    state: (how) => {
      find("live").textContent = { open: "live", lost: "connection lost, trying again", closed: "not connected" }[how];
      find("live").className = `badge ${how === "open" ? "good" : "warn"}`;
      if (how === "closed") setTimeout(listenLive, 3000);
      if (how === "open" && away) renew(root).catch(tell);
      away = how !== "open";
      find("live").hidden = how === "open" && !run.running;
    },
  });
}

async function density() {
  density.drawn = performance.now();
  try {
    const made = await json(`${run.api}/density?by=${state.by}&bins=${Math.min(240, Math.max(60, Math.round(root.clientWidth / 5)))}`);
    density.took = performance.now() - density.drawn;
    scrubber.total = head;
    scrubber.show(made);
    scrubber.matches(filtered() && rows?.seqs ? rows.seqs : null);
  } catch (error) {
    tell(error);
  }
}

density.drawn = 0;
density.took = 0;

// what can be done

const DOES = {
  first: () => seek(rows.seqAt(0)),
  last: () => seek(rows.seqAt(rows.count - 1)),
  previous: () => go(-1),
  next: () => go(1),
  "page-back": () => go(-view.page),
  "page-on": () => go(view.page),
  play,
  "next-type": async () => another({ types: [(await current()).type] }, true),
  "previous-type": async () => another({ types: [(await current()).type] }, false),
  "next-person": () => person(true),
  "previous-person": () => person(false),
  "next-mark": () => mark(true),
  "previous-mark": () => mark(false),
  open: () => location.assign(`${run.url}/events/${state.at}`),
  view: () => turn(state.view === "events" ? "transcript" : "events"),
  filter: () => { root.querySelector("details.filter").open = true; root.querySelector("#filter [name=type]").focus(); },
  follow: () => (!run.live ? tell("this run is over: there is nothing to follow") : following ? (unfollow(), remember()) : startFollowing()),
  help: () => document.querySelector("#help").showModal(),
  link: async () => {
    if (!navigator.clipboard) return tell("the address of this page is the link to this moment");
    await navigator.clipboard.writeText(new URL(address(state, true), location.href).href);
    return tell("The link to this moment is copied.");
  },
};

async function person(forward) {
  const row = await current();
  if (row.actor) await another({ person: row.actor }, forward);
  else tell("this event is nobody's");
}

function mark(forward) {
  const seq = scrubber.mark(state.at, forward);
  if (seq === undefined) tell(`there is no mark ${forward ? "after" : "before"} this event`);
  else seek(seq);
}

async function does(name) {
  if (!rows) return;
  if (name !== "play" && player.playing) player.pause();
  if (!["follow", "help", "link", "filter", "view"].includes(name)) unfollow();
  try {
    await DOES[name]();
  } catch (error) {
    tell(error);
  }
}

async function turn(how) {
  turned(how);
  if (await show()) keep();
}

function turned(how) {
  state.view = how;
  for (const link of root.querySelectorAll("[data-view]")) {
    if (link.dataset.view === how) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  root.querySelector("#filter [name=view]").value = how;
}

/** Begin a page of the browser's history for what is seen otherwise now, so that Back undoes it. */
function keep() {
  clearTimeout(later);
  const made = address(state, !following);
  if (made !== location.search) history.pushState(null, "", made);
}

/** The browser went back or on: see it as it was there. */
function returned() {
  const was = read(location.search);
  if (was.at) unfollow();
  Object.assign(state, { ...was, at: was.at || state.at });
  const form = root.querySelector("#filter").elements;
  const types = state.types.join(",");
  if (![...form.type.options].some((option) => option.value === types)) form.type.append(new Option(`${state.types.length} types`, types));
  form.type.value = types;
  form.person.value = state.person;
  form.text.value = state.text;
  find("by").value = state.by;
  root.querySelector("[data-do-clear]").hidden = !filtered();
  turned(state.view);
  density();
  show().catch(tell);
}

function wire() {
  root.addEventListener("click", (event) => {
    const done = event.target.closest("[data-do]");
    if (done) return void does(done.dataset.do);
    const link = event.target.closest("a[data-seek], a[data-view]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return undefined;
    event.preventDefault();
    if (link.dataset.view) return void turn(link.dataset.view).catch(tell);
    return visit(Number(link.dataset.seek));
  });
  for (const moved of ["wheel", "touchmove"]) {
    root.addEventListener(moved, (event) => { if (event.target.closest(".rows")) unfollow(); }, { passive: true });
  }
  find("at").addEventListener("change", (event) => leave(Number(event.target.value) || 1));
  find("by").addEventListener("change", (event) => { state.by = event.target.value; keep(); density(); });
  root.addEventListener("submit", (event) => {
    const back = event.target.elements.back;
    if (back) back.value = address(state, !following);
  });
  const form = root.querySelector("#filter");
  const narrowed = (event) => {
    event?.preventDefault();
    state.types = form.elements.type.value ? form.elements.type.value.split(",") : [];
    state.person = form.elements.person.value;
    state.text = form.elements.text.value.trim();
    root.querySelector("[data-do-clear]").hidden = !filtered();
    show().then((whole) => { if (whole) keep(); }).catch(tell);
  };
  form.addEventListener("submit", narrowed);
  for (const name of ["type", "person"]) form.elements[name].addEventListener("change", narrowed);
  root.querySelector("[data-do-clear]").addEventListener("click", (event) => {
    event.preventDefault();
    for (const name of ["type", "person", "text"]) form.elements[name].value = "";
    narrowed();
    form.elements.type.focus();
  });
  listen(does, { letters: help(document.querySelector("#help")) });
  addEventListener("popstate", returned);
  addEventListener("pagehide", () => stop?.());
  addEventListener("pageshow", (event) => { if (event.persisted && run.live) listenLive(); });
}

async function begin() {
  for (const each of root.querySelectorAll("[data-script]")) each.hidden = false;
  for (const each of root.querySelectorAll("[data-plain]")) each.remove();
  wire();
  following = run.live && run.state.following;
  button("follow").hidden = !run.live;
  pressed("follow", following);
  await Promise.all([show(), density()]);
  if (run.live) {
    listenLive();
    setInterval(() => look(root, find, run).catch(() => { /* the service is away for a moment: the stream says so */ }), 2000);
  }
  root.dataset.ready = "true";
}

begin().catch(tell);
